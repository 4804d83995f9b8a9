/* Limits that workers share: sets of them, all or none; several threads. */
#include <pthread.h>

#include "base/clock.h"
#include "check.h"
#include "limits/limits.h"
#include "limits/limits_node.h"

#define THREADS	 4
#define SENT_MAX 4000

static struct limit_set set_of(struct limits *a, struct limits *b)
{
	struct limit_set set = {.count = 0};

	limits_add(&set, a);
	if (b)
		limits_add(&set, b);
	return set;
}

static bool one_more(struct limit_set *set)
{
	struct limit_refusal refusal;

	return limits_connect(set, 1000000, &refusal);
}

CASE("one object for a key, as long as anybody holds it")
{
	struct limits_node *node = limits_node_create();
	struct limit_terms terms = {.connections = 2};
	struct limits *a = limits_hold(
		node, LIMIT_SITE, SLICE("mx.test"), &terms, NULL);
	struct limits *b = limits_hold(
		node, LIMIT_SITE, SLICE("mx.test"), &terms, NULL);
	struct limits *c = limits_hold(
		node, LIMIT_PROVIDER, SLICE("mx.test"), &terms, NULL);
	struct limit_set first = set_of(a, NULL), second = set_of(b, NULL),
			 third = set_of(c, NULL);

	CHECK(a == b && a != c);
	CHECK(one_more(&first));
	CHECK(one_more(&second));
	CHECK(!one_more(&first));
	CHECK(one_more(&third));
	limits_disconnect(&first);
	CHECK(one_more(&second));
	CHECK(!one_more(&first));
	limits_disconnect(&second);
	limits_disconnect(&second);
	limits_disconnect(&third);
	limits_finish(&first);
	limits_finish(&second);
	limits_finish(&third);
	limits_node_destroy(&node);
	CHECK(!node);
}

CASE("all or none")
{
	struct limits_node *node = limits_node_create();
	struct limit_terms wide = {.connections = 9, .messages = {0, 0, 0, 100}};
	struct limit_terms narrow = {
		.connections = 1, .messages = {1}, .connects = {0, 1}};
	struct limits *a = limits_hold(
		node, LIMIT_PROVIDER, SLICE("wide"), &wide, NULL);
	struct limits *b = limits_hold(
		node, LIMIT_SITE, SLICE("narrow"), &narrow, NULL);
	struct limit_set both = set_of(a, b);
	struct limit_refusal refusal;
	int64_t now = clock_monotonic_us() + 1000000, before;

	CHECK(limits_are_paced(&both));
	CHECK(limits_take(&both, now, &refusal));
	before = atomic_load(&a->messages[PER_DAY].full_ns);
	CHECK(!limits_take(&both, now, &refusal));
	CHECK(refusal.user == &both.at[1] && refusal.kind == LIMIT_MESSAGES &&
		refusal.period == PER_SECOND);
	CHECK(refusal.wait_us > 900000 && refusal.wait_us < 1100000);
	CHECK_NUMBER(atomic_load(&a->messages[PER_DAY].full_ns), before);
	limits_give_back(&both, now, now + 10);
	CHECK(!limits_refuse(&both, now + 10, &refusal));
	CHECK(limits_take(&both, now + 10, &refusal));
	CHECK(limits_connect(&both, now, &refusal));
	CHECK(!limits_connect(&both, now, &refusal));
	CHECK(refusal.kind == LIMIT_CONNECTIONS && refusal.wait_us == INT64_MAX);
	CHECK_NUMBER(atomic_load(&a->connections), 1);
	limits_disconnect(&both);
	CHECK(!limits_connect(&both, now, &refusal));
	CHECK(refusal.kind == LIMIT_CONNECTS && refusal.period == PER_MINUTE);
	CHECK_NUMBER(atomic_load(&a->connections), 0);
	CHECK_NUMBER(atomic_load(&b->connections), 0);
	limits_finish(&both);
	limits_node_destroy(&node);
}

CASE("lowered for a while")
{
	struct limits_node *node = limits_node_create();
	struct limit_terms terms = {.connections = 5, .messages = {50}};
	struct limit_terms low = {.connections = 1, .messages = {100, 10}};
	struct limit_terms none = {0};
	struct limits *a = limits_hold(node, LIMIT_SITE, SLICE("a"), &terms, NULL);
	struct limit_set set = set_of(a, NULL);

	limits_override(a, &low);
	CHECK_NUMBER(limits_terms(a).connections, 1);
	CHECK_NUMBER(limits_terms(a).messages[PER_SECOND], 50);
	CHECK_NUMBER(limits_terms(a).messages[PER_MINUTE], 10);
	CHECK(one_more(&set));
	CHECK(!one_more(&set));
	limits_override(a, &none);
	CHECK(one_more(&set));
	CHECK_NUMBER(limits_terms(a).messages[PER_MINUTE], 0);
	limits_disconnect(&set);
	limits_disconnect(&set);
	limits_finish(&set);
	limits_node_destroy(&node);
}

static void explained(const struct limit_refusal *refusal, const char *want)
{
	struct buffer text = {0};

	limits_explain(&text, refusal);
	CHECK_SLICE(buffer_contents(&text), want);
	buffer_finish(&text);
}

CASE("in words")
{
	struct limits_node *node = limits_node_create();
	struct limit_terms terms = {.connections = 5, .messages = {50}};
	struct limits *a = limits_hold(
		node, LIMIT_PROVIDER, SLICE("google"), &terms, NULL);
	struct limit_set set = set_of(a, NULL);
	struct limit_refusal refusal = {&set.at[0], LIMIT_MESSAGES, PER_SECOND, 11500};

	explained(&refusal, "provider google: 50 messages a second; next in 12 ms");
	refusal.wait_us = 7200000000;
	explained(&refusal, "provider google: 50 messages a second; next in 121 min");
	refusal = (struct limit_refusal){&set.at[0], LIMIT_CONNECTIONS, 0, INT64_MAX};
	explained(&refusal, "provider google: 5 connections at a time, all in use");
	limits_finish(&set);
	limits_node_destroy(&node);
}

/* Two sites contend, one of them asks a hundred times as often. */
CASE("each has its turn")
{
	struct limits_node *node = limits_node_create();
	struct limit_terms terms = {.messages = {100}};
	struct limit_set eager = set_of(
		limits_hold(node, LIMIT_PROVIDER, SLICE("a"), &terms, NULL), NULL);
	struct limit_set rare = set_of(
		limits_hold(node, LIMIT_PROVIDER, SLICE("a"), &terms, NULL), NULL);
	struct limit_refusal refusal;
	unsigned eagers = 0, rares = 0;

	for (int64_t now = 1000000; now < 11000000; now += 20) {
		eagers += limits_take(&eager, now, &refusal);
		if (now % 2000 == 0)
			rares += limits_take(&rare, now, &refusal);
	}
	CHECK(eagers + rares >= 950 && eagers + rares <= 1002);
	CHECK(rares >= 400);
	/* One that has nothing to send leaves it all to the other. */
	limits_rest(&rare);
	eagers = 0;
	for (int64_t now = 12000000; now < 22000000; now += 20)
		eagers += limits_take(&eager, now, &refusal);
	CHECK(eagers >= 950);
	limits_finish(&eager);
	limits_finish(&rare);
	limits_node_destroy(&node);
}

struct sender {
	pthread_t thread;
	struct limit_set set;
	int64_t end_us;
	int64_t at[SENT_MAX];
	size_t count;
};

static void *keep_sending(void *arg)
{
	struct sender *sender = arg;
	unsigned turn = 0;
	int64_t now;

	while ((now = clock_monotonic_us()) < sender->end_us) {
		struct limit_refusal refusal;

		if (!limits_take(&sender->set, now, &refusal))
			continue;
		if (turn++ % 7 == 0)
			limits_give_back(&sender->set, now, clock_monotonic_us());
		else if (sender->count < SENT_MAX)
			sender->at[sender->count++] = now;
	}
	return NULL;
}

static int earlier(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

CASE("four threads, one limit of both")
{
	struct limits_node *node = limits_node_create();
	struct limit_terms outer = {.messages = {300}};
	struct limit_terms inner = {.messages = {0, 600}}; /* slack: 18 at once */
	static struct sender senders[THREADS];
	static int64_t all[THREADS * SENT_MAX];
	int64_t end_us = clock_monotonic_us() + 2500000;
	size_t count = 0, first = 0, most = 0;

	for (size_t i = 0; i < THREADS; i++) {
		senders[i].set = set_of(
			limits_hold(node, LIMIT_PROVIDER, SLICE("a"), &outer, NULL),
			i % 2 ? limits_hold(node, LIMIT_SITE, SLICE("b"), &inner, NULL)
			      : NULL);
		senders[i].end_us = end_us;
		pthread_create(&senders[i].thread, NULL, keep_sending, &senders[i]);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(senders[i].thread, NULL);
		memcpy(all + count, senders[i].at, senders[i].count * sizeof(*all));
		count += senders[i].count;
		limits_finish(&senders[i].set);
	}
	qsort(all, count, sizeof(*all), earlier);
	for (size_t i = 0; i < count; i++) {
		while (all[first] <= all[i] - 1000000)
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	CHECK(most <= 300);
	CHECK(count > 300);
	limits_node_destroy(&node);
}

CASE("a key with several terms; what was sent counts when it is held again")
{
	struct limits_node *node = limits_node_create();
	struct limit_terms one = {.messages = {0, 0, 0, 1}};
	struct limit_terms two = {.messages = {0, 0, 0, 2}};
	int now = 0, later = 0;
	struct limits *a = limits_hold(node, LIMIT_SITE, SLICE("a"), &one, &now);
	struct limits *b = limits_hold(node, LIMIT_SITE, SLICE("a"), &two, &now);
	struct limits *c = limits_hold(node, LIMIT_SITE, SLICE("a"), &one, &now);
	struct limit_set set = set_of(a, NULL);
	struct limit_refusal refusal;
	int64_t at = clock_monotonic_us() + 1000000;

	CHECK(a == c && a != b);
	CHECK_SLICE(b->key, "a");
	CHECK(limits_take(&set, at, &refusal));
	limits_finish(&set);
	limits_release(&b);
	limits_release(&c);
	a = limits_hold(node, LIMIT_SITE, SLICE("a"), &one, &later);
	set = set_of(a, NULL);
	CHECK(!limits_take(&set, at, &refusal));
	/* A new configuration changes the terms, and not what was sent. */
	b = limits_hold(node, LIMIT_SITE, SLICE("a"), &two, &now);
	CHECK(a == b);
	limits_release(&b);
	limits_finish(&set);
	limits_node_destroy(&node);
}

CHECK_MAIN()
