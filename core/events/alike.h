/*
 * Lines of events made a frame: each is compared with the last one of its kind, from
 * which it differs in a few values. Pure. Any bytes are right; those that are no lines
 * of events may only get no shorter.
 */
#ifndef RINGPOST_EVENTS_ALIKE_H
#define RINGPOST_EVENTS_ALIKE_H

#include "events/frame.h"

/* As frame_end. LINES: as many as FRAME has room for. */
struct slice alike_pack(struct frame *frame, struct slice lines);

#endif
