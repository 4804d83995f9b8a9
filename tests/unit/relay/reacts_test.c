/* What was learned of receivers, shared by workers: scopes, and what is in force. */
#include "react/reacts.h"

#include <pthread.h>

#include "base/memory.h"

#include "check.h"

#define NOW    INT64_C(1700000000000)
#define SECOND INT64_C(1000000)

static const struct reaction stop = {.name = "stop",
	.line = 7,
	.action = REACTION_SUSPEND,
	.for_ms = 10000,
	.recover = {.connections = 1, .add = 1, .every_ms = 1000}};
static const struct reaction slow = {.name = "slow",
	.line = 8,
	.action = REACTION_MESSAGES,
	.to = 2,
	.period = PER_SECOND,
	.for_ms = 10000};

static enum react_answer hear(
	struct react_scope *scope, const struct reaction *reaction)
{
	return reacts_hear(
		scope, reaction, SLICE("x.yaml:7"), SLICE("421 no"), NOW - 1, NOW);
}

static void count_changed(void *context, struct react_scope *scope)
{
	(void)scope;
	++*(size_t *)context;
}

static bool count_each(void *context, struct react_scope *scope)
{
	(void)scope;
	return ++*(size_t *)context < 300;
}

CASE("one for all who hold it; what is in force stays when nobody does")
{
	struct reacts *reacts = reacts_create();
	struct react_scope *a = reacts_hold(reacts, REACTION_SITE, SLICE("mx.test")),
			   *b = reacts_hold(reacts, REACTION_SITE, SLICE("mx.test")),
			   *c = reacts_hold(reacts, REACTION_DOMAIN, SLICE("mx.test"));

	CHECK(a == b && a != c);
	CHECK(!reacts_find(reacts, REACTION_TENANT, SLICE("mx.test")));
	CHECK_NUMBER(hear(a, &stop), REACT_BEGUN);
	CHECK_NUMBER(hear(b, &stop), REACT_KNOWN);
	CHECK_NUMBER(atomic_load(&b->until_ms), NOW + 10000);
	CHECK_NUMBER(reacts_in_force(reacts), 1);
	CHECK_NUMBER(reacts_special(reacts), 0);
	reacts_release(&a);
	reacts_release(&b);
	reacts_release(&c);
	CHECK(!reacts_find(reacts, REACTION_DOMAIN, SLICE("mx.test")));
	a = reacts_find(reacts, REACTION_SITE, SLICE("mx.test"));
	CHECK(a && atomic_load(&a->until_ms) == NOW + 10000);
	CHECK(reacts_reset(a));
	CHECK(!reacts_reset(a));
	CHECK_NUMBER(atomic_load(&a->until_ms), 0);
	CHECK_NUMBER(reacts_in_force(reacts), 0);
	reacts_release(&a);
	reacts_destroy(&reacts);
	CHECK(!reacts);
}

CASE("steps up to what is configured; what was kept does not replace what happened")
{
	struct reacts *reacts = reacts_create();
	struct react_scope *scope = reacts_hold(
		reacts, REACTION_PROVIDER, SLICE("google"));
	struct limit_terms three = {.connections = 3};
	struct react old = {.until_ms = NOW + 99};
	size_t changed = 0;

	reacts_configure(scope, &three, 0);
	hear(scope, &stop);
	reacts_restore(reacts, REACTION_PROVIDER, SLICE("google"), &old);
	CHECK_NUMBER(atomic_load(&scope->until_ms), NOW + 10000);
	reacts_advance(reacts, NOW + 9999, count_changed, &changed);
	CHECK_NUMBER(changed, 0);
	reacts_advance(reacts, NOW + 10000, count_changed, &changed);
	CHECK_NUMBER(atomic_load(&scope->connections), 1);
	CHECK_NUMBER(atomic_load(&scope->until_ms), 0);
	reacts_advance(reacts, NOW + 11000, count_changed, &changed);
	CHECK_NUMBER(atomic_load(&scope->connections), 2);
	reacts_advance(reacts, NOW + 12000, count_changed, &changed);
	CHECK_NUMBER(atomic_load(&scope->connections), 0);
	CHECK_NUMBER(changed, 3);
	CHECK_NUMBER(reacts_in_force(reacts), 0);
	reacts_restore(reacts, REACTION_PROVIDER, SLICE("google"), &old);
	CHECK_NUMBER(atomic_load(&scope->until_ms), NOW + 99);
	reacts_release(&scope);
	reacts_destroy(&reacts);
}

CASE("a tenant that is slowed down: a turn for each message")
{
	struct reacts *reacts = reacts_create();
	struct react_scope *scope = reacts_hold(
		reacts, REACTION_TENANT, SLICE("shop to google"));

	CHECK_NUMBER(reacts_withhold_ms(scope, NOW), 0);
	hear(scope, &slow);
	CHECK_NUMBER(reacts_special(reacts), 1);
	CHECK_NUMBER(reacts_withhold_ms(scope, NOW), 0);
	CHECK_NUMBER(reacts_withhold_ms(scope, NOW + 1), NOW + 500);
	CHECK_NUMBER(reacts_withhold_ms(scope, NOW + 2), NOW + 1000);
	CHECK_NUMBER(reacts_withhold_ms(scope, NOW + 500), 0);
	CHECK_NUMBER(reacts_withhold_ms(scope, NOW + 501), NOW + 1000);
	hear(scope, &stop);
	CHECK_NUMBER(reacts_withhold_ms(scope, NOW + 5000), NOW + 10000);
	reacts_reset(scope);
	CHECK_NUMBER(reacts_special(reacts), 0);
	reacts_release(&scope);
	reacts_destroy(&reacts);
}

CASE("many are visited, each once")
{
	struct reacts *reacts = reacts_create();
	size_t visited = 0;

	for (int i = 0; i < 1000; i++) {
		char key[32];
		struct react_scope *scope;

		snprintf(key, sizeof(key), "mx%d.test", i);
		scope = reacts_hold(reacts, REACTION_SITE, slice_of(key));
		if (i % 2)
			hear(scope, &stop);
		reacts_release(&scope);
	}
	CHECK_NUMBER(reacts_in_force(reacts), 500);
	reacts_each(reacts, count_each, &visited);
	CHECK_NUMBER(visited, 300);
	visited = 0;
	reacts_advance(reacts, NOW + 10000, count_changed, &visited);
	CHECK_NUMBER(visited, 500);
	reacts_destroy(&reacts);
}

CASE("the rate a site takes: found by whoever is refused, kept to by all")
{
	struct reacts *reacts = reacts_create();
	struct react_scope *scope = reacts_hold(reacts, REACTION_SITE, SLICE("mx"));
	int64_t now = 100 * SECOND;
	bool stopped;

	for (int i = 0; i < 50; i++) {
		CHECK(reacts_take(scope, now));
		CHECK(!reacts_note_accepted(scope, now, now + 1000));
		now += 10000;
	}
	CHECK(reacts_note_refused(scope, now, now + 1));
	CHECK(!reacts_take(scope, now + 2));
	CHECK(reacts_rate(scope, &stopped) <= 0 && stopped);
	now += 100001;
	CHECK_NUMBER(reacts_wait_us(scope, now), 0);
	CHECK(reacts_take(scope, now));
	CHECK(reacts_note_accepted(scope, now, now + 1000));
	CHECK(reacts_rate(scope, &stopped) > 70 && !stopped);
	CHECK(reacts_wait_us(scope, now + 1000) > 0);
	reacts_note_cut(scope, 20, now);
	CHECK(reacts_note_cut(scope, 20, now));
	CHECK_NUMBER(reacts_stint(scope, now), 20);
	reacts_reset(scope);
	CHECK_NUMBER(reacts_stint(scope, now), 0);
	CHECK_NUMBER(reacts_wait_us(scope, now), 0);
	reacts_release(&scope);
	reacts_destroy(&reacts);
}

static void *work(void *arg)
{
	struct reacts *reacts = arg;
	size_t count = 0;

	for (int i = 0; i < 2000; i++) {
		struct react_scope *scope = reacts_hold(
			reacts, REACTION_SITE, SLICE("shared"));

		hear(scope, &stop);
		reacts_note_refused(scope, i * SECOND, i * SECOND);
		reacts_take(scope, (i + 1) * SECOND);
		reacts_note_accepted(scope, (i + 1) * SECOND, (i + 1) * SECOND);
		if (i % 100 == 0)
			reacts_advance(reacts, NOW + 20000, count_changed, &count);
		if (i % 7 == 0)
			reacts_reset(scope);
		reacts_release(&scope);
	}
	return NULL;
}

CASE("several threads at once")
{
	struct reacts *reacts = reacts_create();
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
		CHECK(pthread_create(&threads[i], NULL, work, reacts) == 0);
	for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	CHECK(reacts_in_force(reacts) <= 1);
	reacts_destroy(&reacts);
}

CHECK_MAIN()
