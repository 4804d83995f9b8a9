/*
 * The keeper: the one fiber that takes what is due, recovers what a shard's
 * earlier owner had in memory, and moves bodies together. One after the other,
 * so that none of these sees another half done.
 */
#include "queue/queue_parts.h"

#define LOOK_AGAIN_MS 50    /* between two looks at a shard's schedule */
#define LOOK_MOST_MS  30000 /* even if nothing is known to be due */

void keep_soon(struct queue *queue, struct shard *shard, int64_t due_ms)
{
	if (due_ms >= shard->next_due_ms)
		return;
	shard->next_due_ms = due_ms;
	condition_signal(&queue->keep);
}

/* When SHARD is to be looked at. */
static int64_t look_ms(const struct queue *queue, const struct shard *shard)
{
	int64_t soonest = shard->looked_ms + LOOK_AGAIN_MS;

	if (!shard_is_usable(queue, shard) || shard->leaving)
		return INT64_MAX;
	return shard->next_due_ms > soonest ? shard->next_due_ms : soonest;
}

static bool look_at_shards(struct queue *queue)
{
	bool busy = false;

	if (!queue->taker.wanted || queue->stalled)
		return false;
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		struct shard *shard = &queue->shards[i];
		int64_t now_ms = worker_wall_ms();

		if (look_ms(queue, shard) > now_ms)
			continue;
		shard->looked_ms = now_ms;
		shard->next_due_ms = now_ms + LOOK_MOST_MS;
		busy |= take_due(queue, shard);
	}
	return busy;
}

static int64_t rest_ms(const struct queue *queue)
{
	int64_t now_ms = worker_wall_ms(), rest = LOOK_MOST_MS;

	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		int64_t at_ms = look_ms(queue, &queue->shards[i]);

		if (at_ms - now_ms < rest)
			rest = at_ms - now_ms;
	}
	return queue->stalled ? LOOK_MOST_MS : rest < 1 ? 1 : rest;
}

void keep_run(void *arg)
{
	struct queue *queue = arg;

	while (!queue->closing && !fiber_is_cancelled()) {
		bool busy = take_wanted(queue);

		busy |= look_at_shards(queue);
		busy |= recover_step(queue);
		busy |= compact_step(queue);
		/* The taker may have asked during the last call, too. */
		busy |= queue->wanted.count > 0 && !queue->stalled;
		if (busy)
			fiber_yield(deadline_none());
		else if (!queue->closing)
			condition_wait(&queue->keep, deadline_after_ms(rest_ms(queue)));
	}
	queue_fiber_ended(queue);
}
