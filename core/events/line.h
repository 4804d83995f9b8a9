/*
 * Lines of events, read again: what a reader chooses them by. Pure.
 */
#ifndef RINGPOST_EVENTS_LINE_H
#define RINGPOST_EVENTS_LINE_H

#include <stdbool.h>

#include "events/kind.h"

/* Slices of the line, as they stand there between their quotes. */
struct events_line {
	struct slice id, event, message, tenant;
	enum events_kind kind;
	bool known; /* `kind` holds: it is one of ours */
};

/* Of a line that begins as encode.h writes it, with or without its end. False: it
 * is none. */
bool events_line_read(struct slice line, struct events_line *line_r);

#endif
