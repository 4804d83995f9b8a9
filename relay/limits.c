/*
 * Limits: made, held, changed; taken of, all or none.
 */
#include "relay/limits.h"

#include <assert.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"

#include "relay/limits_core.h"

#define KEY_MAX 2048

static uint64_t lower(uint64_t a, uint64_t b)
{
	return a == 0 || (b && b < a) ? b : a;
}

/* Under the lock. */
static void apply(struct limits *limits)
{
	int64_t now_ns = clock_monotonic_us() * 1000;
	uint64_t most = lower(limits->terms.connections, limits->lowered.connections);
	unsigned active = most ? ACTIVE_CONNECTIONS : 0;

	atomic_store(&limits->most, most);
	for (enum limit_period p = 0; p < PERIODS; p++) {
		uint64_t messages = lower(
			limits->terms.messages[p], limits->lowered.messages[p]);
		uint64_t connects = lower(
			limits->terms.connects[p], limits->lowered.connects[p]);

		limit_bucket_set(&limits->messages[p], p, messages, now_ns);
		limit_bucket_set(&limits->connects[p], p, connects, now_ns);
		active |= (messages ? 1u : 0) << p;
		active |= (connects ? 1u : 0) << (PERIODS + p);
	}
	atomic_store(&limits->active, active);
}

static struct limits *make(
	struct relay_node *node, enum limit_scope scope, struct slice key)
{
	struct limits *limits = NEW(struct limits);

	limits->node = node;
	limits->scope = scope;
	limits->key = slice_make(memory_copy_text(key), key.size);
	list_init(&limits->waiting);
	return limits;
}

/* The map's key: the scope's digit before the text. */
static struct slice full_key(
	enum limit_scope scope, struct slice key, char text[KEY_MAX])
{
	int size = snprintf(text, KEY_MAX, "%d%.*s", (int)scope, (int)key.size, key.at);

	return slice_make(text, size < KEY_MAX ? (size_t)size : KEY_MAX - 1);
}

struct limits *limits_hold(struct relay_node *node, enum limit_scope scope,
	struct slice key, const struct limit_terms *terms)
{
	char *text = memory_allocate(KEY_MAX);
	struct slice full = full_key(scope, key, text);
	struct limits *limits;

	pthread_mutex_lock(&node->lock);
	limits = map_find(&node->limits, full);
	if (!limits) {
		limits = make(node, scope, key);
		map_set(&node->limits, full, limits);
	}
	limits->holders++;
	limits->terms = *terms;
	apply(limits);
	pthread_mutex_unlock(&node->lock);
	memory_free(text);
	limits_call_all(limits);
	return limits;
}

void limits_release(struct limits **limits)
{
	struct limits *old = *limits;
	struct relay_node *node;
	char *text;

	*limits = NULL;
	if (!old)
		return;
	node = old->node;
	text = memory_allocate(KEY_MAX);
	pthread_mutex_lock(&node->lock);
	if (--old->holders == 0) {
		map_remove(&node->limits, full_key(old->scope, old->key, text));
		assert(list_is_empty(&old->waiting));
		memory_free((void *)(uintptr_t)old->key.at);
		memory_free(old);
	}
	pthread_mutex_unlock(&node->lock);
	memory_free(text);
}

void limits_override(struct limits *limits, const struct limit_terms *terms)
{
	pthread_mutex_lock(&limits->node->lock);
	limits->lowered = *terms;
	apply(limits);
	pthread_mutex_unlock(&limits->node->lock);
	limits_call_all(limits);
}

struct limit_terms limits_terms(const struct limits *limits)
{
	struct limit_terms terms = {.connections = atomic_load(&limits->most)};

	for (enum limit_period p = 0; p < PERIODS; p++) {
		terms.messages[p] = atomic_load(&limits->messages[p].most);
		terms.connects[p] = atomic_load(&limits->connects[p].most);
	}
	return terms;
}

void limits_add(struct limit_set *set, struct limits *limits)
{
	assert(set->count < LIMIT_SET_MAX);
	set->at[set->count++] = (struct limit_user){.limits = limits};
}

void limits_finish(struct limit_set *set)
{
	limits_wait_end(set);
	limits_rest(set);
	for (size_t i = 0; i < set->count; i++) {
		struct limit_user *user = &set->at[i];

		assert(user->open == 0);
		limits_count(user, false);
		limits_release(&user->limits);
	}
	set->count = 0;
}
