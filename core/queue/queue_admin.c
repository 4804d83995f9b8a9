/*
 * The operator's hand on the queue: retry, hold, release, drop; and figures.
 *
 * Acting first collects the keys, then works through them in parts, so that
 * what moves under it is neither missed nor met twice. What is being delivered
 * is marked; it happens when it is settled.
 */
#include "queue/queue_admin.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"
#include "queue/queue_walk.h"

#define KEYS_MAX     1000000
#define PART	     100
#define DOMAINS_SEEN 200 /* of each shard, for the counts */

struct key {
	char text[24];
};

struct acting {
	struct queue *queue;
	enum queue_action action;
	struct key *keys;
	size_t count, capacity;
	uint64_t changed;
};

static const char *action_name(enum queue_action action)
{
	static const char *const names[] = {"retry", "hold", "release", "drop"};

	return names[action];
}

static bool collect(void *context, const struct queue_item *item)
{
	struct acting *acting = context;
	char text[32];

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
	event_text(&event, "action", slice_of(action_name(acting->action)));
	event_text(&event, "id", key);
	event_text(&event, "to", domain);
	event_end(&event);
}

/* In memory: at its settlement. */
static void mark(struct acting *acting, struct entry *entry, struct slice key)
{
	if (acting->action == QUEUE_RELEASE)
		return;
	entry->marks.action = (unsigned char)(acting->action + 1);
	acting->changed++;
	tell(acting, key, entry->domain);
}

/* ENTRY NULL: one that cannot be understood. */
static void changed(struct acting *acting, struct shard *shard, struct slice key,
	const struct entry *entry)
{
	struct queue *queue = acting->queue;

	acting->changed++;
	tell(acting, key, entry ? entry->domain : SLICE_EMPTY);
	if (entry && acting->action == QUEUE_DROP)
		active_uncount_body(queue, shard, key, entry);
	if (acting->action == QUEUE_RETRY || acting->action == QUEUE_RELEASE) {
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
	call_add(&call, slice_of(action_name(acting->action)));
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

bool queue_act(struct queue *queue, enum queue_action action,
	const struct queue_selector *selector, uint64_t *changed_r,
	struct deadline deadline)
{
	struct acting acting = {.queue = queue, .action = action};
	struct walk walk = {.queue = queue,
		.selector = selector,
		.visit = collect,
		.context = &acting};
	bool good = walk_all(&walk, deadline) && act_on_all(&acting, deadline);

	*changed_r = acting.changed;
	memory_free(acting.keys);
	if (good && acting.count >= KEYS_MAX)
		return fail(FAILURE_LIMIT,
			"%d entries were looked at, there are more: do it again",
			KEYS_MAX);
	return good;
}

/* ---- Figures ---- */

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
