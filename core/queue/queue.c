/*
 * A worker's queue: opened, asked, closed. What it does stands in the files
 * beside this one; README.md names them.
 */
#include "queue/queue.h"

#include <assert.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "queue/queue_parts.h"
#include "queue/spool.h"

#define STICKY_US 100000 /* a shard gets new messages for so long */

struct shard *queue_shard(struct queue *queue, unsigned index)
{
	assert(index < queue->shard_count);
	return &queue->shards[index];
}

static void open_shards(struct queue *queue)
{
	queue->shards = memory_allocate_array(
		queue->shard_count, sizeof(*queue->shards));
	for (unsigned i = 0; i < queue->shard_count; i++) {
		struct shard *shard = &queue->shards[i];
		struct slice prefix = shard_key_prefix(i, shard->prefix);

		assert(prefix.size < sizeof(shard->prefix));
		shard->index = i;
		list_init(&shard->settling);
		recover_again(shard);
	}
	queue->current = queue->worker;
}

static void open_conditions(struct queue *queue)
{
	list_init(&queue->arriving);
	list_init(&queue->wanted);
	list_init(&queue->stored);
	list_init(&queue->settlements);
	list_init(&queue->leasing);
	condition_init(&queue->arrived);
	condition_init(&queue->stored_some);
	condition_init(&queue->stored_less);
	condition_init(&queue->keep);
	condition_init(&queue->leases_changed);
	condition_init(&queue->lease_now);
	condition_init(&queue->settled);
	scope_init(&queue->fibers);
}

static bool spawn(struct queue *queue, const char *name, void (*body)(void *arg))
{
	return scope_spawn(&queue->fibers, name, body, queue);
}

static bool spawn_stages(struct queue *queue)
{
	for (unsigned i = 0; i < QUEUE_STAGE_FIBERS; i++) {
		list_init(&queue->storing[i]);
		list_init(&queue->sending[i]);
	}
	for (unsigned i = 0; i < QUEUE_STAGE_FIBERS; i++)
		if (!spawn(queue, "queue send", commit_send) ||
			!spawn(queue, "queue store", commit_store))
			return false;
	return true;
}

struct queue *queue_open(
	struct queue_node *node, const struct config *config, struct redis *redis)
{
	struct queue *queue = NEW(struct queue);

	queue->node = node;
	queue->redis = redis;
	queue->worker = worker_index();
	queue->shard_count = node->shards;
	queue->active_bytes_max = (size_t)(config->queue.memory_limit / node->workers);
	queue->opened_us = worker_now_us();
	queue->ids = (uint64_t)clock_monotonic_us();
	open_conditions(queue);
	open_shards(queue);
	queue->bodies = node->spool ? bodies_create_spool(node->spool, queue->worker)
				    : bodies_create_redis(redis);
	node->queues[queue->worker] = queue;
	if (spawn_stages(queue) && spawn(queue, "queue keep", keep_run) &&
		spawn(queue, "queue lease", lease_run) &&
		(queue->worker > 0 || spawn(queue, "queue guard", guard_run)))
		return queue;
	queue_close(&queue, deadline_after_ms(0));
	return NULL;
}

void queue_set_taker(struct queue *queue, const struct queue_taker *taker)
{
	take_forget_rooms(queue);
	queue->taker = taker ? *taker : (struct queue_taker){0};
	condition_signal(&queue->keep);
}

static void wake_all(struct queue *queue)
{
	condition_broadcast(&queue->arrived);
	condition_broadcast(&queue->stored_some);
	condition_broadcast(&queue->stored_less);
	condition_broadcast(&queue->keep);
	condition_broadcast(&queue->lease_now);
	condition_broadcast(&queue->leases_changed);
}

/* Entries nobody settled any more: Redis still has them, as they were. */
static void forget_active(struct queue *queue, struct shard *shard)
{
	struct link *link;

	while ((link = list_take(&shard->settling))) {
		struct entry *entry = CONTAINER_OF(link, struct entry, link);

		entry_destroy(&entry);
	}
	map_finish(&shard->active);
	map_finish(&shard->seen);
}

static void await_settled(struct queue *queue, struct deadline deadline)
{
	settle_flush(queue);
	while (!settle_is_idle(queue) && !fiber_is_cancelled() &&
		!deadline_has_passed(deadline))
		condition_wait(&queue->settled,
			deadline_earlier(deadline, deadline_after_ms(100)));
}

void queue_close(struct queue **queue, struct deadline deadline)
{
	struct queue *old = *queue;

	*queue = NULL;
	if (!old)
		return;
	queue_set_taker(old, NULL);
	await_settled(old, deadline);
	old->closing = true;
	wake_all(old);
	scope_finish(&old->fibers, deadline);
	commit_fail_waiting(old);
	if (settle_is_idle(old))
		lease_give_back(old, deadline);
	settle_orphan(old);
	lease_orphan(old);
	old->node->queues[old->worker] = NULL;
	for (unsigned i = 0; i < old->shard_count; i++)
		forget_active(old, &old->shards[i]);
	take_finish(old);
	map_finish(&old->compaction.handled);
	bodies_destroy(&old->bodies);
	memory_free(old->shards);
	memory_free(old);
}

static bool may_have_new(const struct queue *queue, unsigned index)
{
	const struct shard *shard = &queue->shards[index];

	return !shard->leaving && shard_is_usable(queue, shard);
}

/* Settlements of one moment then mostly hit one shard, too. */
static bool find_current(struct queue *queue)
{
	unsigned next = queue->current;

	if (worker_now_us() < queue->current_until_us && may_have_new(queue, next))
		return true;
	for (unsigned i = 0; i < queue->shard_count; i += queue->node->workers) {
		next += queue->node->workers;
		if (next >= queue->shard_count)
			next = queue->worker;
		if (next < queue->shard_count && may_have_new(queue, next)) {
			queue->current = next;
			queue->current_until_us = worker_now_us() + STICKY_US;
			return true;
		}
	}
	return false;
}

bool queue_accepts(struct queue *queue)
{
	const struct queue_node *node = queue->node;
	const char *trouble = redis_trouble(queue->redis);

	if (!redis_is_up(queue->redis))
		return fail(FAILURE_STORE, "Redis: %s",
			*trouble ? trouble : "not connected yet");
	if (atomic_load_explicit(&node->space_low, memory_order_relaxed))
		return fail(FAILURE_STORE, "too little free disk space");
	if (atomic_load_explicit(&node->memory_full, memory_order_relaxed))
		return fail(FAILURE_STORE, "queue memory is full");
	if (!find_current(queue))
		return *queue->lease_trouble
			       ? fail(FAILURE_STORE,
					 "no part of the queue is ours just now: %s",
					 queue->lease_trouble)
			       : fail(FAILURE_STORE,
					 "no part of the queue is ours just now");
	return true;
}

bool queue_owns(struct queue *queue, unsigned shard)
{
	return shard < queue->shard_count &&
	       shard % queue->node->workers == queue->worker &&
	       shard_is_usable(queue, queue_shard(queue, shard));
}

struct bodies *queue_bodies(struct queue *queue)
{
	return queue->bodies;
}

struct message_id queue_new_id(struct queue *queue)
{
	find_current(queue);
	return message_id_make(worker_wall_ms(), queue->current, queue->ids++);
}

struct queue_figures queue_figures(const struct queue *queue)
{
	struct queue_figures figures = queue->figures;

	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers)
		figures.recovering += queue->shards[i].owned &&
				      !queue->shards[i].recovered;
	figures.active = queue->active;
	figures.active_bytes = queue->active_bytes;
	figures.commit_us_longest = pace_longest_us(&queue->pace, worker_now_us());
	return figures;
}
