/*
 * Cursors: how far a reader of the stream has come. "1763758138113-0": all of that
 * entry; "1763758138113-0.17": its first 17 lines. Pure.
 */
#ifndef RINGPOST_EVENTS_CURSOR_H
#define RINGPOST_EVENTS_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define CURSOR_SIZE 64

struct cursor {
	uint64_t ms, sequence; /* of the entry; both 0: ahead of the first */
	uint64_t lines;	       /* read of it; 0: all, it is done with */
};

/* False with FAILURE_DATA. */
bool cursor_parse(struct slice text, struct cursor *cursor_r);
struct slice cursor_print(const struct cursor *cursor, char text[CURSOR_SIZE]);
/* What XRANGE begins with to go on from there. */
struct slice cursor_begin(const struct cursor *cursor, char text[CURSOR_SIZE]);
/* Something that came behind CURSOR is at GONE or ahead of it. */
bool cursor_is_behind(const struct cursor *cursor, const struct cursor *gone);

#endif
