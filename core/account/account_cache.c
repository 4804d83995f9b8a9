/*
 * A worker's memory of accounts. Names that have no account are remembered
 * apart, so that guessing names does not push accounts out.
 */
#include "account/account_cache.h"

#include <assert.h>
#include <string.h>

#include "base/failure.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "run/worker.h"

enum { KNOWN, UNKNOWN, KINDS };

struct cached {
	struct link link; /* in ages[kind], oldest reading first */
	struct arena arena;
	struct account account; /* of an unknown one only the name */
	int kind;
	int64_t read_us;
	uint64_t changes; /* account_changes() before that */
};

struct account_cache {
	struct redis *redis;
	struct map by_name;
	struct list ages[KINDS];
	size_t counts[KINDS];
	uint8_t secret[ACCOUNT_SECRET_SIZE];
	bool has_secret;
};

static bool answer(
	const struct cached *cached, struct arena *arena, struct account *account_r);
static bool is_fresh(const struct cached *cached);
static bool is_younger(const struct cached *cached, int64_t ms);
static struct cached *read_anew(
	struct account_cache *cache, struct slice name, struct deadline deadline);
static void insert(struct account_cache *cache, struct cached *cached);
static void forget(struct account_cache *cache, struct cached *cached);
static void cached_destroy(struct cached *cached);
static void copy(struct account *to, const struct account *from, struct arena *arena);

struct account_cache *account_cache_create(struct redis *redis)
{
	struct account_cache *cache = NEW(struct account_cache);

	cache->redis = redis;
	for (int kind = 0; kind < KINDS; kind++)
		list_init(&cache->ages[kind]);
	return cache;
}

void account_cache_destroy(struct account_cache **cache)
{
	struct account_cache *old = *cache;

	*cache = NULL;
	if (!old)
		return;
	for (int kind = 0; kind < KINDS; kind++)
		while (!list_is_empty(&old->ages[kind]))
			forget(old, LIST_FIRST(&old->ages[kind], struct cached, link));
	map_finish(&old->by_name);
	memory_wipe(old, sizeof(*old));
	memory_free(old);
}

bool account_cache_read(struct account_cache *cache, struct slice name,
	struct arena *arena, struct account *account_r, struct deadline deadline)
{
	const struct cached *cached = map_find(&cache->by_name, name);

	if (cached && is_fresh(cached))
		return answer(cached, arena, account_r);
	cached = read_anew(cache, name, deadline);
	if (cached)
		return answer(cached, arena, account_r);
	/* No answer: what was known of late still holds. */
	cached = map_find(&cache->by_name, name);
	if (failure_kind_last() != FAILURE_CANCELLED && cached &&
		is_younger(cached, ACCOUNT_STALE_MS))
		return answer(cached, arena, account_r);
	return false;
}

bool account_cache_secret(
	struct account_cache *cache, struct slice *secret_r, struct deadline deadline)
{
	uint8_t secret[ACCOUNT_SECRET_SIZE];

	if (!cache->has_secret) {
		if (!account_secret(cache->redis, secret, deadline))
			return false;
		memcpy(cache->secret, secret, sizeof(secret));
		cache->has_secret = true;
	}
	*secret_r = slice_make(cache->secret, sizeof(cache->secret));
	return true;
}

static bool answer(
	const struct cached *cached, struct arena *arena, struct account *account_r)
{
	if (cached->kind == UNKNOWN)
		return fail(FAILURE_DATA, "there is no account %.*s",
			SLICE_PRINT(cached->account.name));
	copy(account_r, &cached->account, arena);
	return true;
}

static bool is_fresh(const struct cached *cached)
{
	return cached->changes == account_changes() &&
	       is_younger(cached,
		       cached->kind == KNOWN ? ACCOUNT_FRESH_MS : ACCOUNT_UNKNOWN_MS);
}

static bool is_younger(const struct cached *cached, int64_t ms)
{
	return worker_now_us() - cached->read_us < ms * 1000;
}

/* Asks Redis and remembers the answer; NULL when there was none. */
static struct cached *read_anew(
	struct account_cache *cache, struct slice name, struct deadline deadline)
{
	struct cached *fresh = NEW(struct cached), *old;

	fresh->changes = account_changes();
	if (account_read(
		    cache->redis, name, &fresh->arena, &fresh->account, deadline)) {
		fresh->kind = KNOWN;
	} else if (failure_kind_last() == FAILURE_DATA) {
		fresh->kind = UNKNOWN;
		fresh->account.name = arena_copy(&fresh->arena, name);
	} else {
		cached_destroy(fresh);
		return NULL;
	}
	old = map_find(&cache->by_name, name);
	if (old)
		forget(cache, old);
	insert(cache, fresh);
	return fresh;
}

static void insert(struct account_cache *cache, struct cached *cached)
{
	struct list *ages = &cache->ages[cached->kind];

	if (cache->counts[cached->kind] == ACCOUNT_CACHE_MAX)
		forget(cache, LIST_FIRST(ages, struct cached, link));
	cached->read_us = worker_now_us();
	map_set(&cache->by_name, cached->account.name, cached);
	list_append(ages, &cached->link);
	cache->counts[cached->kind]++;
}

static void forget(struct account_cache *cache, struct cached *cached)
{
	map_remove(&cache->by_name, cached->account.name);
	list_remove(&cached->link);
	cache->counts[cached->kind]--;
	cached_destroy(cached);
}

static void cached_destroy(struct cached *cached)
{
	struct slice password = cached->account.cram_password;

	if (password.size)
		memory_wipe((char *)(uintptr_t)password.at, password.size);
	arena_finish(&cached->arena);
	memory_wipe(&cached->account, sizeof(cached->account));
	memory_free(cached);
}

static void copy(struct account *to, const struct account *from, struct arena *arena)
{
	*to = *from;
	to->name = arena_copy(arena, from->name);
	to->hash = arena_copy(arena, from->hash);
	to->cram_password = arena_copy(arena, from->cram_password);
	to->tenant = arena_copy(arena, from->tenant);
	to->senders = arena_take_array(arena, from->sender_count, sizeof(*to->senders));
	for (size_t i = 0; i < from->sender_count; i++)
		to->senders[i] = arena_copy(arena, from->senders[i]);
	to->addresses = arena_take_array(
		arena, from->address_count, sizeof(*to->addresses));
	for (size_t i = 0; i < from->address_count; i++)
		to->addresses[i] = arena_copy(arena, from->addresses[i]);
	to->apps = arena_take_array(arena, from->app_count, sizeof(*to->apps));
	for (size_t i = 0; i < from->app_count; i++) {
		to->apps[i] = from->apps[i];
		to->apps[i].label = arena_copy(arena, from->apps[i].label);
	}
}
