/*
 * Which trace a message belongs to: ids that follow from the message's own, so that
 * every process, now and after a restart, finds the same; or the trace of who sent
 * it, where he said so (W3C Trace Context).
 */
#ifndef RINGPOST_TRACES_TRACE_H
#define RINGPOST_TRACES_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define TRACE_ID_SIZE	  16
#define TRACE_CALLER_SIZE 25 /* a caller's: trace, span, flags */

struct trace {
	unsigned char id[TRACE_ID_SIZE];
	uint64_t caller; /* the span it goes on from; 0: it begins here */
	bool chosen;	 /* the caller decided, and this is what */
};

/*
 * The header field `traceparent` (version 00, and later ones as that) in the form
 * that is kept beside a message. False: it is none.
 */
bool trace_caller_read(struct slice field, char caller_r[TRACE_CALLER_SIZE]);

/* CALLER: as it was kept; empty (or of another size): there was none. */
struct trace trace_of(struct slice message, struct slice caller);
/* Whether it is among so many of a million, whoever asks. What a caller chose counts
 * more. */
bool trace_is_among(const struct trace *trace, uint64_t per_million);

/*
 * The id of the span that is the message's first, of which all others are children
 * or their children; of the one called NAME of an attempt with ENTRY ("id" or "id.3");
 * of a child that NAME and NUMBER tell from its others. Never 0.
 */
uint64_t trace_root(struct slice message);
uint64_t trace_attempt(struct slice entry, const char *name, unsigned attempt);
uint64_t trace_child(uint64_t parent, const char *name, unsigned number);

#endif
