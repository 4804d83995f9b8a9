/*
 * One frame of zstd (RFC 8878), written from parts that somebody else found: bytes
 * that are new, and bytes that stood there before. Pure.
 *
 * For texts of some KiB, whose writer knows where they repeat themselves: there is no
 * search, no table made for each frame, and what is new is not packed further. Codes
 * are the format's predefined ones.
 */
#ifndef RINGPOST_EVENTS_FRAME_H
#define RINGPOST_EVENTS_FRAME_H

#include <stddef.h>

#include "base/slice.h"

#define FRAME_SAME_MIN	  8	       /* bytes */
#define FRAME_CONTENT_MAX (128u << 10) /* a block has no more */

struct frame;

/* For contents of CONTENT_MAX bytes at the most. */
struct frame *frame_create(size_t content_max);
void frame_destroy(struct frame **frame);

void frame_begin(struct frame *frame);
/* FRESH bytes, and then SAME bytes as they stood BACK bytes before. BACK is at least
 * 1 and within what was added; SAME at least FRAME_SAME_MIN. */
void frame_add(struct frame *frame, struct slice fresh, size_t same, size_t back);
/* What is left, FRESH, ends it. Valid until the next frame_begin; empty: nothing was
 * the same as before, or it is no shorter than its content. */
struct slice frame_end(struct frame *frame, struct slice fresh);

#endif
