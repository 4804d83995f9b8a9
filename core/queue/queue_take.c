/*
 * Taking: what is due goes to the taker, as much of each destination as it
 * wants (Q2, Q4 -> Q3).
 *
 * A destination that nobody wants now keeps its place: the time it is looked
 * at is put off, and where its entries wait is remembered (queue_backlog.c), so
 * that the taker's queue_want goes straight there.
 */
#include <stdio.h>

#include "base/event.h"
#include "base/failure.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define DUE_SCHEDULES 64 /* looked at in one call */
#define CALL_LIMIT_MS 30000
#define AGAIN_MS      1000 /* after Redis refused */
#define ELSEWHERE_MS  60000

/* What cannot be understood is held, never dropped. */
static void hold_damaged(
	struct queue *queue, struct shard *shard, struct slice key, struct slice packed)
{
	struct redis_reply *reply = NULL;
	struct event event;
	struct call call;

	event_begin(&event, EVENT_ERROR, "queue_entry_damaged");
	event_text(&event, "id", key);
	event_text(&event, "trouble", slice_of(failure_last()->text));
	event_end(&event);
	call_begin(&call, shard, "settle");
	call_add(&call, SLICE("0"));
	call_add(&call, SLICE("0"));
	call_add(&call, SLICE("1"));
	call_add(&call, key);
	call_add(&call, SLICE_EMPTY);
	call_add(&call, packed_domain(packed));
	call_add(&call, SLICE("held"));
	if (!call_run(queue, shard, &call, &reply, deadline_after_ms(CALL_LIMIT_MS)))
		recover_again(shard);
	redis_reply_free(&reply);
}

/* Its owner will have it again; the note is made once. */
static void put_off(struct queue *queue, struct entry *entry, struct slice node)
{
	struct attempt_note note = {.at_ms = worker_wall_ms()};
	struct slice last = entry->note_count
				    ? entry->notes[entry->note_count - 1].answer
				    : SLICE_EMPTY;
	char text[128];
	int size = snprintf(text, sizeof(text),
		"the message body is in the spool of node %.*s", SLICE_PRINT(node));

	note.answer = slice_make(text, (size_t)size);
	if (!slice_equal(last, note.answer))
		entry_add_note(entry, &note);
	entry->due_ms = note.at_ms + ELSEWHERE_MS;
	settle_add(queue, entry, SETTLE_AGAIN);
}

static void take_entry(
	struct queue *queue, struct shard *shard, struct slice key, struct slice packed)
{
	struct entry *entry;
	struct slice node;

	/* Already ours, and something about it is still to be written: that will
	 * put it back where it belongs. */
	if (map_find(&shard->active, key))
		return;
	entry = entry_unpack(queue->bodies, key, packed);
	if (!entry) {
		hold_damaged(queue, shard, key, packed);
		return;
	}
	entry->due_ms = worker_wall_ms();
	active_add(queue, shard, entry);
	active_count_met(queue, shard, key, entry);
	queue->figures.taken++;
	if (body_is_elsewhere(entry->message->body, &node))
		put_off(queue, entry, node);
	else
		active_hand_over(queue, entry);
}

struct redis_reply *take_call(
	struct queue *queue, struct shard *shard, struct call *call)
{
	struct redis_reply *reply = NULL;
	size_t count;

	if (!call_run(queue, shard, call, &reply, deadline_after_ms(CALL_LIMIT_MS))) {
		recover_again(shard);
		return NULL;
	}
	count = redis_reply_count(reply) / 2;
	for (size_t i = 0; i < count && shard->owned; i++)
		take_entry(queue, shard, redis_reply_text(redis_reply_at(reply, 2 * i)),
			redis_reply_text(redis_reply_at(reply, 2 * i + 1)));
	return reply;
}

size_t take_wanted_now(struct queue *queue, const struct schedule *schedule)
{
	size_t room = QUEUE_ACTIVE_MAX - queue->active, wanted;
	struct taker_room where = {.list = NULL};

	if (queue->active >= QUEUE_ACTIVE_MAX ||
		queue->active_bytes >= queue->active_bytes_max) {
		queue->stalled = true;
		return 0;
	}
	if (!queue->taker.wanted)
		return 0;
	wanted = queue->taker.wanted(
		queue->taker.context, schedule->domain, schedule->flow, &where);
	if (wanted > room)
		wanted = room;
	return wanted < TAKE_ENTRIES ? wanted : TAKE_ENTRIES;
}

/* Sorts the schedules that are due into those to take and those to put off. */
static size_t sort_schedules(struct queue *queue, struct shard *shard,
	const struct redis_reply *list, struct call *taking, struct call *postponing)
{
	int64_t now_ms = worker_wall_ms();
	size_t room = TAKE_ENTRIES, skipped = 0;

	for (size_t i = 0; i + 1 < redis_reply_count(list); i += 2) {
		struct slice name = redis_reply_text(redis_reply_at(list, i));
		struct schedule schedule = schedule_of_name(name);
		size_t waiting = (size_t)reply_number(redis_reply_at(list, i + 1), 0);
		size_t wanted = 0;

		if (!take_is_postponed(queue, schedule.domain))
			wanted = take_wanted_now(queue, &schedule);
		if (queue->stalled || (wanted && room == 0)) {
			skipped++;
			continue;
		}
		if (wanted == 0) {
			take_note_backlog(queue, &schedule, shard);
			call_add_copy(postponing, name);
			call_add_number(
				postponing, take_look_ms(queue, &schedule, now_ms));
			continue;
		}
		if (wanted > room)
			wanted = room;
		room -= waiting < wanted ? waiting : wanted;
		call_add_copy(taking, name);
		call_add_number(taking, (int64_t)wanted);
	}
	return skipped;
}

static void note_next(
	struct queue *queue, struct shard *shard, const struct redis_reply *reply)
{
	for (size_t i = 1; i < 3; i++) {
		int64_t at_ms = reply_number(redis_reply_at(reply, i), -1);

		if (at_ms >= 0 && at_ms < shard->next_due_ms)
			shard->next_due_ms = at_ms;
	}
}

bool take_due(struct queue *queue, struct shard *shard)
{
	struct redis_reply *reply = NULL, *done = NULL;
	const struct redis_reply *list;
	struct call call, taking, postponing;
	size_t none, skipped;
	bool more;

	call_begin(&call, shard, "due");
	call_add_number(&call, DUE_SCHEDULES);
	if (!call_run(queue, shard, &call, &reply, deadline_after_ms(CALL_LIMIT_MS))) {
		shard->next_due_ms = worker_wall_ms() + AGAIN_MS;
		return false;
	}
	note_next(queue, shard, reply);
	list = redis_reply_at(reply, 0);
	call_begin(&taking, shard, "take");
	call_begin(&postponing, shard, "postpone");
	none = taking.count;
	skipped = sort_schedules(queue, shard, list, &taking, &postponing);
	/* What was taken in part is due again at once: it comes up once more. */
	more = redis_reply_count(list) == 2 * DUE_SCHEDULES || skipped > 0 ||
	       taking.count > none;
	redis_reply_free(&reply);
	if (more)
		shard->next_due_ms = worker_wall_ms();
	if (postponing.count == none)
		call_finish(&postponing);
	else
		call_run(queue, shard, &postponing, &done,
			deadline_after_ms(CALL_LIMIT_MS));
	redis_reply_free(&done);
	if (taking.count == none) {
		call_finish(&taking);
		return false;
	}
	reply = take_call(queue, shard, &taking);
	if (reply)
		shard->looked_us = 0;
	redis_reply_free(&reply);
	return true;
}
