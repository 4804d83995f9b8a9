/* Figures of the queue, without a scan. */
#include "queue/queue_admin.h"

#include <stdlib.h>

#include "base/memory.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define DOMAINS_SEEN 200 /* schedules of each shard, for the counts */

struct tally {
	bool by_domain;
	uint64_t entries, held, taken, ready;
	struct map domains; /* name -> struct queue_domain_count */
};

static void tally_domain(
	struct tally *tally, struct slice domain, uint64_t count, int64_t due_ms)
{
	struct queue_domain_count *seen = map_find(&tally->domains, domain);

	if (!seen) {
		seen = NEW(struct queue_domain_count);
		slice_to_text(domain, seen->domain, sizeof(seen->domain));
		seen->next_due_ms = due_ms;
		map_set(&tally->domains, domain, seen);
	}
	seen->count += count;
	if (due_ms < seen->next_due_ms)
		seen->next_due_ms = due_ms;
}

static void tally_memory(struct tally *tally, struct shard *shard)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	tally->taken += shard->active.count;
	while (tally->by_domain && map_next(&shard->active, &cursor, &key, &value))
		tally_domain(
			tally, ((struct entry *)value)->domain, 1, worker_wall_ms());
}

static bool tally_shard(struct queue *queue, struct shard *shard, struct tally *tally,
	struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	const struct redis_reply *list;
	struct call call;

	call_begin(&call, shard, "count");
	call_add_number(&call, DOMAINS_SEEN);
	call_add_number(&call, tally->by_domain);
	if (!call_run(queue, shard, &call, &reply, deadline))
		return false;
	tally->entries += (uint64_t)reply_number(redis_reply_at(reply, 0), 0);
	tally->held += (uint64_t)reply_number(redis_reply_at(reply, 1), 0);
	tally->ready += (uint64_t)reply_number(redis_reply_at(reply, 2), 0);
	list = redis_reply_at(reply, 3);
	for (size_t i = 0; i + 2 < redis_reply_count(list); i += 3) {
		struct schedule schedule = schedule_of_name(
			redis_reply_text(redis_reply_at(list, i)));

		tally_domain(tally, schedule.domain,
			(uint64_t)reply_number(redis_reply_at(list, i + 1), 0),
			reply_number(redis_reply_at(list, i + 2), 0));
	}
	redis_reply_free(&reply);
	tally_memory(tally, shard);
	return true;
}

static int by_count(const void *a, const void *b)
{
	const struct queue_domain_count *const *left = a, *const *right = b;

	return (*left)->count < (*right)->count	  ? 1
	       : (*left)->count > (*right)->count ? -1
						  : 0;
}

/* The largest, and frees all. */
static void tally_finish(
	struct tally *tally, struct queue_domain_count *domains_r, size_t *count)
{
	struct queue_domain_count **all = memory_allocate_array(
		tally->domains.count, sizeof(struct queue_domain_count *));
	struct map_cursor cursor = {0};
	size_t found = 0, wanted = *count;
	struct slice domain;
	void *value;

	while (map_next(&tally->domains, &cursor, &domain, &value))
		all[found++] = value;
	qsort(all, found, sizeof(struct queue_domain_count *), by_count);
	*count = found < wanted ? found : wanted;
	for (size_t i = 0; i < found; i++) {
		if (i < wanted)
			domains_r[i] = *all[i];
		memory_free(all[i]);
	}
	memory_free(all);
	map_finish(&tally->domains);
}

static uint64_t less(uint64_t from, uint64_t by)
{
	return from > by ? from - by : 0;
}

bool queue_count(struct queue *queue, uint64_t by_state_r[4],
	struct queue_domain_count *domains_r, size_t *count, struct deadline deadline)
{
	struct tally tally = {.by_domain = *count > 0};
	bool good = true;

	for (unsigned i = queue->worker; good && i < queue->shard_count;
		i += queue->node->workers)
		if (shard_is_usable(queue, &queue->shards[i]))
			good = tally_shard(queue, &queue->shards[i], &tally, deadline);
	by_state_r[QUEUE_READY] = tally.ready;
	by_state_r[QUEUE_TAKEN] = tally.taken;
	by_state_r[QUEUE_HELD] = tally.held;
	by_state_r[QUEUE_DEFERRED] = less(
		tally.entries, tally.ready + tally.taken + tally.held);
	tally_finish(&tally, domains_r, count);
	return good;
}
