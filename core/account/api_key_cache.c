/*
 * A worker's memory of API keys. Ids that are nobody's are remembered apart, so that
 * guessing does not push keys out.
 */
#include "account/api_key.h"

#include "account/account_cache.h"
#include "base/failure.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "run/worker.h"

enum { KNOWN, UNKNOWN, KINDS };

struct cached {
	struct link link; /* oldest reading first */
	struct arena arena;
	struct api_key key; /* of an unknown one only the id */
	int kind;
	int64_t read_us;
	uint64_t changes; /* api_key_changes() before that */
};

struct api_key_cache {
	struct redis *redis;
	struct map by_id;
	struct list ages[KINDS];
	size_t counts[KINDS];
};

static void forget(struct api_key_cache *cache, struct cached *cached)
{
	map_remove(&cache->by_id, cached->key.id);
	list_remove(&cached->link);
	cache->counts[cached->kind]--;
	arena_finish(&cached->arena);
	memory_free(cached);
}

struct api_key_cache *api_key_cache_create(struct redis *redis)
{
	struct api_key_cache *cache = NEW(struct api_key_cache);

	cache->redis = redis;
	for (int kind = 0; kind < KINDS; kind++)
		list_init(&cache->ages[kind]);
	return cache;
}

void api_key_cache_destroy(struct api_key_cache **cache)
{
	struct api_key_cache *old = *cache;

	*cache = NULL;
	if (!old)
		return;
	for (int kind = 0; kind < KINDS; kind++)
		while (!list_is_empty(&old->ages[kind]))
			forget(old, LIST_FIRST(&old->ages[kind], struct cached, link));
	map_finish(&old->by_id);
	memory_free(old);
}

static bool is_younger(const struct cached *cached, int64_t ms)
{
	return worker_now_us() - cached->read_us < ms * 1000;
}

static bool is_fresh(const struct cached *cached)
{
	return cached->changes == api_key_changes() &&
	       is_younger(cached,
		       cached->kind == KNOWN ? ACCOUNT_FRESH_MS : ACCOUNT_UNKNOWN_MS);
}

static void insert(struct api_key_cache *cache, struct cached *cached)
{
	struct list *ages = &cache->ages[cached->kind];
	struct cached *old = map_find(&cache->by_id, cached->key.id);

	if (old)
		forget(cache, old);
	if (cache->counts[cached->kind] == ACCOUNT_CACHE_MAX)
		forget(cache, LIST_FIRST(ages, struct cached, link));
	cached->read_us = worker_now_us();
	map_set(&cache->by_id, cached->key.id, cached);
	list_append(ages, &cached->link);
	cache->counts[cached->kind]++;
}

/* Asks Redis and remembers the answer; NULL when there was none. */
static struct cached *read_anew(
	struct api_key_cache *cache, struct slice id, struct deadline deadline)
{
	struct cached *fresh = NEW(struct cached);

	fresh->changes = api_key_changes();
	if (!api_key_read(cache->redis, id, &fresh->arena, &fresh->key, deadline)) {
		if (failure_kind_last() != FAILURE_DATA) {
			arena_finish(&fresh->arena);
			memory_free(fresh);
			return NULL;
		}
		fresh->kind = UNKNOWN;
		fresh->key.id = arena_copy(&fresh->arena, id);
	}
	insert(cache, fresh);
	return fresh;
}

static void copy(struct api_key *to, const struct api_key *from, struct arena *arena)
{
	*to = *from;
	to->id = arena_copy(arena, from->id);
	to->name = arena_copy(arena, from->name);
	to->tenant = arena_copy(arena, from->tenant);
	to->senders = arena_take_array(arena, from->sender_count, sizeof(*to->senders));
	for (size_t i = 0; i < from->sender_count; i++)
		to->senders[i] = arena_copy(arena, from->senders[i]);
}

bool api_key_cache_read(struct api_key_cache *cache, struct slice id,
	struct arena *arena, struct api_key *key_r, struct deadline deadline)
{
	struct cached *cached = map_find(&cache->by_id, id);

	if (!cached || !is_fresh(cached))
		cached = read_anew(cache, id, deadline);
	if (!cached) { /* no answer: what was known of late still holds */
		cached = map_find(&cache->by_id, id);
		if (failure_kind_last() == FAILURE_CANCELLED || !cached ||
			!is_younger(cached, ACCOUNT_STALE_MS))
			return false;
	}
	if (cached->kind == UNKNOWN)
		return fail(FAILURE_DATA, "there is no API key %.*s", SLICE_PRINT(id));
	copy(key_r, &cached->key, arena);
	return true;
}
