/*
 * The operator's hand on the queue, and the sender's: retry, hold, release, drop,
 * rebind, reschedule.
 *
 * Acting first collects the keys, then works through them in parts, so that
 * what moves under it is neither missed nor met twice. What is being delivered
 * is marked; it happens when it is settled. What is just being settled is waited
 * for: then it is known where it stands.
 */
#include "queue/queue_admin.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/events.h"
#include "queue/happened.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"
#include "queue/queue_walk.h"

#define KEYS_MAX 1000000
#define PART	 100

struct key {
	char text[24];
};

struct acting {
	struct queue *queue;
	const struct queue_wish *wish;
	struct key *keys;
	size_t count, capacity;
	uint64_t changed;
};

static const char *action_name(enum queue_action action)
{
	static const char *const names[] = {
		"retry", "hold", "release", "drop", "rebind", "reschedule"};

	return names[action - QUEUE_RETRY];
}

/* Whether the action changes anything about it. */
static bool concerns(const struct acting *acting, const struct queue_item *item)
{
	switch (acting->wish->action) {
	case QUEUE_RETRY:
		return item->state != QUEUE_HELD;
	case QUEUE_HOLD: /* what is held until a time, too */
		return item->state != QUEUE_HELD || item->entry->due_ms;
	case QUEUE_RELEASE:
		return item->state == QUEUE_HELD;
	case QUEUE_DROP:
	case QUEUE_REBIND:
	case QUEUE_RESCHEDULE:
		return true;
	}
	return false;
}

static bool collect(void *context, const struct queue_item *item)
{
	struct acting *acting = context;
	char text[32];

	if (!concerns(acting, item))
		return true;
	if (acting->wish->dry_run) {
		acting->changed++;
		return true;
	}
	if (acting->count == acting->capacity) {
		acting->capacity = acting->capacity ? 2 * acting->capacity : 64;
		acting->keys = memory_resize(
			acting->keys, acting->capacity * sizeof(struct key));
	}
	slice_to_text(entry_key(item->entry, text), acting->keys[acting->count].text,
		sizeof(struct key));
	return ++acting->count < KEYS_MAX;
}

static void tell(const struct acting *acting, struct slice key, struct slice domain)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "queue_action");
	event_text(&event, "action", slice_of(action_name(acting->wish->action)));
	event_text(&event, "id", key);
	event_text(&event, "to", domain);
	if (acting->wish->by_sender)
		event_truth(&event, "by_sender", true);
	event_end(&event);
}

/* To applications; what is being delivered tells it when it happens. */
static void tell_applications(const struct acting *acting, const struct entry *entry)
{
	const struct queue_wish *wish = acting->wish;
	struct slice reason = slice_of(wish->by_sender ? "sender" : "operator");

	if (wish->action == QUEUE_HOLD)
		happened_to_all(entry, EVENTS_HELD, reason);
	else if (wish->action == QUEUE_RELEASE)
		happened_to_all(entry, EVENTS_RELEASED, reason);
	else if (wish->action == QUEUE_DROP)
		happened_to_all(entry, EVENTS_DROPPED, reason);
	else if (wish->action == QUEUE_RESCHEDULE)
		happened_rescheduled(entry, wish->due_ms, reason);
}

static void told(
	const struct acting *acting, const struct entry *entry, enum queue_told how)
{
	if (acting->wish->told)
		acting->wish->told(acting->wish->context, entry, how);
}

static void bind(const struct acting *acting, struct entry *entry)
{
	const struct queue_wish *wish = acting->wish;

	if (wish->pool)
		entry->pool = arena_copy(&entry->arena, *wish->pool);
	if (wish->route)
		entry->route = arena_copy(&entry->arena, *wish->route);
	entry->marks.rebound = true;
}

/* False: it would be over by then. */
static bool put_time(const struct acting *acting, struct entry *entry)
{
	const struct queue_wish *wish = acting->wish;
	struct envelope *envelope = &entry->message->envelope;
	int64_t now_ms = worker_wall_ms();
	int64_t due_ms = wish->due_ms > now_ms ? wish->due_ms : now_ms;
	char text[CLOCK_TEXT_SIZE];
	struct attempt_note note = {.at_ms = now_ms};

	if (!entry->attempts)
		envelope->expires_ms = due_ms + wish->expire_ms;
	if (envelope->expires_ms <= due_ms)
		return false;
	note.answer = arena_format(&entry->arena, "held until %.*s, as its %s asked",
		SLICE_PRINT(clock_format_iso(due_ms, text)),
		wish->by_sender ? "sender" : "operator");
	entry_add_note(entry, &note);
	return true;
}

/* In memory: at its settlement. */
static void mark(struct acting *acting, struct entry *entry, struct slice key)
{
	enum queue_action action = acting->wish->action;

	if (action == QUEUE_RELEASE || action == QUEUE_RESCHEDULE) {
		told(acting, entry, QUEUE_TOLD_NOT);
		return;
	}
	if (action == QUEUE_REBIND)
		bind(acting, entry);
	else
		entry->marks.action = (unsigned char)action;
	entry->marks.by_sender = acting->wish->by_sender;
	acting->changed++;
	tell(acting, key, entry->domain);
	told(acting, entry, QUEUE_TOLD_LATER);
}

static void changed(struct acting *acting, struct shard *shard, struct slice key,
	const struct entry *entry)
{
	struct queue *queue = acting->queue;
	const struct queue_wish *wish = acting->wish;
	int64_t now_ms = worker_wall_ms(), due_ms = now_ms;

	acting->changed++;
	if (wish->action == QUEUE_REBIND)
		return;
	tell(acting, key, entry ? entry->domain : SLICE_EMPTY);
	if (entry)
		tell_applications(acting, entry);
	told(acting, entry, QUEUE_TOLD_DONE);
	if (wish->action == QUEUE_DROP && entry)
		active_uncount_body(queue, shard, key, entry);
	if (wish->action == QUEUE_DROP || wish->action == QUEUE_HOLD)
		return;
	if (wish->action == QUEUE_RESCHEDULE && wish->due_ms > now_ms)
		due_ms = wish->due_ms;
	else if (entry)
		queue_postpone(queue, entry->domain, 0);
	keep_soon(queue, shard, due_ms);
}

/* What a call says of COUNT entries: those it did not touch may have come into
 * memory meanwhile. KEYS: of the reply FOUND. */
static void hear(struct acting *acting, struct shard *shard, struct entry **entries,
	const struct redis_reply *found, const struct redis_reply *reply)
{
	for (size_t i = 0; i < redis_reply_count(reply); i++) {
		struct slice key = redis_reply_text(redis_reply_at(found, 3 * i));
		struct entry *taken = map_find(&shard->active, key);

		if (reply_number(redis_reply_at(reply, i), 0) == 1)
			changed(acting, shard, key, entries[i]);
		else if (taken && taken->marks.settle == SETTLE_NOT)
			mark(acting, taken, key);
		else
			told(acting, entries[i], QUEUE_TOLD_NOT);
	}
}

static void add_act(struct call *call, struct slice key, const struct entry *entry)
{
	call_add(call, key);
	call_add(call, slice_part(key, 0, MESSAGE_ID_SIZE));
	call_add_number(
		call, entry ? (int64_t)body_key_count(entry->message->body) : 0);
}

/* What it is packed as once it is another: only one still as it was found is
 * changed. One that cannot be stays as it is. */
static void add_rewritten(const struct acting *acting, struct call *call,
	struct slice key, struct slice old, struct entry *entry)
{
	bool binds = acting->wish->action == QUEUE_REBIND;
	struct buffer packed = {0};

	if (entry && binds)
		bind(acting, entry);
	call_add(call, key);
	if (entry && (binds || put_time(acting, entry)) && entry_pack(entry, &packed))
		call_add(call, old);
	else
		call_add(call, SLICE_EMPTY); /* none is like that */
	call_add_copy(call, buffer_contents(&packed));
	buffer_finish(&packed);
}

static bool act_on_found(struct acting *acting, struct shard *shard,
	const struct redis_reply *found, struct deadline deadline)
{
	enum queue_action action = acting->wish->action;
	bool rewrites = action == QUEUE_REBIND || action == QUEUE_RESCHEDULE;
	size_t count = redis_reply_count(found) / 3;
	struct entry *entries[PART] = {NULL};
	struct redis_reply *reply = NULL;
	struct call call;
	bool good;

	call_begin(&call, shard,
		action == QUEUE_REBIND ? "move"
		: rewrites	       ? "reschedule"
				       : "act");
	if (rewrites && action != QUEUE_REBIND)
		call_add_number(&call, acting->wish->due_ms);
	else if (!rewrites)
		call_add(&call, slice_of(action_name(action)));
	for (size_t i = 0; i < count; i++) {
		struct slice key = redis_reply_text(redis_reply_at(found, 3 * i));
		struct slice old = redis_reply_text(redis_reply_at(found, 3 * i + 1));

		entries[i] = entry_unpack(acting->queue->bodies, key, old);
		if (rewrites)
			add_rewritten(acting, &call, key, old, entries[i]);
		else
			add_act(&call, key, entries[i]);
	}
	good = call_run(acting->queue, shard, &call, &reply, deadline);
	if (good)
		hear(acting, shard, entries, found, reply);
	for (size_t i = 0; i < count; i++)
		entry_destroy(&entries[i]);
	redis_reply_free(&reply);
	return good;
}

/* Waits until none of them is just being settled. */
static bool await_settled(struct acting *acting, struct shard *shard,
	const struct key *keys, size_t count, struct deadline deadline)
{
	for (size_t i = 0; i < count;) {
		const struct entry *entry = map_find(
			&shard->active, slice_of(keys[i].text));

		i++;
		if (!entry || entry->marks.settle == SETTLE_NOT)
			continue;
		if (!condition_wait(&acting->queue->settled, deadline))
			return false;
		i = 0;
	}
	return true;
}

/* Keys of one shard. */
static bool act_on_keys(struct acting *acting, struct shard *shard,
	const struct key *keys, size_t count, struct deadline deadline)
{
	struct redis_reply *found = NULL;
	struct call call;
	bool good;

	if (!await_settled(acting, shard, keys, count, deadline))
		return false;
	call_begin(&call, shard, "find");
	for (size_t i = 0; i < count; i++) {
		struct slice key = slice_of(keys[i].text);
		struct entry *entry = map_find(&shard->active, key);

		if (entry)
			mark(acting, entry, key);
		else
			call_add(&call, key);
	}
	if (!call_run(acting->queue, shard, &call, &found, deadline))
		return false;
	good = act_on_found(acting, shard, found, deadline);
	redis_reply_free(&found);
	return good;
}

static unsigned shard_of(const struct key *key)
{
	struct message_id id;
	unsigned index;

	return entry_key_parse(slice_of(key->text), &id, &index) ? message_id_shard(&id)
								 : 0;
}

static bool act_on_all(struct acting *acting, struct deadline deadline)
{
	size_t at = 0;

	while (at < acting->count) {
		unsigned shard = shard_of(&acting->keys[at]);
		size_t count = 1;

		while (at + count < acting->count && count < PART &&
			shard_of(&acting->keys[at + count]) == shard)
			count++;
		if (!act_on_keys(acting, queue_shard(acting->queue, shard),
			    acting->keys + at, count, deadline))
			return false;
		at += count;
	}
	return true;
}

bool queue_act(struct queue *queue, const struct queue_wish *wish,
	const struct queue_selector *selector, uint64_t *changed_r,
	struct deadline deadline)
{
	struct acting acting = {.queue = queue, .wish = wish};
	struct walk walk = {.queue = queue,
		.selector = selector,
		.visit = collect,
		.context = &acting};
	bool good, again;

	do { /* what was dropped is not met again */
		acting.count = 0;
		walk.stopped = false;
		good = walk_all(&walk, deadline) && act_on_all(&acting, deadline);
		again = good && acting.count >= KEYS_MAX;
	} while (again && wish->action == QUEUE_DROP);
	*changed_r = acting.changed;
	memory_free(acting.keys);
	events_await(deadline); /* if not now, then later: it is done all the same */
	if (again)
		return fail(FAILURE_LIMIT,
			"%d entries were looked at, there are more: do it again",
			KEYS_MAX);
	return good;
}
