/* What the event log says about a message. */
#ifndef RINGPOST_REPORT_LOG_SEARCH_H
#define RINGPOST_REPORT_LOG_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

/*
 * Appends a line for each event about message ID in the last LOG_HUNT_MAX
 * bytes of FILE, oldest first, LOG_SEARCH_LINES at most. False when there is
 * none, with a failure that says what was looked through, or why not.
 */
#define LOG_SEARCH_LINES 200
bool log_search(const char *file, struct slice id, int64_t now_ms, struct buffer *into);

/* One event, a line of JSON, as "14:03:07 delivered …"; false: it is none. */
bool log_line_print(struct slice line, int64_t now_ms, struct buffer *into);

#endif
