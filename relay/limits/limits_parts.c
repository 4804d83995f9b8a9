/*
 * The parts a node has of shared limits: asked for by demand, put in force.
 *
 * Who was refused wants all there is, and gets what is even; who was not wants
 * a little more than it used. What is not used for some rounds is given back.
 */
#include "limits/limits_parts.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/worker.h"

#include "limits/limits_core.h"
#include "limits/limits_share.h"

#define QUIET_ROUNDS 3
#define TOKEN_USE_MS 1300 /* less than limits.lua allows for */
#define SPARE	     2
#define REQUESTS_MAX 100000

/* The buckets of `active` that are parts, and those that are tokens. */
static const unsigned part_bits[PARTS] = {[PART_CONNECTIONS] = 2 * PERIODS,
	[PART_MESSAGES] = PER_SECOND,
	[PART_CONNECTS] = PERIODS + PER_SECOND};

static uint64_t configured(const struct limits *limits, unsigned bit)
{
	struct limit_terms terms = limits_configured(limits);

	if (bit == 2 * PERIODS)
		return terms.connections;
	return bit < PERIODS ? terms.messages[bit] : terms.connects[bit - PERIODS];
}

static bool is_used(const struct limits *limits)
{
	const struct limits_share *share = limits->share;
	bool used = atomic_load(&share->refused) ||
		    atomic_load(&limits->connections) > 0;

	for (unsigned bit = 0; bit < SHARE_BUCKETS; bit++)
		used |= atomic_load(&share->used[bit]) > 0;
	return used;
}

static uint64_t wanted(uint64_t most, bool refused, uint64_t used)
{
	uint64_t want = refused ? most : used + used / 4 + SPARE;

	return want < most ? want : most;
}

static void say_part(struct buffer *text, struct limits *limits, enum limits_part part,
	unsigned refused, bool quiet)
{
	struct limits_share *share = limits->share;
	unsigned bit = part_bits[part];
	uint64_t most = configured(limits, bit), used, open = 0, want;

	if (part == PART_CONNECTIONS)
		used = open = atomic_load(&limits->connections);
	else
		used = atomic_exchange(&share->used[bit], 0);
	want = quiet ? 0 : wanted(most, refused & 1u << bit, used);
	buffer_append_format(text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " ",
		most, share->parts[part], open, want);
}

static void say_tokens(struct buffer *text, struct limits *limits, unsigned bit,
	unsigned refused, bool quiet)
{
	struct limits_share *share = limits->share;
	uint64_t most = configured(limits, bit);
	uint64_t used = atomic_exchange(&share->used[bit], 0);
	int64_t left = atomic_exchange(&share->tokens[bit], 0);

	buffer_append_format(text, "%" PRIu64 " %" PRId64 " %" PRIu64 " ", most, left,
		quiet ? 0 : wanted(most, refused & 1u << bit, used));
}

static void say(struct limits *limits, bool stopping, struct buffer *text)
{
	struct limits_share *share = limits->share;
	unsigned refused = atomic_exchange(&share->refused, 0);
	bool quiet = stopping || share->quiet >= QUIET_ROUNDS;

	for (enum limits_part part = 0; part < PARTS; part++)
		say_part(text, limits, part, refused, quiet);
	for (unsigned bit = 0; bit < SHARE_BUCKETS; bit++)
		if (bit % PERIODS != PER_SECOND)
			say_tokens(text, limits, bit, refused, quiet);
}

static void add(struct limits_requests *all, struct limits *limits, bool stopping)
{
	struct limits_request *request;
	struct buffer text = {0};

	if (all->count == all->capacity) {
		all->capacity = all->capacity ? 2 * all->capacity : 64;
		all->list = memory_resize(
			all->list, all->capacity * sizeof(*all->list));
	}
	say(limits, stopping, &text);
	request = &all->list[all->count++];
	request->full = arena_copy(&all->arena, limits->full);
	request->key = arena_format(&all->arena, "{rp:limits}:%s:%.*s",
		limits_scope_name(limits->scope),
		SLICE_PRINT(slice_from(limits->full, 1)));
	request->ask = arena_copy(&all->arena, buffer_contents(&text));
	buffer_finish(&text);
}

void limits_parts_ask(
	struct limits_node *node, bool stopping, struct limits_requests *all)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	pthread_mutex_lock(&node->lock);
	while (all->count < REQUESTS_MAX &&
		map_next(&node->limits, &cursor, &key, &value)) {
		struct limits *limits = value;

		if (!limits->share)
			continue;
		limits->share->quiet = is_used(limits) ? 0 : limits->share->quiet + 1;
		if (limits->share->quiet && !limits_share_has_part(limits->share))
			continue;
		atomic_store(&limits->share->asked_us, clock_monotonic_us());
		add(all, limits, stopping);
	}
	pthread_mutex_unlock(&node->lock);
}

static uint64_t next_number(struct slice *text)
{
	struct slice word = slice_cut(text, ' ');
	uint64_t number = 0;

	slice_to_u64(word, &number);
	return number;
}

/* Under the lock. Returns when more may be had, of what is missed. */
static int64_t set(struct limits *limits, struct slice answer, int64_t sent_us)
{
	struct limits_share *share = limits->share;
	int64_t now_us = clock_monotonic_us(), soonest = INT64_MAX;

	for (int part = 0; part < PARTS; part++)
		share->parts[part] = next_number(&answer);
	atomic_store(&share->tokens_from_us, now_us);
	for (unsigned bit = 0; bit < SHARE_BUCKETS; bit++) {
		uint64_t given;
		int64_t more_us;

		if (bit % PERIODS == PER_SECOND)
			continue;
		given = next_number(&answer);
		more_us = sent_us + (int64_t)next_number(&answer) * 1000;
		atomic_store(&share->tokens[bit], (int64_t)given);
		atomic_store(&share->more_us[bit], more_us);
		if (atomic_load(&limits->active) & 1u << bit && given == 0 &&
			more_us < soonest)
			soonest = more_us;
	}
	atomic_store(&share->tokens_until_us, sent_us + TOKEN_USE_MS * 1000);
	atomic_store(&share->until_us,
		sent_us + (LIMITS_LEASE_MS - LIMITS_MARGIN_MS) * 1000);
	return share->quiet ? INT64_MAX : soonest;
}

int64_t limits_parts_set(struct limits_node *node, const struct limits_request *request,
	struct slice answer, int64_t sent_us)
{
	struct limits *limits;
	int64_t more_us = INT64_MAX;

	pthread_mutex_lock(&node->lock);
	limits = map_find(&node->limits, request->full);
	if (limits && limits->share && answer.size) {
		more_us = set(limits, answer, sent_us);
		limits_apply(limits);
		limits_call_all(limits);
	}
	pthread_mutex_unlock(&node->lock);
	return more_us;
}

void limits_parts_expire(struct limits_node *node)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	pthread_mutex_lock(&node->lock);
	while (map_next(&node->limits, &cursor, &key, &value)) {
		struct limits *limits = value;
		struct limits_share *share = limits->share;

		if (!share || !limits_share_has_part(share) ||
			limits_share_holds(share, clock_monotonic_us()))
			continue;
		for (int part = 0; part < PARTS; part++)
			share->parts[part] = 0;
		for (unsigned bit = 0; bit < SHARE_BUCKETS; bit++)
			atomic_store(&share->tokens[bit], 0);
		limits_apply(limits);
		limits_call_all(limits);
	}
	pthread_mutex_unlock(&node->lock);
}

void limits_requests_finish(struct limits_requests *all)
{
	memory_free(all->list);
	arena_finish(&all->arena);
	*all = (struct limits_requests){.count = 0};
}
