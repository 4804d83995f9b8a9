/*
 * Canonical forms (RFC 6376 section 3.4): what is hashed of a header field
 * and of a body, so that harmless changes on the way break no signature.
 *
 * Bodies stream: they may be fed in any chunks, even between CR and LF, and
 * the result is the same. Only CRLF ends a line; a bare CR or LF is a byte
 * like any other.
 */
#ifndef RINGPOST_DKIM_CANON_H
#define RINGPOST_DKIM_CANON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

enum dkim_canon { DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED };

/*
 * "relaxed/simple" is header/body; "relaxed" alone is relaxed/simple (RFC
 * 6376 3.5). False when it is neither, leaving both alone.
 */
bool dkim_canon_parse(
	struct slice text, enum dkim_canon *header_r, enum dkim_canon *body_r);
const char *dkim_canon_name(enum dkim_canon canon);

/*
 * Appends the canonical form of the field RAW with its CRLF (which is added
 * when RAW has none). A line without a colon is treated as all name. False
 * with FAILURE_LIMIT when the buffer is full.
 */
bool dkim_canon_field(enum dkim_canon canon, struct slice raw, struct buffer *out);

/* Takes canonical bytes as they come, valid during the call only. */
typedef void dkim_canon_sink(void *context, struct slice bytes);

#define DKIM_BODY_STAGE 1024

/* A body on its way; embed it in something on the heap. */
struct dkim_body {
	dkim_canon_sink *sink;
	void *context;
	uint64_t lines; /* CRLFs held back until it is known they count */
	size_t staged;	/* bytes in stage */
	enum dkim_canon canon;
	bool started; /* something other than empty lines has been seen */
	bool space;   /* relaxed: white space held back */
	bool cr;      /* a CR held back */
	char stage[DKIM_BODY_STAGE];
};

void dkim_body_init(struct dkim_body *body, enum dkim_canon canon,
	dkim_canon_sink *sink, void *context);
void dkim_body_feed(struct dkim_body *body, struct slice chunk);
/* The end: adds the missing last CRLF, drops empty lines (RFC 6376 3.4.3,
 * 3.4.4). Feed nothing afterwards. */
void dkim_body_end(struct dkim_body *body);

#endif
