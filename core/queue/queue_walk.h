/*
 * Walking over entries that a selector names: those in memory and those in
 * Redis. Inside the queue layer only.
 */
#ifndef RINGPOST_QUEUE_QUEUE_WALK_H
#define RINGPOST_QUEUE_QUEUE_WALK_H

#include "queue/queue_admin.h"

/*
 * queue_each over SHARD only: false with a failure, or when VISIT has said so
 * (*stopped_r).
 */
struct walk {
	struct queue *queue;
	const struct queue_selector *selector;
	bool (*visit)(void *context, const struct queue_item *item);
	void *context;
	bool stopped;
};
bool walk_all(struct walk *walk, struct deadline deadline);

#endif
