/*
 * Looking for a message in a file of events: lines of JSON in the order of their
 * time, which stands in "at" (the event log, events.file).
 */
#ifndef RINGPOST_REPORT_LOG_HUNT_H
#define RINGPOST_REPORT_LOG_HUNT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/slice.h"

#define LOG_HUNT_MAX (256ll << 20) /* of the file's end */

struct log_hunt {
	const char *file;
	struct slice id;
	int64_t since_ms; /* what is older is passed over, about; 0: nothing */
	/* A line that has ID somewhere, without its end. False: that is enough. */
	bool (*visit)(void *context, struct slice line);
	void *context;
	bool cut; /* set: more came before what was looked through */
};

/* Blocks. False with FAILURE_FILE. */
bool log_hunt(struct log_hunt *hunt);

/* Where to begin in such a file of SIZE bytes: not behind the first line that is as
 * young as that; perhaps amid a line. Blocks. */
off_t log_hunt_place(int fd, off_t size, int64_t since_ms);

#endif
