/*
 * Ledgers read into memory: each message with what its source says of it, and
 * every copy and notification that sinks took.
 */
#ifndef RINGPOST_BENCH_AUDIT_BOOK_H
#define RINGPOST_BENCH_AUDIT_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/slice.h"

/* Recipients (encoded, apart by commas) that one line names. */
struct audit_list {
	struct audit_list *next;
	struct slice recipients;
	int64_t wall_ms;
	enum audit_kind {
		AUDIT_ACKED,   /* source: the final 250 was read */
		AUDIT_UNKNOWN, /* source: the reply was lost */
		AUDIT_TAKEN,   /* sink */
		AUDIT_CUT,     /* sink: and did not answer, on purpose */
		AUDIT_BOUNCED, /* sink: a notification said so */
	} kind;
	bool corrupted; /* sink: not the body that was sent */
};

struct audit_message {
	struct audit_message *next;
	struct slice id;
	uint64_t size;
	uint32_t crc;
	bool known;	    /* the source has a line for it */
	bool refused_later; /* 4xx after its content: it may have been taken */
	struct audit_list *lists;
};

struct audit_run {  /* of a source */
	bool ended; /* in order: every message of it has its line */
};

struct audit_file;

/* Zeroed memory is an empty book. */
struct audit_book {
	struct arena arena;
	struct map messages, runs;
	struct audit_message *first;
	struct audit_file *files; /* mapped: slices point into them */
	uint64_t lines, broken_lines;
	uint64_t acked, unknown, refused, taken, bounces; /* lines of each */
	uint64_t without_id, foreign; /* copies of no message of these sources */
};

/* A source's ledger first, then those of sinks. False with FAILURE_FILE. */
bool audit_read_source(struct audit_book *book, const char *path);
bool audit_read_sink(struct audit_book *book, const char *path);
/* A sink's ledger, or a folder of saved notifications. */
bool audit_read_bounces(struct audit_book *book, const char *path);
void audit_book_finish(struct audit_book *book);

#endif
