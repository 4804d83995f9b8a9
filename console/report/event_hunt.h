/*
 * Looking for a message in a file of events and in those that it was before: full ones
 * beside it (events/rotation.h), compressed or not, oldest first, from the time on when
 * the message came. Step by step, so that who does it may do other things in between.
 */
#ifndef RINGPOST_REPORT_EVENT_HUNT_H
#define RINGPOST_REPORT_EVENT_HUNT_H

#include "report/line_scan.h"

struct decompress;

struct event_hunt {
	const char *file;
	int64_t since_ms; /* what is older is passed over, about */
	/*
	 * `wanted`, `visit` and `context` are set by the caller. Where it begins, and
	 * how far it has come: `after_ms`, files that were full by then are done with;
	 * `scan.offset`, that much of the next. A file that gets full meanwhile stays
	 * the next.
	 */
	struct line_scan scan;
	int64_t after_ms;
	/* What was looked through: */
	unsigned files, damaged; /* … to their end or not; not at all, or in part */
	uint64_t bytes;		 /* as they were written */
	bool begins_later;	 /* than SINCE_MS: what was before is not kept */
	bool ended;		 /* it has come to the end of FILE */

	/* Of the file that is open: */
	int fd; /* -1: it is compressed */
	struct decompress *packed;
	bool is_open, is_last, seen;
	int64_t full_ms;
	uint64_t skip; /* compressed: to be passed over yet */
};

/* At the file's beginning, as far as SINCE_MS goes; or at a place of an earlier one. */
void event_hunt_begin(struct event_hunt *hunt);
void event_hunt_begin_at(struct event_hunt *hunt, int64_t after_ms, uint64_t offset);
/* A few milliseconds' work. True: there is more; false: it has ended, or a line was
 * not taken. Blocks. */
bool event_hunt_step(struct event_hunt *hunt);
void event_hunt_finish(struct event_hunt *hunt);

#endif
