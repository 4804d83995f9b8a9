/* The one encoder of JSON strings (RFC 8259 section 7). */
#ifndef RINGPOST_BASE_ESCAPE_H
#define RINGPOST_BASE_ESCAPE_H

#include <stddef.h>

#include "base/slice.h"

/* The most that one byte of input becomes: "\u001f". */
#define ESCAPE_BYTES_MAX 6

/*
 * Writes VALUE as it stands between the quotes, as many whole characters as
 * fit into ROOM bytes, and moves VALUE behind what was written. Control
 * characters are escaped (C1 too: the text may be shown on a terminal), and
 * bytes that are not UTF-8 become U+FFFD each. Returns the bytes written.
 */
size_t escape_json(struct slice *value, char *text, size_t room);

#endif
