/* Token buckets against an oracle that looks at every window. */
#include "base/memory.h"
#include "check.h"
#include "limits/limit_bucket.h"

#define SENT_MAX 20000

static uint64_t seed = 88172645463325252;

static uint64_t random_below(uint64_t most)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % most;
}

struct sent {
	int64_t at[SENT_MAX];
	size_t count;
};

static struct sent sent;

/* The most in any window of the period, its end not in it. */
static size_t most_in(enum limit_period period)
{
	size_t most = 0, first = 0;

	for (size_t i = 0; i < sent.count; i++) {
		while (sent.at[first] <= sent.at[i] - limit_period_ns(period))
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	return most;
}

CASE("no limit, and one that is shut")
{
	struct limit_bucket bucket = {0};

	for (int i = 0; i < 1000; i++)
		CHECK(limit_bucket_take(&bucket, PER_DAY, 5));
	CHECK_NUMBER(limit_bucket_wait_ns(&bucket, PER_DAY, 5), 0);
	limit_bucket_shut(&bucket);
	CHECK(!limit_bucket_take(&bucket, PER_DAY, 5));
	CHECK_NUMBER(limit_bucket_wait_ns(&bucket, PER_DAY, 5), LIMIT_NEVER_NS);
}

/* Always as soon as it may: at least 95 in 100 of the limit, never more. */
static void greedy(enum limit_period period, uint64_t most)
{
	struct limit_bucket bucket = {0};
	int64_t now = 1000000000000, end = now + 5 * limit_period_ns(period);

	limit_bucket_set(&bucket, period, most, now);
	sent.count = 0;
	while (now < end && sent.count < SENT_MAX) {
		if (limit_bucket_take(&bucket, period, now)) {
			sent.at[sent.count++] = now;
			continue;
		}
		now += limit_bucket_wait_ns(&bucket, period, now);
		CHECK_NUMBER(limit_bucket_wait_ns(&bucket, period, now), 0);
	}
	CHECK(most_in(period) <= most);
	CHECK(sent.count * 100 >= 5 * most * 95);
}

CASE("all of it is used, and no more")
{
	static const uint64_t counts[] = {1, 2, 3, 7, 50, 100, 999, 3000};

	for (enum limit_period p = 0; p < PERIODS; p++)
		for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
			greedy(p, counts[i]);
}

CASE("a day's does not leave all at once, a second's makes up for 20 ms")
{
	struct limit_bucket day = {0}, second = {0};
	unsigned count = 0;

	limit_bucket_set(&day, PER_DAY, 1000, 0);
	while (limit_bucket_take(&day, PER_DAY, 1))
		count++;
	CHECK(count >= 25 && count <= 40);
	limit_bucket_set(&second, PER_SECOND, 1000, 0);
	for (count = 0; limit_bucket_take(&second, PER_SECOND, 1);)
		count++;
	CHECK(count >= 19 && count <= 21);
}

/* A token that is given back counts only if it was used. */
struct held {
	int64_t taken;
	size_t place;
};

static void schedule(enum limit_period period, uint64_t most)
{
	struct limit_bucket bucket = {0};
	int64_t now = 7000000000000, period_ns = limit_period_ns(period);
	static bool back[SENT_MAX];
	struct sent all = {.count = 0};

	limit_bucket_set(&bucket, period, most, now);
	memset(back, 0, sizeof(back));
	for (size_t step = 0; step < 300; step++) {
		uint64_t kind = random_below(10);

		if (kind < 2)
			now += (int64_t)random_below((uint64_t)period_ns);
		else if (kind < 6)
			now += (int64_t)random_below(
				(uint64_t)period_ns * 2 / most + 1);
		if (kind < 8 && limit_bucket_take(&bucket, period, now))
			all.at[all.count++] = now;
		if (kind >= 7 && all.count) {
			size_t which = all.count - 1 -
				       random_below(all.count < 6 ? all.count : 6);

			if (!back[which])
				limit_bucket_give_back(&bucket, all.at[which], now);
			back[which] = true;
		}
	}
	sent.count = 0;
	for (size_t i = 0; i < all.count; i++)
		if (!back[i])
			sent.at[sent.count++] = all.at[i];
	CHECK(most_in(period) <= most);
}

CASE("thousands of schedules, with tokens given back")
{
	for (int i = 0; i < 20000; i++)
		schedule((enum limit_period)random_below(PERIODS),
			1 + random_below(random_below(2) ? 4 : 60));
}

CASE("what was not used may be used, if nobody came in between")
{
	struct limit_bucket bucket = {0};

	limit_bucket_set(&bucket, PER_DAY, 1, 0);
	CHECK(limit_bucket_take(&bucket, PER_DAY, 5));
	CHECK(!limit_bucket_take(&bucket, PER_DAY, 6));
	limit_bucket_give_back(&bucket, 5, 7);
	CHECK(limit_bucket_take(&bucket, PER_DAY, 8));
	CHECK(!limit_bucket_take(&bucket, PER_DAY, 9));
}

CASE("less is allowed from now on, and more again")
{
	struct limit_bucket bucket = {0};
	int64_t now = 1000000000000;

	limit_bucket_set(&bucket, PER_SECOND, 100, now);
	while (limit_bucket_take(&bucket, PER_SECOND, now))
		continue;
	limit_bucket_set(&bucket, PER_SECOND, 2, now);
	sent.count = 0;
	for (int i = 0; i < 3000; i++) {
		now += 1000000;
		if (limit_bucket_take(&bucket, PER_SECOND, now))
			sent.at[sent.count++] = now;
	}
	CHECK(sent.count >= 5 && sent.count <= 6);
	limit_bucket_set(&bucket, PER_SECOND, 1000, now);
	CHECK(limit_bucket_wait_ns(&bucket, PER_SECOND, now) <= 600000000);
}

CASE("the wait for many is that of taking them one by one")
{
	static const uint64_t counts[] = {1, 2, 3, 10, 57, 300};
	int64_t begin = 1000000000000;

	for (enum limit_period period = PER_SECOND; period < PERIODS; period++)
		for (size_t used = 0; used < 40; used += 13)
			for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
				struct limit_bucket bucket = {0};
				int64_t now = begin, told;

				limit_bucket_set(&bucket, period, 50, now);
				for (size_t j = 0; j < used; j++)
					limit_bucket_take(&bucket, period, now);
				told = limit_bucket_wait_for_ns(
					&bucket, period, counts[i], now);
				for (uint64_t taken = 0; taken < counts[i];) {
					now += limit_bucket_wait_ns(
						&bucket, period, now);
					taken += limit_bucket_take(
						&bucket, period, now);
				}
				CHECK_NUMBER(told, now - begin);
			}
}

CASE("the wait for many: no limit, one that is shut, more than there is time for")
{
	struct limit_bucket bucket = {0};

	CHECK_NUMBER(limit_bucket_wait_for_ns(&bucket, PER_DAY, 1000, 5), 0);
	limit_bucket_set(&bucket, PER_DAY, 1, 5);
	CHECK_NUMBER(limit_bucket_wait_for_ns(&bucket, PER_DAY, UINT64_MAX, 5),
		LIMIT_NEVER_NS);
	limit_bucket_shut(&bucket);
	CHECK_NUMBER(limit_bucket_wait_for_ns(&bucket, PER_DAY, 1, 5), LIMIT_NEVER_NS);
}

CHECK_MAIN()
