/*
 * Taking: what is due goes to the taker, as much of each destination as it
 * wants (Q2, Q4 -> Q3).
 *
 * A destination that nobody wants now keeps its place: the time it is looked
 * at is put off, and where its entries wait is remembered, so that the taker's
 * queue_want goes straight there.
 */
#include <stdio.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define DUE_DOMAINS   64  /* looked at in one call */
#define TAKE_ENTRIES  200 /* taken in one call */
#define CALL_LIMIT_MS 30000
#define AGAIN_MS      1000 /* after Redis refused */
#define UNWANTED_MS   5000
#define POSTPONE_MOST (15 * 60 * 1000)
#define BACKLOGS_MAX  4096
#define POSTPONED_MAX 65536
#define WANTED_MAX    65536
#define ELSEWHERE_MS  60000

/* The shards where more of a domain waits. */
struct backlog {
	uint64_t shards[SHARD_MAX / 64];
};

int64_t take_postponed_ms(struct queue *queue, struct slice domain, int64_t now_ms)
{
	int64_t until = (int64_t)(intptr_t)map_find(&queue->postponed, domain);

	if (until && until <= now_ms) {
		map_remove(&queue->postponed, domain);
		return 0;
	}
	return until;
}

int64_t take_look_ms(struct queue *queue, struct slice domain, int64_t now_ms)
{
	int64_t until = take_postponed_ms(queue, domain, now_ms);

	if (until == 0)
		return now_ms + UNWANTED_MS + (int64_t)random_below(UNWANTED_MS);
	return until < now_ms + POSTPONE_MOST ? until : now_ms + POSTPONE_MOST;
}

static void note_backlog(struct queue *queue, struct slice domain, unsigned shard)
{
	struct backlog *backlog = map_find(&queue->backlogs, domain);

	if (!backlog) {
		if (queue->backlogs.count >= BACKLOGS_MAX)
			return;
		backlog = NEW(struct backlog);
		map_set(&queue->backlogs, domain, backlog);
	}
	backlog->shards[shard / 64] |= UINT64_C(1) << shard % 64;
}

void take_note_backlog(struct queue *queue, struct slice domain, struct shard *shard)
{
	int64_t now_ms = worker_wall_ms();

	note_backlog(queue, domain, shard->index);
	keep_soon(queue, shard, take_look_ms(queue, domain, now_ms));
}

void take_finish(struct queue *queue)
{
	struct map_cursor cursor = {0};
	struct slice domain;
	void *backlog;

	while (map_next(&queue->backlogs, &cursor, &domain, &backlog))
		memory_free(backlog);
	map_finish(&queue->backlogs);
	map_finish(&queue->wanted);
	map_finish(&queue->postponed);
}

/* What cannot be understood is held, never dropped. */
static void hold_damaged(
	struct queue *queue, struct shard *shard, struct slice key, struct slice packed)
{
	struct redis_reply *reply = NULL;
	struct event event;
	struct call call;
	size_t size = packed.size > 1 ? (unsigned char)packed.at[1] : 0;

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
	call_add(&call, slice_part(packed, 2, size));
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

/* Finishes CALL. Entries taken, or SIZE_MAX when nobody knows. */
static size_t take(struct queue *queue, struct shard *shard, struct call *call)
{
	struct redis_reply *reply = NULL;
	size_t count;

	if (!call_run(queue, shard, call, &reply, deadline_after_ms(CALL_LIMIT_MS))) {
		recover_again(shard);
		return SIZE_MAX;
	}
	count = redis_reply_count(reply) / 2;
	for (size_t i = 0; i < count && shard->owned; i++)
		take_entry(queue, shard, redis_reply_text(redis_reply_at(reply, 2 * i)),
			redis_reply_text(redis_reply_at(reply, 2 * i + 1)));
	redis_reply_free(&reply);
	return count;
}

/* How many of DOMAIN may come now. */
static size_t wanted_now(struct queue *queue, struct slice domain)
{
	size_t room = QUEUE_ACTIVE_MAX - queue->active, wanted;

	if (queue->active >= QUEUE_ACTIVE_MAX ||
		queue->active_bytes >= queue->active_bytes_max) {
		queue->stalled = true;
		return 0;
	}
	if (!queue->taker.wanted)
		return 0;
	wanted = queue->taker.wanted(queue->taker.context, domain);
	if (wanted > room)
		wanted = room;
	return wanted < TAKE_ENTRIES ? wanted : TAKE_ENTRIES;
}

/* Sorts the domains that are due into those to take and those to put off. */
static size_t sort_domains(struct queue *queue, struct shard *shard,
	const struct redis_reply *list, struct call *taking, struct call *postponing)
{
	int64_t now_ms = worker_wall_ms();
	size_t room = TAKE_ENTRIES, skipped = 0;

	for (size_t i = 0; i + 1 < redis_reply_count(list); i += 2) {
		struct slice domain = redis_reply_text(redis_reply_at(list, i));
		size_t waiting = (size_t)reply_number(redis_reply_at(list, i + 1), 0);
		size_t wanted = 0;

		if (take_postponed_ms(queue, domain, now_ms) == 0)
			wanted = wanted_now(queue, domain);
		if (queue->stalled || (wanted && room == 0)) {
			skipped++;
			continue;
		}
		if (wanted == 0) {
			call_add_copy(postponing, domain);
			call_add_number(
				postponing, take_look_ms(queue, domain, now_ms));
			take_note_backlog(queue, domain, shard);
			continue;
		}
		if (wanted > room)
			wanted = room;
		room -= waiting < wanted ? waiting : wanted;
		call_add_copy(taking, domain);
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
	call_add_number(&call, DUE_DOMAINS);
	if (!call_run(queue, shard, &call, &reply, deadline_after_ms(CALL_LIMIT_MS))) {
		shard->next_due_ms = worker_wall_ms() + AGAIN_MS;
		return false;
	}
	note_next(queue, shard, reply);
	list = redis_reply_at(reply, 0);
	call_begin(&taking, shard, "take");
	call_begin(&postponing, shard, "postpone");
	none = taking.count;
	skipped = sort_domains(queue, shard, list, &taking, &postponing);
	/* What was taken in part is due again at once: it comes up once more. */
	more = redis_reply_count(list) == 2 * DUE_DOMAINS || skipped > 0 ||
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
	if (take(queue, shard, &taking) != SIZE_MAX)
		shard->looked_us = 0;
	return true;
}

/* What waits of DOMAIN in SHARD; false: there may be more. */
static bool take_backlog(struct queue *queue, struct shard *shard, struct slice domain)
{
	size_t wanted = wanted_now(queue, domain);
	struct call call;

	if (wanted == 0)
		return false;
	call_begin(&call, shard, "take");
	call_add(&call, domain);
	call_add_number(&call, (int64_t)wanted);
	return take(queue, shard, &call) < wanted;
}

/* Unless more came to wait meanwhile. */
static void drop_backlog(struct queue *queue, struct slice domain)
{
	struct backlog *backlog = map_find(&queue->backlogs, domain);

	for (size_t i = 0; backlog && i < ARRAY_COUNT(backlog->shards); i++)
		if (backlog->shards[i])
			return;
	memory_free(map_remove(&queue->backlogs, domain));
}

static void take_domain(struct queue *queue, struct slice domain)
{
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		struct shard *shard = &queue->shards[i];
		struct backlog *backlog = map_find(&queue->backlogs, domain);
		uint64_t bit = UINT64_C(1) << i % 64;

		if (!backlog)
			return;
		if (!(backlog->shards[i / 64] & bit) || !shard_is_usable(queue, shard))
			continue;
		/* Before the call: what comes to wait meanwhile sets it again. */
		backlog->shards[i / 64] &= ~bit;
		if (!take_backlog(queue, shard, domain)) {
			note_backlog(queue, domain, i);
			return;
		}
	}
	drop_backlog(queue, domain);
}

bool take_wanted(struct queue *queue)
{
	bool busy = false;

	while (queue->wanted.count && !queue->closing && !queue->stalled) {
		struct map_cursor cursor = {0};
		struct slice key;
		char text[256];
		void *value;

		map_next(&queue->wanted, &cursor, &key, &value);
		if (slice_to_text(key, text, sizeof(text))) {
			map_remove(&queue->wanted, slice_of(text));
			take_domain(queue, slice_of(text));
			busy = true;
		} else {
			map_remove(&queue->wanted, key);
		}
	}
	return busy;
}

void queue_want(struct queue *queue, struct slice domain)
{
	if (!map_find(&queue->backlogs, domain) || queue->wanted.count >= WANTED_MAX)
		return;
	map_set(&queue->wanted, domain, queue);
	condition_signal(&queue->keep);
}

static void drop_passed(struct queue *queue, int64_t now_ms)
{
	struct map_cursor cursor = {0};
	struct slice domain;
	void *until;

	while (map_next(&queue->postponed, &cursor, &domain, &until))
		if ((int64_t)(intptr_t)until <= now_ms)
			map_remove(&queue->postponed, domain);
}

void queue_postpone(struct queue *queue, struct slice domain, int64_t until_ms)
{
	int64_t now_ms = worker_wall_ms();

	if (until_ms <= now_ms) {
		map_remove(&queue->postponed, domain);
		queue_want(queue, domain);
		return;
	}
	if (queue->postponed.count >= POSTPONED_MAX)
		drop_passed(queue, now_ms);
	if (queue->postponed.count < POSTPONED_MAX ||
		map_find(&queue->postponed, domain))
		map_set(&queue->postponed, domain, (void *)(intptr_t)until_ms);
}
