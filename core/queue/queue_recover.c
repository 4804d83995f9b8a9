/*
 * Recovery: what an earlier owner of a shard had in memory.
 *
 * A new owner first looks at every destination anew: those put off were down
 * as the earlier one saw it. Then it pages through all entries, beside its
 * other work. What stands in no schedule, and is not in our own memory, was
 * being delivered when its owner died: it is due now. On the way every body
 * that lies in our spool is counted as alive, once in the life of this process;
 * when every shard was seen, segments with nothing alive may go.
 *
 * Shards that are other nodes' are seen too, once, without a lease: entries
 * there may name our spool, and only ever become fewer.
 */
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"
#include "queue/spool.h"

#define PAGE_ENTRIES  "200"
#define CALL_LIMIT_MS 30000
#define FOREIGN_US    30000000 /* until then others may still give shards to us */

void recover_again(struct shard *shard)
{
	shard->recovered = false;
	slice_to_text(SLICE("0"), shard->cursor, sizeof(shard->cursor));
}

static void count_page_entry(
	struct queue *queue, struct shard *shard, struct slice key, struct slice packed)
{
	struct entry *entry;
	struct slice node;

	/* One on its way in is counted when it is safe. */
	if (map_find(&shard->seen, key) || map_find(&shard->active, key))
		return;
	entry = entry_unpack(queue->bodies, key, packed);
	if (!entry)
		shard->damaged = true;
	else if (!body_is_elsewhere(entry->message->body, &node))
		active_count_met(queue, shard, key, entry);
	entry_destroy(&entry);
}

static void counted(struct queue *queue, struct shard *shard)
{
	struct queue_node *node = queue->node;

	shard->counted = true;
	map_finish(&shard->seen);
	if (shard->damaged) {
		event_note(EVENT_ERROR, "queue_spool_kept",
			"shard %u has entries that cannot be understood: no spool "
			"segment is recycled until they are gone and we were restarted",
			shard->index);
		return;
	}
	if (atomic_fetch_add(&node->shards_counted, 1) + 1 == node->shards &&
		node->spool)
		spool_recovered(node->spool);
}

/* True at the end. */
static bool set_cursor(struct shard *shard, const struct redis_reply *reply)
{
	struct slice cursor = redis_reply_text(reply);

	if (!slice_to_text(cursor, shard->cursor, sizeof(shard->cursor)))
		slice_to_text(SLICE("0"), shard->cursor, sizeof(shard->cursor));
	return strcmp(shard->cursor, "0") == 0;
}

/* The part of a page that nobody knows of goes into the schedule. */
static bool schedule_strays(
	struct queue *queue, struct shard *shard, const struct redis_reply *list)
{
	struct redis_reply *reply = NULL;
	struct call call;
	size_t none;
	bool good;

	call_begin(&call, shard, "recover");
	none = call.count;
	for (size_t i = 0; i + 2 < redis_reply_count(list); i += 3) {
		struct slice key = redis_reply_text(redis_reply_at(list, i));
		struct slice place = redis_reply_text(redis_reply_at(list, i + 2));

		if (place.size == 0 && !map_find(&shard->active, key))
			call_add(&call, key);
	}
	if (call.count == none) {
		call_finish(&call);
		return true;
	}
	good = call_run(queue, shard, &call, &reply, deadline_after_ms(CALL_LIMIT_MS));
	if (good) {
		shard->strays += (uint64_t)reply_number(reply, 0);
		keep_soon(queue, shard, worker_wall_ms());
	}
	redis_reply_free(&reply);
	return good;
}

static void recovered(struct queue *queue, struct shard *shard)
{
	struct event event;

	shard->recovered = true;
	if (!shard->counted)
		counted(queue, shard);
	if (shard->strays == 0)
		return;
	event_begin(&event, EVENT_INFO, "queue_recovered");
	event_number(&event, "shard", shard->index);
	event_number(&event, "entries", (int64_t)shard->strays);
	event_end(&event);
	shard->strays = 0;
}

/* A page of the destinations that its earlier owner had put off. */
static bool wake_page(struct queue *queue, struct shard *shard)
{
	struct redis_reply *reply = NULL;
	unsigned tenure = shard->tenure;
	struct call call;

	call_begin(&call, shard, "wake");
	call_add(&call, slice_of(shard->cursor));
	call_add(&call, SLICE(PAGE_ENTRIES));
	if (!call_run(queue, shard, &call, &reply, deadline_after_ms(CALL_LIMIT_MS)))
		return false;
	if (shard->tenure == tenure && set_cursor(shard, reply)) {
		shard->woken = true;
		keep_soon(queue, shard, worker_wall_ms());
	}
	redis_reply_free(&reply);
	return true;
}

static bool recover_page(struct queue *queue, struct shard *shard)
{
	struct redis_reply *reply = NULL;
	const struct redis_reply *list;
	unsigned tenure = shard->tenure;
	struct call call;
	bool good;

	call_begin(&call, shard, "page");
	call_add(&call, slice_of(shard->cursor));
	call_add(&call, SLICE(PAGE_ENTRIES));
	if (!call_run(queue, shard, &call, &reply, deadline_after_ms(CALL_LIMIT_MS)))
		return false;
	list = redis_reply_at(reply, 1);
	for (size_t i = 0; i + 2 < redis_reply_count(list) && !shard->counted; i += 3)
		count_page_entry(queue, shard,
			redis_reply_text(redis_reply_at(list, i)),
			redis_reply_text(redis_reply_at(list, i + 1)));
	good = schedule_strays(queue, shard, list);
	if (good && shard->tenure == tenure &&
		set_cursor(shard, redis_reply_at(reply, 0)))
		recovered(queue, shard);
	redis_reply_free(&reply);
	return good;
}

static bool count_foreign_page(struct queue *queue, struct shard *shard)
{
	struct redis_reply *reply = NULL;
	const struct redis_reply *list;
	char key[32];
	int size = snprintf(key, sizeof(key), "%sentries", shard->prefix);
	struct slice argv[5] = {SLICE("HSCAN"), slice_make(key, (size_t)size),
		slice_of(shard->cursor), SLICE("COUNT"), SLICE(PAGE_ENTRIES)};

	if (!redis_command(queue->redis, ARRAY_COUNT(argv), argv, &reply,
		    deadline_after_ms(CALL_LIMIT_MS)))
		return false;
	list = redis_reply_at(reply, 1);
	for (size_t i = 0; i + 1 < redis_reply_count(list); i += 2)
		count_page_entry(queue, shard,
			redis_reply_text(redis_reply_at(list, i)),
			redis_reply_text(redis_reply_at(list, i + 1)));
	if (set_cursor(shard, redis_reply_at(reply, 0)) && !shard->counted)
		counted(queue, shard);
	redis_reply_free(&reply);
	return true;
}

bool recover_step(struct queue *queue)
{
	bool all_owned = true;
	struct shard *foreign = NULL;

	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		struct shard *shard = &queue->shards[i];

		if (shard_is_usable(queue, shard) && !shard->recovered)
			return shard->woken ? recover_page(queue, shard)
					    : wake_page(queue, shard);
		if (!shard->owned && !shard->counted)
			foreign = shard;
		all_owned = all_owned && (!shard->owned || shard->recovered);
	}
	if (foreign && all_owned && queue->node->spool &&
		worker_now_us() - queue->opened_us > FOREIGN_US)
		return count_foreign_page(queue, foreign);
	return false;
}
