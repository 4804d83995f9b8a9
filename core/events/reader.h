/* The stream, read from a cursor on. */
#ifndef RINGPOST_EVENTS_READER_H
#define RINGPOST_EVENTS_READER_H

#include "events/cursor.h"
#include "events/line.h"
#include "io/redis.h"

struct reader {
	struct redis *redis;
	struct cursor cursor; /* behind what was visited last */
	/* A line, without its end; `cursor` stands behind it already. False: it was
	 * not taken, and nothing more is visited; `cursor` stays ahead of it. */
	bool (*visit)(void *context, struct slice line);
	void *context;
};

#define READER_ENTRIES 8 /* in one reply: 576 KiB at the most */

/*
 * Visits what the next READER_ENTRIES entries have. *more_r: there were any, so
 * there may be more. False with a failure. May yield between entries.
 */
bool reader_read(struct reader *reader, bool *more_r, struct deadline deadline);
/* Behind all there is now. */
bool reader_seek_end(struct reader *reader, struct deadline deadline);
/* Whether something behind the cursor was cut off; *gone_r: up to where. */
bool reader_check(struct reader *reader, bool *missed_r, struct cursor *gone_r,
	struct deadline deadline);

#endif
