/*
 * Dead letters: batches of events that a webhook did not take in time, kept in
 * a stream of their own, WEBHOOK_DEAD_MAX of them at the most, the newest.
 */
#ifndef RINGPOST_EVENTS_WEBHOOK_DEAD_H
#define RINGPOST_EVENTS_WEBHOOK_DEAD_H

#include "events/webhook_post.h"

#define WEBHOOK_DEAD_MAX 1000

struct webhook_dead {
	struct slice id;    /* of the letter */
	struct slice why;   /* the last failure */
	struct slice lines; /* of events, a line each */
	uint64_t count;
};

/* BODY: as it would have been sent. */
bool webhook_dead_add(struct redis *redis, struct slice name, struct slice body,
	size_t count, const char *why, struct deadline deadline);
/* Visits the letters from AFTER (empty: the first) on; false of VISIT ends it. */
bool webhook_dead_walk(struct redis *redis, struct slice name, struct slice after,
	bool (*visit)(void *context, const struct webhook_dead *dead,
		struct deadline deadline),
	void *context, struct deadline deadline);
bool webhook_dead_remove(struct redis *redis, struct slice name, struct slice id,
	struct deadline deadline);
/* How many letters there are. */
bool webhook_dead_count(struct redis *redis, struct slice name, uint64_t *count_r,
	struct deadline deadline);

#endif
