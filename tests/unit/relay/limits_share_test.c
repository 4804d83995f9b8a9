/*
 * limits.lua on a real Redis: three nodes whose clock the test winds, which ask
 * at odd times, die, come back and use what they have as fast as they may. All
 * they send is compared with the limits, window by window.
 */
#include <inttypes.h>

#include "../queue/world.h"
#include "base/arena.h"
#include "base/failure.h"
#include "check.h"
#include "limits/limit_bucket.h"
#include "limits/limits_library.h"

#define NODES	  3
#define LEASE_MS  6000
#define USE_MS	  (LEASE_MS - 1100)
#define TOKENS_MS 1300
#define SENT_MAX  400000
#define STEP_US	  20000

static struct server server;
static struct place place;
static uint64_t seed = 88172645463325252;

static uint64_t random_below(uint64_t most)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % most;
}

struct limit { /* of the test: a second, a minute, connections */
	uint64_t connections, second, minute;
};

struct node {
	char name[8];
	bool dead, greedy;
	uint64_t parts[3], open, used, used_tokens, tokens;
	bool refused, refused_tokens, refused_open;
	int64_t until_us, tokens_until_us, next_us, more_us;
	struct limit_bucket second;
};

static struct node nodes[NODES];
static int64_t sent_second[SENT_MAX], sent_minute[SENT_MAX];
static size_t seconds, minutes;
static uint64_t open_most;

static struct redis_reply *ask(
	const char *key, int64_t now_ms, const char *name, const char *numbers)
{
	struct arena arena = {0};
	struct slice argv[] = {SLICE("FCALL"), SLICE("ringpost_limits_1_share"),
		SLICE("1"), slice_of(key), arena_format(&arena, "%" PRId64, now_ms),
		slice_of(name), arena_format(&arena, "%d", LEASE_MS),
		slice_of(numbers)};
	struct redis_reply *reply = NULL;

	CHECK(redis_call(place.redis, 8, argv, &reply, deadline_after_ms(PATIENCE_MS)));
	if (!CHECK(redis_reply_kind(reply) == REDIS_LIST))
		fprintf(stderr, "%.*s\n", SLICE_PRINT(redis_reply_text(reply)));
	arena_finish(&arena);
	return reply;
}

static void load(void)
{
	struct slice argv[] = {SLICE("FUNCTION"), SLICE("LOAD"), SLICE("REPLACE"),
		slice_make(limits_library_code, limits_library_size)};
	struct redis_reply *reply = NULL;

	CHECK(redis_call(place.redis, 4, argv, &reply, deadline_after_ms(PATIENCE_MS)));
	if (!CHECK(redis_reply_kind(reply) != REDIS_ERROR))
		fprintf(stderr, "%.*s\n", SLICE_PRINT(redis_reply_text(reply)));
	redis_reply_free(&reply);
}

static uint64_t want(bool refused, uint64_t used, uint64_t most)
{
	uint64_t wanted = refused ? most : used + used / 4 + 2;

	return wanted < most ? wanted : most;
}

static void ask_for(struct node *node, const struct limit *limit, int64_t now_us)
{
	char text[300];
	struct redis_reply *reply;
	struct slice rest;
	uint64_t numbers[15] = {0};
	bool live = now_us < node->until_us;

	if (!live)
		memset(node->parts, 0, sizeof(node->parts));
	snprintf(text, sizeof(text),
		"%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" 0 %" PRIu64 " 0 0 0 0 %" PRIu64 " %" PRIu64 " %" PRIu64
		" 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
		limit->connections, node->parts[0], node->open,
		want(node->refused_open, node->open, limit->connections), limit->second,
		node->parts[1], want(node->refused, node->used, limit->second),
		limit->minute, node->tokens,
		want(node->refused_tokens, node->used_tokens, limit->minute));
	reply = ask("{rp:limits}:site:test", now_us / 1000, node->name, text);
	rest = redis_reply_text(redis_reply_at(reply, 0));
	for (size_t i = 0; i < 15; i++)
		slice_to_u64(slice_cut(&rest, ' '), &numbers[i]);
	redis_reply_free(&reply);
	memcpy(node->parts, numbers, sizeof(node->parts));
	node->tokens = numbers[3];
	node->more_us = node->tokens ? INT64_MAX : now_us + (int64_t)numbers[4] * 1000;
	node->used = node->used_tokens = 0;
	node->refused = node->refused_tokens = node->refused_open = false;
	node->until_us = now_us + USE_MS * 1000;
	node->tokens_until_us = now_us + TOKENS_MS * 1000;
	if (node->parts[1])
		limit_bucket_set(
			&node->second, PER_SECOND, node->parts[1], now_us * 1000);
	else
		limit_bucket_shut(&node->second);
}

static void use(struct node *node, int64_t now_us)
{
	uint64_t tries = node->greedy ? 10 : random_below(20) == 0;
	bool live = now_us < node->until_us;

	for (; tries; tries--) {
		if (live &&
			limit_bucket_take(&node->second, PER_SECOND, now_us * 1000)) {
			if (seconds < SENT_MAX)
				sent_second[seconds++] = now_us;
			node->used++;
		} else {
			node->refused = true;
		}
		if (node->tokens && now_us < node->tokens_until_us) {
			node->tokens--;
			node->used_tokens++;
			if (minutes < SENT_MAX)
				sent_minute[minutes++] = now_us;
		} else {
			node->refused_tokens = true;
		}
	}
	if (node->open > node->parts[0] || !live || random_below(10) == 0)
		node->open -= node->open > 0;
	if (node->greedy || random_below(30) == 0) {
		if (live && node->open < node->parts[0])
			node->open++;
		else
			node->refused_open = true;
	}
}

static size_t most_in(const int64_t *sent, size_t count, int64_t window_us)
{
	size_t most = 0, first = 0;

	for (size_t i = 0; i < count; i++) {
		while (sent[first] <= sent[i] - window_us)
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	return most;
}

/* In US, with nodes that come and go where CHANGES is set. */
static void run_nodes(const struct limit *limit, int64_t us, bool changes, size_t live)
{
	static int64_t now_us = 1000000000000;
	int64_t end_us;

	now_us += 200000000; /* what was before is over */
	end_us = now_us + us;
	seconds = minutes = 0;
	open_most = 0;
	memset(nodes, 0, sizeof(nodes));
	for (size_t i = 0; i < NODES; i++) {
		snprintf(nodes[i].name, sizeof(nodes[i].name), "n%zu", i);
		nodes[i].dead = i >= live;
		nodes[i].greedy = true;
		limit_bucket_shut(&nodes[i].second);
	}
	for (; now_us < end_us; now_us += STEP_US) {
		uint64_t open = 0;

		for (size_t i = 0; i < NODES; i++) {
			struct node *node = &nodes[i];

			if (changes && random_below(1000) == 0) {
				node->dead = !node->dead;
				node->open = 0; /* the kernel closes them */
				node->tokens = 0;
			}
			if (changes && random_below(500) == 0)
				node->greedy = !node->greedy;
			if (node->dead)
				continue;
			if (now_us >= node->next_us || now_us >= node->more_us) {
				ask_for(node, limit, now_us);
				node->next_us = now_us + 900000 +
						(int64_t)random_below(200000);
				if (changes && random_below(20) == 0)
					node->next_us += 7000000; /* Redis is away */
			}
			use(node, now_us);
			open += now_us < node->until_us ? node->open : 0;
		}
		if (open > open_most)
			open_most = open;
	}
	CHECK(open_most <= limit->connections);
	CHECK(most_in(sent_second, seconds, 1000000) <= limit->second);
	CHECK(most_in(sent_minute, minutes, 60000000) <= limit->minute);
}

static void steady(void)
{
	static const struct limit limits[] = {
		{20, 50, 600}, {3, 100, 60}, {1, 20, 3000}, {100, 333, 120}};

	load();
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		const struct limit *limit = &limits[i];
		size_t live = 2 + i % 2;

		run_nodes(limit, 200000000, false, live);
		/* Ten seconds are for the beginning; at most one part in NODES is
		 * in somebody's hand that does not use it. */
		CHECK(seconds * 100 >= 190 * limit->second * 95);
		if (!CHECK(minutes * 60 * 100 >= 190 * limit->minute * 93))
			fprintf(stderr, "%zu of %" PRIu64 " a minute\n", minutes,
				limit->minute);
		CHECK_NUMBER(open_most, limit->connections);
	}
}

CASE("two and three nodes that all want more: even, exact, and used")
{
	on_worker_with_place(&place, &server, steady);
}

static void restless(void)
{
	load();
	for (int i = 0; i < 12; i++) {
		struct limit limit = {1 + random_below(30), 1 + random_below(80),
			1 + random_below(random_below(2) ? 20 : 900)};

		run_nodes(&limit, 120000000, true, NODES);
	}
}

CASE("nodes that come, go, lose Redis and change their mind")
{
	on_worker_with_place(&place, &server, restless);
}

static void taken_over(void)
{
	const struct limit limit = {10, 100, 600};
	int64_t now = 5000000000000;

	load();
	memset(nodes, 0, sizeof(nodes));
	strcpy(nodes[0].name, "n0");
	strcpy(nodes[1].name, "n1");
	nodes[0].refused = nodes[0].refused_open = true;
	ask_for(&nodes[0], &limit, now);
	CHECK_NUMBER(nodes[0].parts[0], 10);
	CHECK_NUMBER(nodes[0].parts[1], 100);
	/* It dies: what it had is the other's when the lease is over. */
	nodes[1].refused = nodes[1].refused_open = true;
	ask_for(&nodes[1], &limit, now + 5000000);
	CHECK_NUMBER(nodes[1].parts[0], 0);
	CHECK_NUMBER(nodes[1].parts[1], 0);
	nodes[1].refused = nodes[1].refused_open = true;
	ask_for(&nodes[1], &limit, now + 6001000);
	CHECK_NUMBER(nodes[1].parts[0], 10);
	CHECK_NUMBER(nodes[1].parts[1], 100);
	/* One that came back has its even part when the other has let go of it, and
	 * a second has passed. */
	nodes[0].refused = nodes[0].refused_open = true;
	ask_for(&nodes[0], &limit, now + 6200000);
	CHECK_NUMBER(nodes[0].parts[1], 0);
	for (int64_t at = 6300000; at < 7000000; at += 100000) {
		nodes[1].refused = nodes[1].refused_open = true;
		ask_for(&nodes[1], &limit, now + at);
		CHECK_NUMBER(nodes[1].parts[1], 50);
		nodes[0].refused = nodes[0].refused_open = true;
		ask_for(&nodes[0], &limit, now + at + 50000);
		CHECK_NUMBER(nodes[0].parts[1], 0);
	}
	nodes[0].refused = nodes[0].refused_open = true;
	ask_for(&nodes[0], &limit, now + 7500000);
	CHECK_NUMBER(nodes[0].parts[0], 5);
	CHECK_NUMBER(nodes[0].parts[1], 50);
	now += 3000000;
	/* One that wants nothing has next to nothing. */
	nodes[0].refused = nodes[0].refused_open = false;
	ask_for(&nodes[0], &limit, now + 6500000);
	/* … and the other all the rest, soon, though it asks in between. */
	for (int64_t at = 7200000; at < 8200000; at += 200000)
		ask_for(&nodes[0], &limit, now + at);
	nodes[1].refused = nodes[1].refused_open = true;
	ask_for(&nodes[1], &limit, now + 8300000);
	CHECK(nodes[1].parts[0] >= 8 && nodes[1].parts[1] >= 98);
	ask_for(&nodes[0], &limit, now + 8400000);
	CHECK(nodes[0].parts[0] <= 2 && nodes[0].parts[1] <= 2);
}

CASE("the part of one that died")
{
	on_worker_with_place(&place, &server, taken_over);
}

int main(void)
{
	int result;

	server_start(&server, "");
	offload_start(2, 100);
	place_set(&place, &server, "a", true);
	result = check_run();
	offload_stop();
	server_finish(&server);
	return result;
}
