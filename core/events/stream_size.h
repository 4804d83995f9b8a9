/*
 * How much the stream holds. Whoever writes to it leaves a mark in a list for
 * each MiB: the id of the entry it ended with. So the number of marks is the
 * stream's size, and the oldest of them say where to cut it.
 */
#ifndef RINGPOST_EVENTS_STREAM_SIZE_H
#define RINGPOST_EVENTS_STREAM_SIZE_H

#include "base/config.h"
#include "io/redis.h"
#include "run/deadline.h"

#define EVENTS_MARKS	  "rp:events:marks"
#define EVENTS_MARK_BYTES (1u << 20)
#define EVENTS_TRIMMED	  "rp:events:trimmed"

/*
 * Cuts what is more than CONFIG's size, or older than it keeps; the id of the
 * last entry that is gone is left in EVENTS_TRIMMED. By one node at a time.
 * False with a failure.
 */
bool stream_size_keep(struct redis *redis, const struct config_events *config,
	struct deadline deadline);

#endif
