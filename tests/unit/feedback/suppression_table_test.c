/* The table of the suppression list, held against a plain one. */
#include "feedback/suppression_table.h"

#include <pthread.h>

#include "base/memory.h"
#include "check.h"

#define MANY 1000000

static uint64_t state;

/* xorshift64*: the same numbers in every run. */
static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(0x2545F4914F6CDD1D);
}

static struct suppression_mark mark(uint32_t until_s, uint32_t facts)
{
	return (struct suppression_mark){.until_s = until_s, .facts = facts};
}

static bool has(const struct suppression_table *table, uint64_t hash, uint32_t facts)
{
	struct suppression_mark found;

	return suppression_table_find(table, hash, &found) && found.facts == facts;
}

CASE("set, found, replaced, removed")
{
	struct suppression_table *table = suppression_table_create();
	struct suppression_mark found;

	CHECK(!suppression_table_find(table, 1, &found));
	suppression_table_remove(table, 1);
	suppression_table_set(table, 7, mark(0, 1));
	suppression_table_set(table, 7, mark(5, 2));
	CHECK_NUMBER(suppression_table_count(table), 1);
	CHECK(has(table, 7, 2));
	CHECK(!has(table, 8, 2));
	/* 0 is a hash like any other. */
	suppression_table_set(table, 0, mark(0, 3));
	CHECK(has(table, 0, 3));
	suppression_table_remove(table, 0);
	CHECK(!suppression_table_find(table, 0, &found));
	suppression_table_remove(table, 7);
	CHECK_NUMBER(suppression_table_count(table), 0);
	suppression_table_destroy(&table);
	suppression_table_destroy(&table);
}

CASE("what is of a domain is counted")
{
	struct suppression_table *table = suppression_table_create();

	suppression_table_set(table, 7, mark(0, 1));
	CHECK_NUMBER(suppression_table_domains(table), 0);
	suppression_table_set(table, 8, mark(0, SUPPRESSION_MARK_DOMAIN));
	suppression_table_set(table, 8, mark(9, SUPPRESSION_MARK_DOMAIN | 1));
	CHECK_NUMBER(suppression_table_domains(table), 1);
	suppression_table_expire(table, 0, 9);
	CHECK_NUMBER(suppression_table_domains(table), 0);
	CHECK_NUMBER(suppression_table_count(table), 1);
	suppression_table_destroy(&table);
}

#define CROWD  600
#define NUMBER 64

/* Few parts, few homes: long runs that wrap around. */
static uint64_t crowded(uint64_t number)
{
	return (number % 3) << 58 | (number * 7 % 13) | number << 32 | 0xff0;
}

CASE("crowded: any order of adding, removing and expiring, as a plain table")
{
	static uint32_t plain[CROWD]; /* until + 1; 0: not there */

	state = 42;
	for (unsigned round = 0; round < NUMBER; round++) {
		struct suppression_table *table = suppression_table_create();
		size_t count = 0;

		memset(plain, 0, sizeof(plain));
		for (unsigned step = 0; step < 2000; step++) {
			uint64_t one = next() % CROWD;
			uint32_t until = (uint32_t)(next() % 100);

			switch (next() % 8) {
			case 0:
			case 1:
			case 2:
				suppression_table_remove(table, crowded(one));
				plain[one] = 0;
				break;
			case 3:
				if (step % 50)
					break;
				for (unsigned part = 0; part < 3; part++)
					suppression_table_expire(table, part, until);
				for (unsigned i = 0; i < CROWD; i++)
					if (plain[i] > 1 && plain[i] - 1 <= until)
						plain[i] = 0;
				break;
			default:
				suppression_table_set(table, crowded(one),
					mark(until, (uint32_t)one));
				plain[one] = until + 1;
			}
		}
		for (unsigned i = 0; i < CROWD; i++) {
			struct suppression_mark found = {0};
			bool there = suppression_table_find(table, crowded(i), &found);

			if (!CHECK(there == (plain[i] > 0)))
				break;
			if (there)
				CHECK(found.facts == i &&
					found.until_s == plain[i] - 1);
			count += there;
		}
		CHECK_NUMBER(suppression_table_count(table), count);
		suppression_table_destroy(&table);
	}
}

CASE("one becomes another")
{
	struct suppression_table *table = suppression_table_create();
	struct suppression_table *fresh = suppression_table_create();

	for (uint64_t i = 1; i <= 1000; i++)
		suppression_table_set(table, i << 40 | i, mark(0, 1));
	for (uint64_t i = 1; i <= 10; i++)
		suppression_table_set(
			fresh, i << 56 | i, mark(0, 2 | SUPPRESSION_MARK_DOMAIN));
	suppression_table_become(table, &fresh);
	CHECK(!fresh);
	CHECK_NUMBER(suppression_table_count(table), 10);
	CHECK_NUMBER(suppression_table_domains(table), 10);
	CHECK(!has(table, (uint64_t)5 << 40 | 5, 1));
	CHECK(has(table, (uint64_t)5 << 56 | 5, 2 | SUPPRESSION_MARK_DOMAIN));
	suppression_table_destroy(&table);
}

CASE("a million entries take 32 bytes each")
{
	struct suppression_table *table = suppression_table_create();
	size_t found = 0;

	state = 1;
	for (unsigned i = 0; i < MANY; i++)
		suppression_table_set(table, next(), mark(0, i));
	state = 1;
	for (unsigned i = 0; i < MANY; i++)
		found += has(table, next(), i);
	CHECK_NUMBER(found, MANY);
	CHECK_NUMBER(suppression_table_count(table), MANY);
	CHECK(suppression_table_bytes(table) < 34 * (size_t)MANY);
	suppression_table_destroy(&table);
}

/* ---- From several threads ---- */

struct crew {
	struct suppression_table *table;
	uint64_t first;
	size_t missed;
};

#define EACH 20000

static void *add_and_look(void *arg)
{
	struct crew *crew = arg;

	for (uint64_t i = 0; i < EACH; i++) {
		uint64_t hash = (crew->first + i) * UINT64_C(0x9E3779B97F4A7C15);

		suppression_table_set(crew->table, hash, mark(0, (uint32_t)i));
		crew->missed += !has(crew->table, hash, (uint32_t)i);
		if (i % 2)
			suppression_table_remove(crew->table, hash);
	}
	return NULL;
}

CASE("several threads at a time")
{
	struct suppression_table *table = suppression_table_create();
	struct crew crews[4];
	pthread_t threads[4];

	for (unsigned i = 0; i < 4; i++) {
		crews[i] = (struct crew){.table = table, .first = 1 + i * EACH};
		pthread_create(&threads[i], NULL, add_and_look, &crews[i]);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		CHECK_NUMBER(crews[i].missed, 0);
	}
	CHECK_NUMBER(suppression_table_count(table), 4 * EACH / 2);
	suppression_table_destroy(&table);
}

CHECK_MAIN()
