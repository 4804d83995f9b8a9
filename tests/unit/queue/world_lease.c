/*
 * Holding up the leases of a place: a round of leases ends when its last request
 * is answered, so one that never is holds it.
 */
#include "world.h"

#include "queue/queue_parts.h"

static struct link never_answered;

/* Whether all requests of a whole round are answered but ours. */
static bool is_held(void *context)
{
	struct queue *queue = context;

	condition_broadcast(&queue->lease_now);
	for (unsigned i = 0; i < queue->shard_count; i++)
		if (queue->shards[i].owned && !queue->shards[i].until_us)
			return false;
	return list_count(&queue->leasing) == 1;
}

static bool is_between_rounds(void *context)
{
	return list_is_empty(&((struct queue *)context)->leasing);
}

bool place_hold_leases(struct place *place)
{
	struct queue *queue = place->queue;

	if (!eventually_holds(is_between_rounds, queue))
		return false;
	for (unsigned i = 0; i < queue->shard_count; i++)
		queue->shards[i].until_us = 0;
	list_append(&queue->leasing, &never_answered);
	return eventually_holds(is_held, queue);
}

void place_free_leases(struct place *place)
{
	list_remove(&never_answered);
	condition_broadcast(&place->queue->leases_changed);
	rest_ms(1);
	condition_broadcast(&place->queue->lease_now);
}
