/*
 * Limits: made, held, changed; taken of, all or none.
 */
#include "limits/limits.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

#include "limits/limits_core.h"
#include "limits/limits_share.h"

#define KEY_MAX	     2048
#define VARIANTS_MAX 64	   /* of one key with different terms */
#define RESTING_MAX  20000 /* kept for what was sent lately */
#define SWEEP_MOST   4

static uint64_t lower(uint64_t a, uint64_t b)
{
	return a == 0 || (b && b < a) ? b : a;
}

struct limit_terms limits_written(const struct config_limits *config)
{
	return (struct limit_terms){
		.connections = config->connections,
		.messages = {config->messages_per_second, config->messages_per_minute,
			config->messages_per_hour, config->messages_per_day},
	};
}

struct limit_terms limits_configured(const struct limits *limits)
{
	struct limit_terms terms = {.connections = lower(limits->terms.connections,
					    limits->lowered.connections)};

	for (enum limit_period p = 0; p < PERIODS; p++) {
		terms.messages[p] = lower(
			limits->terms.messages[p], limits->lowered.messages[p]);
		terms.connects[p] = lower(
			limits->terms.connects[p], limits->lowered.connects[p]);
	}
	return terms;
}

/* PART: what of MOST this node has, where nodes share it. */
static void set_bucket(struct limit_bucket *bucket, enum limit_period period,
	uint64_t most, const uint64_t *part, int64_t now_ns)
{
	if (most && part && *part == 0)
		limit_bucket_shut(bucket);
	else
		limit_bucket_set(
			bucket, period, part ? lower(most, *part) : most, now_ns);
}

void limits_apply(struct limits *limits)
{
	int64_t now_ns = clock_monotonic_us() * 1000;
	struct limit_terms terms = limits_configured(limits);
	const struct limits_share *share = limits->share;
	unsigned active = terms.connections ? ACTIVE_CONNECTIONS : 0;

	for (enum limit_period p = 0; p < PERIODS; p++) {
		bool parted = share && p == PER_SECOND;

		set_bucket(&limits->messages[p], p, terms.messages[p],
			parted ? &share->parts[PART_MESSAGES] : NULL, now_ns);
		set_bucket(&limits->connects[p], p, terms.connects[p],
			parted ? &share->parts[PART_CONNECTS] : NULL, now_ns);
		active |= (terms.messages[p] ? 1u : 0) << p;
		active |= (terms.connects[p] ? 1u : 0) << (PERIODS + p);
	}
	if (share && share->parts[PART_CONNECTIONS] < terms.connections)
		terms.connections = share->parts[PART_CONNECTIONS];
	atomic_store(&limits->most, terms.connections);
	atomic_store(&limits->active, active);
}

static struct limits *make(struct limits_node *node, enum limit_scope scope,
	struct slice full, struct slice key)
{
	struct limits *limits = NEW(struct limits);

	limits->node = node;
	limits->scope = scope;
	limits->full = slice_make(memory_copy_text(full), full.size);
	limits->key = slice_part(limits->full, 1, key.size);
	list_init(&limits->waiting);
	if (node->cluster && scope != LIMIT_ALL) {
		limits->share = NEW(struct limits_share);
		limits->share->cluster = node->cluster;
	}
	map_set(&node->limits, full, limits);
	return limits;
}

static void destroy(struct limits *limits)
{
	assert(list_is_empty(&limits->waiting));
	list_remove(&limits->resting_link);
	map_remove(&limits->node->limits, limits->full);
	memory_free(limits->share);
	memory_free((void *)(uintptr_t)limits->full.at);
	memory_free(limits);
}

/* The map's key: the scope's digit, the text, and which of several. */
static struct slice full_key(
	enum limit_scope scope, struct slice key, unsigned which, char text[KEY_MAX])
{
	int size = snprintf(text, KEY_MAX, which ? "%d%.*s #%u" : "%d%.*s", (int)scope,
		(int)key.size, key.at, which);

	return slice_make(text, size < KEY_MAX ? (size_t)size : KEY_MAX - 1);
}

/*
 * One whose terms are the same, or were those of an earlier configuration. Where
 * one configuration has several for a key (of domains with limits of their own
 * at the same hosts), each is one for itself.
 */
static struct limits *find(struct limits_node *node, enum limit_scope scope,
	struct slice key, const struct limit_terms *terms, const void *since)
{
	char *text = memory_allocate(KEY_MAX);
	struct limits *found = NULL, *limits = NULL;
	struct slice full;
	unsigned which = 0;

	do {
		full = full_key(scope, key, which, text);
		limits = map_find(&node->limits, full);
		if (limits && memcmp(&limits->terms, terms, sizeof(*terms)) == 0)
			found = limits;
	} while (limits && !found && ++which < VARIANTS_MAX);
	for (which = 0; !found; which++) {
		full = full_key(scope, key, which, text);
		limits = map_find(&node->limits, full);
		if (!limits)
			found = make(node, scope, full, key);
		else if (limits->since != since || which == VARIANTS_MAX)
			found = limits;
	}
	memory_free(text);
	return found;
}

/* What was sent still counts after the last who held it is gone. */
static bool is_resting(const struct limits *limits)
{
	int64_t now_ns = clock_monotonic_us() * 1000;

	for (enum limit_period p = 0; p < PERIODS; p++)
		if (atomic_load(&limits->messages[p].full_ns) > now_ns ||
			atomic_load(&limits->connects[p].full_ns) > now_ns)
			return true;
	return limits->share && limits_share_has_part(limits->share);
}

/* Those that have rested are forgotten, a few at a time. */
static void sweep(struct limits_node *node)
{
	for (int i = 0; i < SWEEP_MOST; i++) {
		struct limits *limits = LIST_FIRST(
			&node->resting, struct limits, resting_link);

		if (!limits)
			return;
		list_remove(&limits->resting_link);
		node->resting_count--;
		if (is_resting(limits) && node->resting_count < RESTING_MAX) {
			list_append(&node->resting, &limits->resting_link);
			node->resting_count++;
		} else {
			destroy(limits);
		}
	}
}

struct limits *limits_hold(struct limits_node *node, enum limit_scope scope,
	struct slice key, const struct limit_terms *terms, const void *since)
{
	struct limits *limits;

	pthread_mutex_lock(&node->lock);
	limits = find(node, scope, key, terms, since);
	if (limits->holders++ == 0 && link_is_linked(&limits->resting_link)) {
		list_remove(&limits->resting_link);
		node->resting_count--;
	}
	limits->terms = *terms;
	limits->since = since;
	limits_apply(limits);
	sweep(node);
	pthread_mutex_unlock(&node->lock);
	limits_call_all(limits);
	return limits;
}

void limits_release(struct limits **limits)
{
	struct limits *old = *limits;
	struct limits_node *node;

	*limits = NULL;
	if (!old)
		return;
	node = old->node;
	pthread_mutex_lock(&node->lock);
	if (--old->holders == 0) {
		list_append(&node->resting, &old->resting_link);
		node->resting_count++;
		sweep(node);
	}
	pthread_mutex_unlock(&node->lock);
}

void limits_forget_all(struct limits_node *node)
{
	struct link *link;

	while ((link = list_take(&node->resting)))
		destroy(CONTAINER_OF(link, struct limits, resting_link));
	assert(node->limits.count == 0);
	map_finish(&node->limits);
}

void limits_override(struct limits *limits, const struct limit_terms *terms)
{
	pthread_mutex_lock(&limits->node->lock);
	limits->lowered = *terms;
	limits_apply(limits);
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
