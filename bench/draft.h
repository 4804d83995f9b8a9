/*
 * The content of messages: a header with the id, and lines of filler up to a
 * size, made once and shared: a message is a list of pieces of it.
 *
 * Some lines of filler begin with a dot. It is kept twice, as it is and with
 * those dots doubled (RFC 5321 4.5.2), so that nothing is looked for when it
 * is sent.
 */
#ifndef RINGPOST_BENCH_DRAFT_H
#define RINGPOST_BENCH_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

struct filler;

struct filler *filler_create(void);
void filler_destroy(struct filler **filler);

struct draft_facts {
	struct slice id, from, to; /* to empty: several */
	struct slice date;	   /* RFC 5322 */
	uint64_t number;	   /* where in the filler it begins */
	uint64_t size;		   /* of the message; small ones come out larger */
	bool sum;		   /* the CRC is wanted */
};

/* One message. Zeroed memory is a draft never made; it is made again and
 * again in the same memory. */
struct draft {
	struct buffer head; /* header, blank line, the body's first line */
	const struct filler *filler;
	size_t line;	      /* of the filler, the first */
	uint64_t filler_size; /* bytes of it, as they are */
	struct slice tail;    /* ends the last line; static */
	uint64_t size;	      /* of the message, without dots */
	uint64_t body_size;
	uint32_t body_crc;
};

void draft_make(struct draft *draft, const struct filler *filler,
	const struct draft_facts *facts);
void draft_finish(struct draft *draft);

/* Reads a draft in pieces. Zeroed, with .draft and .dotted, is its start. */
struct draft_reader {
	const struct draft *draft;
	bool dotted; /* for DATA, with the final dot; else for BDAT */
	bool begun, ended;
	size_t line;
	uint64_t left;
};

/* The next pieces, at most MOST (3 or more); 0 at the end. They lie in draft
 * and filler. */
size_t draft_read(struct draft_reader *reader, struct slice *pieces, size_t most);

#endif
