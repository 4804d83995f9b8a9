/*
 * Commands as they come off the wire: lines, and literals between them (RFC 9051
 * 4.3, RFC 7888). Says what to wait for and when to ask for more; knows nothing
 * of what commands mean but where APPEND's message begins, which is not
 * collected.
 */
#ifndef RINGPOST_IMAP_COLLECT_H
#define RINGPOST_IMAP_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define IMAP_LINE_MAX	  65536 /* all lines of a command together */
#define IMAP_LITERAL_OPEN 8192	/* before login */
/* A literal that is refused but comes all the same is read and forgotten up to
 * here; of a larger one the connection is closed. */
#define IMAP_DISCARD_MAX ((uint64_t)16 << 20)

enum imap_collected {
	IMAP_MORE,     /* all bytes were taken, more are needed */
	IMAP_CONTINUE, /* the same; the client waits for a "+" */
	IMAP_COMMAND,  /* a command is complete: collector.text */
	IMAP_STREAM,   /* up to where a message follows: stream_size bytes */
	IMAP_REFUSED,  /* a command was too large and is passed: collector.why */
	IMAP_FATAL,    /* the same, and there is no way to go on */
};

struct imap_collector {
	/* The caller's; may change between commands. */
	size_t line_max, literal_max, command_max;
	/* APPEND's messages are handed out; else (before login) they are literals as
	 * any other. */
	bool streams;
	bool raw; /* the next is one line without literals: DONE, a response of SASL */
	/* Of what came last: */
	struct buffer text;   /* lines with their ends, literals in their places */
	uint64_t stream_size; /* IMAP_STREAM */
	bool stream_waits;    /* … and the client waits for a "+" */
	const char *why;
	/* Private. */
	size_t lines;	  /* bytes of lines */
	size_t line_at;	  /* in the text: where the line at hand begins */
	uint64_t literal; /* bytes of a literal that are still to come */
	bool discards, complete, streamed;
};

void imap_collector_init(struct imap_collector *collector);
void imap_collector_finish(struct imap_collector *collector);
/*
 * Takes bytes, *used_r of them. After IMAP_COMMAND, STREAM and REFUSED the text
 * stays until the next call. Behind IMAP_STREAM the caller takes stream_size
 * bytes himself; the text that then follows is collected as before.
 */
enum imap_collected imap_collect(
	struct imap_collector *collector, struct slice bytes, size_t *used_r);
/* How many bytes, at least, the next call has use for. */
uint64_t imap_collector_wants(const struct imap_collector *collector);
/* The memory goes, if there is nothing in it that is not complete: for who waits. */
void imap_collector_rest(struct imap_collector *collector);
/* What follows is a new command, whatever was collected of this one: after a
 * message that the client waits to send was refused. One that comes all the same is
 * the caller's to read and forget; what follows it is collected as if it had been
 * taken. */
void imap_collector_drop(struct imap_collector *collector);

#endif
