/*
 * An SMTP server for the tests of the relay, in fibers of the same worker:
 * takes everything, unless a test answers a command itself. A transaction stays
 * open until its end or RSET, whatever was refused in it.
 */
#ifndef RINGPOST_TESTS_RELAY_SINK_H
#define RINGPOST_TESTS_RELAY_SINK_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "run/fiber.h"
#include "run/ring.h"

struct sink {
	uint16_t port;
	const char *extensions; /* lines of the EHLO reply behind the first, joined by
				   '\n'; NULL: HELO only */
	/*
	 * The reply to LINE ("" greeting, "." content), NULL: the usual one,
	 * "close": hangs up without a word. A reply of 421 hangs up behind it.
	 */
	const char *(*answer)(struct sink *sink, struct slice line);
	const char *peer;      /* whom ANSWER is for */
	int socket_bytes;      /* small socket buffers, and each reply is sent before it
				  reads on; 0: no */
	int64_t close_idle_ms; /* hangs up so long after a message; 0: never */
	uint64_t connections, open, messages, recipients, commands;
	struct buffer peers; /* "127.0.0.1 " of each connection */
	struct buffer last;  /* the last message, dots taken out */
	struct buffer said;  /* every command line */
	struct buffer taken; /* of each message: its subject and whom it is to,
				"Subject: hello <a@one.test> <b@one.test>" */
	struct ring_acceptor *acceptor;
	struct scope scope;
};

/* Listens on ADDRESS ("127.0.0.1"), at a port of its choice if it has none. */
void sink_open(struct sink *sink, const char *address);
void sink_close(struct sink *sink);
bool sink_heard(const struct sink *sink, const char *text);

#endif
