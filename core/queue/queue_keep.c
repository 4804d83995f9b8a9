/*
 * The keeper: the one fiber that takes what is due, recovers what a shard's
 * earlier owner had in memory, and moves bodies together. One after the other,
 * so that none of these sees another half done.
 */
#include "queue/queue_parts.h"

#define LOOK_AGAIN_US 50000    /* between two looks at a shard's schedule */
#define LOOK_MOST_US  30000000 /* even if nothing is known to be due */
#define RECOVER_PAGES 8	       /* between two looks */

void keep_soon(struct queue *queue, struct shard *shard, int64_t due_ms)
{
	if (due_ms >= shard->next_due_ms)
		return;
	shard->next_due_ms = due_ms;
	condition_signal(&queue->keep);
}

/* Until SHARD is to be looked at. The calendar may jump: what is due goes by it,
 * how often we look does not. */
static int64_t look_in_us(const struct queue *queue, const struct shard *shard)
{
	int64_t since_us = worker_now_us() - shard->looked_us;
	int64_t due_us = (shard->next_due_ms - worker_wall_ms()) * 1000;

	if (!shard_is_usable(queue, shard) || shard->leaving)
		return LOOK_MOST_US;
	if (due_us > LOOK_MOST_US - since_us)
		due_us = LOOK_MOST_US - since_us;
	return due_us > LOOK_AGAIN_US - since_us ? due_us : LOOK_AGAIN_US - since_us;
}

static bool look_at_shards(struct queue *queue)
{
	bool busy = false;

	if (!queue->taker.wanted || queue->stalled)
		return false;
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		struct shard *shard = &queue->shards[i];

		if (look_in_us(queue, shard) > 0)
			continue;
		shard->looked_us = worker_now_us();
		shard->next_due_ms = INT64_MAX / 2000;
		busy |= take_due(queue, shard);
	}
	return busy;
}

static struct deadline rest(const struct queue *queue)
{
	int64_t least_us = LOOK_MOST_US;

	if (queue->stalled || !queue->taker.wanted)
		return deadline_after_ms(least_us / 1000);
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		int64_t in_us = look_in_us(queue, &queue->shards[i]);

		if (in_us < least_us)
			least_us = in_us;
	}
	return deadline_after_ms(least_us / 1000 + 1);
}

void keep_run(void *arg)
{
	struct queue *queue = arg;

	while (!queue->closing && !fiber_is_cancelled()) {
		bool busy = take_wanted(queue);

		busy |= look_at_shards(queue);
		for (int pages = 0; pages < RECOVER_PAGES && recover_step(queue);
			pages++)
			busy = true;
		busy |= compact_step(queue);
		/* The taker may have asked during the last call, too. */
		busy |= !list_is_empty(&queue->wanted) && !queue->stalled;
		if (busy)
			fiber_yield(deadline_none());
		else if (!queue->closing)
			condition_wait(&queue->keep, rest(queue));
	}
}
