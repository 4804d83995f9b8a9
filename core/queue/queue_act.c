/*
 * The operator's hand on the queue: retry, hold, release, drop, rebind.
 *
 * Acting first collects the keys, then works through them in parts, so that
 * what moves under it is neither missed nor met twice. What is being delivered
 * is marked; it happens when it is settled.
 */
#include "queue/queue_admin.h"

#include "base/buffer.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
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
		"retry", "hold", "release", "drop", "rebind"};

	return names[action - QUEUE_RETRY];
}

/* Whether the action changes anything about it. */
static bool concerns(const struct acting *acting, const struct queue_item *item)
{
	switch (acting->wish->action) {
	case QUEUE_RETRY:
		return item->state != QUEUE_HELD;
	case QUEUE_HOLD:
		return item->state != QUEUE_HELD;
	case QUEUE_RELEASE:
		return item->state == QUEUE_HELD;
	case QUEUE_DROP:
	case QUEUE_REBIND:
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
	event_end(&event);
}

/* ENTRY NULL: one that cannot be understood. */
static void tell_all(
	const struct acting *acting, struct slice key, const struct entry *entry)
{
	static const struct slice reason = {"operator", sizeof("operator") - 1};

	tell(acting, key, entry ? entry->domain : SLICE_EMPTY);
	if (!entry)
		return;
	if (acting->wish->action == QUEUE_HOLD)
		happened_to_all(entry, EVENTS_HELD, reason);
	else if (acting->wish->action == QUEUE_RELEASE)
		happened_to_all(entry, EVENTS_RELEASED, reason);
	else if (acting->wish->action == QUEUE_DROP)
		happened_to_all(entry, EVENTS_DROPPED, reason);
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

/* In memory: at its settlement. */
static void mark(struct acting *acting, struct entry *entry, struct slice key)
{
	if (acting->wish->action == QUEUE_RELEASE)
		return;
	if (acting->wish->action == QUEUE_REBIND)
		bind(acting, entry);
	else
		entry->marks.action = (unsigned char)acting->wish->action;
	acting->changed++;
	tell_all(acting, key, entry);
}

static void changed(struct acting *acting, struct shard *shard, struct slice key,
	const struct entry *entry)
{
	struct queue *queue = acting->queue;

	acting->changed++;
	tell_all(acting, key, entry);
	if (entry && acting->wish->action == QUEUE_DROP)
		active_uncount_body(queue, shard, key, entry);
	if (acting->wish->action == QUEUE_RETRY ||
		acting->wish->action == QUEUE_RELEASE) {
		if (entry)
			queue_postpone(queue, entry->domain, 0);
		keep_soon(queue, shard, worker_wall_ms());
	}
}

static bool act_on_found(struct acting *acting, struct shard *shard,
	const struct redis_reply *found, struct deadline deadline)
{
	size_t count = redis_reply_count(found) / 3;
	struct entry *entries[PART] = {NULL};
	struct redis_reply *reply = NULL;
	struct call call;
	bool good;

	call_begin(&call, shard, "act");
	call_add(&call, slice_of(action_name(acting->wish->action)));
	for (size_t i = 0; i < count; i++) {
		struct slice key = redis_reply_text(redis_reply_at(found, 3 * i));

		entries[i] = entry_unpack(acting->queue->bodies, key,
			redis_reply_text(redis_reply_at(found, 3 * i + 1)));
		call_add(&call, key);
		call_add(&call, slice_part(key, 0, MESSAGE_ID_SIZE));
		call_add_number(&call,
			entries[i] ? (int64_t)body_key_count(entries[i]->message->body)
				   : 0);
	}
	good = call_run(acting->queue, shard, &call, &reply, deadline);
	for (size_t i = 0; i < count; i++) {
		if (good && reply_number(redis_reply_at(reply, i), 0) == 1)
			changed(acting, shard,
				redis_reply_text(redis_reply_at(found, 3 * i)),
				entries[i]);
		entry_destroy(&entries[i]);
	}
	redis_reply_free(&reply);
	return good;
}

/* What each is packed as once it is bound: only those still as they were found
 * are changed. */
static bool bind_found(struct acting *acting, struct shard *shard,
	const struct redis_reply *found, struct deadline deadline)
{
	size_t count = redis_reply_count(found) / 3;
	struct redis_reply *reply = NULL;
	struct buffer packed = {0};
	struct call call;
	bool good;

	call_begin(&call, shard, "move");
	for (size_t i = 0; i < count; i++) {
		struct slice key = redis_reply_text(redis_reply_at(found, 3 * i));
		struct slice old = redis_reply_text(redis_reply_at(found, 3 * i + 1));
		struct entry *entry = entry_unpack(acting->queue->bodies, key, old);

		buffer_clear(&packed);
		if (entry)
			bind(acting, entry);
		if (entry && entry_pack(entry, &packed)) {
			call_add(&call, key);
			call_add(&call, old);
			call_add_copy(&call, buffer_contents(&packed));
		}
		entry_destroy(&entry);
	}
	buffer_finish(&packed);
	good = call_run(acting->queue, shard, &call, &reply, deadline);
	for (size_t i = 0; good && i < redis_reply_count(reply); i++)
		acting->changed += reply_number(redis_reply_at(reply, i), 0) == 1;
	redis_reply_free(&reply);
	return good;
}

/* Keys of one shard. */
static bool act_on_keys(struct acting *acting, struct shard *shard,
	const struct key *keys, size_t count, struct deadline deadline)
{
	struct redis_reply *found = NULL;
	struct call call;
	bool good;

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
	good = acting->wish->action == QUEUE_REBIND
		       ? bind_found(acting, shard, found, deadline)
		       : act_on_found(acting, shard, found, deadline);
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
	if (again)
		return fail(FAILURE_LIMIT,
			"%d entries were looked at, there are more: do it again",
			KEYS_MAX);
	return good;
}
