/*
 * Winding the clock of a place; for tests that link clock_wound.c.
 */
#include "world.h"

#include "queue/queue_parts.h"

#include "clock_wound.h"

void place_wind(struct place *place, int64_t ms)
{
	struct queue *queue = place->queue;

	clock_wind_ms(ms);
	rest_ms(1); /* a new turn reads the clock */
	for (unsigned i = 0; i < queue->shard_count; i++) {
		queue->shards[i].looked_us = 0;
		keep_soon(queue, &queue->shards[i], 0);
	}
}
