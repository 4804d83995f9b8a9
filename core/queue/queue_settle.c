/*
 * Settlement: what became of entries, written in batches without waiting.
 *
 * Entries that are done with or wait again are gathered per shard and sent
 * behind the next commit, or 2 ms after the first of them. A batch that
 * got no answer, or an error, goes back to its shard and is sent again once
 * the shard can be used: every part of it may be repeated. Only an answer lets
 * go of the entries, so there are never more than QUEUE_ACTIVE_MAX.
 */
#include <assert.h>

#include "base/buffer.h"
#include "base/event.h"
#include "base/failure.h"
#include "events/events.h"
#include "queue/happened.h"
#include "queue/pack.h"
#include "queue/queue_admin.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define SETTLE_DELAY_MS	 2
#define SETTLE_AGAIN_MS	 500
#define SETTLEMENT_MAX	 500 /* entries in one call */
#define SETTLEMENT_BYTES (1u << 20)

struct settlement {
	struct redis_request request;
	struct link link;
	struct queue *queue; /* NULL: it is gone */
	struct shard *shard;
	struct list entries;
};

/* A commit does not wait behind a settlement: one that is about to be sent goes
 * first and takes this along. */
static void flush_timer(struct timer *timer)
{
	struct queue *queue = CONTAINER_OF(timer, struct queue, settle_timer);

	if (!queue->syncing)
		settle_flush(queue);
}

static void flush_after(struct queue *queue, int64_t ms)
{
	if (queue->settle_timer.heap_place)
		return;
	queue->settle_timer.run = flush_timer;
	timer_start(&queue->settle_timer, deadline_after_ms(ms));
}

static void forget(struct queue *queue, struct shard *shard, struct entry *entry)
{
	active_remove(queue, shard, entry);
	entry_destroy(&entry);
}

static void tell(const struct entry *entry, enum events_kind kind)
{
	happened_to_all(
		entry, kind, slice_of(entry->marks.by_sender ? "sender" : "operator"));
}

/* What somebody wished while it was being delivered. */
static enum settle apply_action(struct entry *entry, enum settle how)
{
	bool stays = how == SETTLE_AGAIN || how == SETTLE_AS_IT_WAS ||
		     how == SETTLE_HELD;

	if (!stays || !entry->marks.action)
		return how;
	switch ((enum queue_action)entry->marks.action) {
	case QUEUE_DROP:
		tell(entry, EVENTS_DROPPED);
		return SETTLE_DONE;
	case QUEUE_HOLD:
		tell(entry, EVENTS_HELD);
		return SETTLE_HELD;
	case QUEUE_RETRY:
	case QUEUE_RELEASE:
		entry->due_ms = worker_wall_ms();
		return how;
	case QUEUE_REBIND:
	case QUEUE_RESCHEDULE:
		return how;
	}
	return how;
}

void settle_add(struct queue *queue, struct entry *entry, enum settle how)
{
	struct shard *shard = queue_shard(queue, entry->shard);

	assert(!link_is_linked(&entry->link));
	if (entry->marks.lost) {
		forget(queue, shard, entry);
		return;
	}
	entry->marks.settle = (unsigned char)apply_action(entry, how);
	list_append(&shard->settling, &entry->link);
	if (++shard->settling_count >= SETTLEMENT_MAX)
		settle_flush(queue);
	else
		flush_after(queue, SETTLE_DELAY_MS);
}

static bool is_shared(const struct entry *entry)
{
	return entry->message->entry_count > 1 ||
	       body_key_count(entry->message->body) > 0;
}

/* 0: done, 1: done and shared, 2: waits again. */
static unsigned section_of(const struct entry *entry)
{
	if (entry->marks.settle != SETTLE_DONE && entry->marks.settle != SETTLE_UNDO)
		return 2;
	return is_shared(entry) ? 1 : 0;
}

static void add_shared(struct call *call, const struct entry *entry)
{
	const struct message *message = entry->message;

	call_add(call, message_id_slice(&message->envelope.id));
	call_add_number(call, (int64_t)body_key_count(message->body));
}

static void add_again(struct call *call, const struct entry *entry)
{
	char flow[FLOW_SIZE_MAX + 1], name[SCHEDULE_SIZE_MAX + 1];
	struct schedule schedule = schedule_of_entry(entry, flow);
	struct buffer packed = {0};

	if ((entry->marks.settle != SETTLE_AS_IT_WAS || entry->marks.rebound) &&
		!entry_pack(entry, &packed))
		buffer_clear(&packed); /* then it stays as it was */
	call_add_copy(call, buffer_contents(&packed));
	buffer_finish(&packed);
	call_add_copy(call, schedule_name(&schedule, name));
	if (entry->marks.settle == SETTLE_HELD)
		call_add(call, SLICE("held"));
	else
		call_add_number(call, entry->due_ms);
}

static void add_sections(struct call *call, const struct list *entries)
{
	for (unsigned section = 0; section < 3; section++) {
		LIST_EACH (entries, link) {
			struct entry *entry = CONTAINER_OF(link, struct entry, link);
			char text[32];

			if (section_of(entry) != section)
				continue;
			call_add_copy(call, entry_key(entry, text));
			if (section == 1)
				add_shared(call, entry);
			else if (section == 2)
				add_again(call, entry);
		}
	}
}

static void build(struct call *call, const struct settlement *settlement)
{
	size_t counts[3] = {0};

	LIST_EACH (&settlement->entries, link)
		counts[section_of(CONTAINER_OF(link, struct entry, link))]++;
	call_begin(call, settlement->shard, "settle");
	for (unsigned section = 0; section < 3; section++)
		call_add_number(call, (int64_t)counts[section]);
	add_sections(call, &settlement->entries);
}

static void confirm(struct queue *queue, struct shard *shard, struct entry *entry)
{
	char text[32];
	struct slice key = entry_key(entry, text);

	switch ((enum settle)entry->marks.settle) {
	case SETTLE_DONE:
		active_uncount_body(queue, shard, key, entry);
		queue->figures.settled++;
		break;
	case SETTLE_UNDO:
		queue->figures.abandoned++;
		break;
	case SETTLE_AGAIN:
	case SETTLE_AS_IT_WAS:
		queue->figures.deferred++;
		keep_soon(queue, shard, entry->due_ms);
		break;
	case SETTLE_HELD:
	case SETTLE_NOT:
		break;
	}
	forget(queue, shard, entry);
}

/* Back to its shard, in front of what came later. */
static void put_back(struct settlement *settlement)
{
	struct shard *shard = settlement->shard;
	struct list all;

	list_init(&all);
	shard->settling_count += list_count(&settlement->entries);
	list_move_all(&all, &settlement->entries);
	list_move_all(&all, &shard->settling);
	list_move_all(&shard->settling, &all);
}

static void settle_all(struct settlement *settlement, bool confirmed)
{
	struct queue *queue = settlement->queue;
	struct link *link;

	while ((link = list_take(&settlement->entries))) {
		struct entry *entry = CONTAINER_OF(link, struct entry, link);

		if (!queue)
			entry_destroy(&entry);
		else if (confirmed && !entry->marks.lost)
			confirm(queue, settlement->shard, entry);
		else
			forget(queue, settlement->shard, entry);
	}
}

static void not_settled(struct settlement *settlement, const struct redis_reply *reply)
{
	struct queue *queue = settlement->queue;
	struct shard *shard = settlement->shard;
	struct entry *first = LIST_FIRST(&settlement->entries, struct entry, link);

	if (reply && !redis_reply_fail(reply) &&
		failure_kind_last() == FAILURE_FENCED) {
		if (!first->marks.lost)
			shard_lose(queue, shard);
		settle_all(settlement, false);
		return;
	}
	if (first->marks.lost) {
		settle_all(settlement, false);
		return;
	}
	if (reply)
		event_note(EVENT_WARNING, "queue_settle_refused", "%s",
			failure_last()->text);
	put_back(settlement);
	flush_after(queue, SETTLE_AGAIN_MS);
}

static void settled(struct redis_request *request, const struct redis_reply *reply)
{
	struct settlement *settlement = CONTAINER_OF(
		request, struct settlement, request);
	struct queue *queue = settlement->queue;

	if (queue) {
		list_remove(&settlement->link);
		if (reply && redis_reply_kind(reply) != REDIS_ERROR)
			settle_all(settlement, true);
		else
			not_settled(settlement, reply);
		condition_broadcast(&queue->settled);
	}
	memory_free(settlement);
}

/* One call's worth of what the shard has waiting. */
static void gather(struct settlement *settlement)
{
	struct shard *shard = settlement->shard;
	size_t count = 0, bytes = 0;

	while (count < SETTLEMENT_MAX && bytes < SETTLEMENT_BYTES) {
		struct link *link = list_take(&shard->settling);
		struct entry *entry;

		if (!link)
			break;
		entry = CONTAINER_OF(link, struct entry, link);
		list_append(&settlement->entries, link);
		shard->settling_count--;
		count++;
		bytes += 64;
		if (section_of(entry) == 2)
			bytes += entry->arena.total + entry->message->arena.total;
	}
}

static bool flush_shard(struct queue *queue, struct shard *shard)
{
	struct settlement *settlement = NEW(struct settlement);
	struct call call;

	settlement->request.done = settled;
	settlement->queue = queue;
	settlement->shard = shard;
	list_init(&settlement->entries);
	gather(settlement);
	events_flush(); /* what was said of them must not get lost */
	build(&call, settlement);
	if (!call_send(queue, &call, &settlement->request)) {
		put_back(settlement);
		memory_free(settlement);
		return false;
	}
	queue->figures.settles++;
	list_append(&queue->settlements, &settlement->link);
	return true;
}

void settle_flush(struct queue *queue)
{
	bool stuck = false;

	timer_stop(&queue->settle_timer);
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		struct shard *shard = &queue->shards[i];

		while (!list_is_empty(&shard->settling)) {
			if (!shard_is_usable(queue, shard) ||
				!flush_shard(queue, shard)) {
				stuck = true;
				break;
			}
		}
	}
	if (stuck)
		flush_after(queue, SETTLE_AGAIN_MS);
}

bool settle_is_idle(const struct queue *queue)
{
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		const struct shard *shard = &queue->shards[i];

		if (shard->owned && !list_is_empty(&shard->settling))
			return false;
	}
	return list_is_empty(&queue->settlements);
}

/* What is still on its way to Redis needs its request, not the entries: those
 * would outlive the bodies they belong to. */
void settle_orphan(struct queue *queue)
{
	struct link *link;

	timer_stop(&queue->settle_timer);
	while ((link = list_take(&queue->settlements))) {
		struct settlement *settlement = CONTAINER_OF(
			link, struct settlement, link);

		settlement->queue = NULL;
		settle_all(settlement, false);
	}
}

void queue_settle(struct queue *queue, struct entry *entry)
{
	settle_add(queue, entry, SETTLE_DONE);
}

void queue_defer(struct queue *queue, struct entry *entry, int64_t due_ms)
{
	entry->due_ms = due_ms;
	settle_add(queue, entry, SETTLE_AGAIN);
}

void queue_hold(struct queue *queue, struct entry *entry)
{
	settle_add(queue, entry, SETTLE_HELD);
}

void queue_put_back(struct queue *queue, struct entry *entry, int64_t due_ms)
{
	entry->due_ms = due_ms;
	settle_add(queue, entry, SETTLE_AS_IT_WAS);
}
