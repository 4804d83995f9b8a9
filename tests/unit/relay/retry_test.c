/* The waits between attempts. */
#include "check.h"
#include "relay/retry.h"

static int64_t waits[] = {60000, 300000, 900000};
static const struct config_relay relay = {.retry_ms = waits, .retry_count = 3};

CASE("the list, its last wait repeating, a fifth more or less")
{
	static const struct {
		unsigned attempts;
		int64_t wait;
	} table[] = {{1, 60000}, {2, 300000}, {3, 900000}, {4, 900000}, {1000, 900000}};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		int64_t wait = table[i].wait, fifth = wait / 5, least = INT64_MAX,
			most = 0;

		CHECK_NUMBER(retry_wait_ms(&relay, table[i].attempts, (uint64_t)fifth),
			wait);
		for (uint64_t chance = 0; chance < 2000000; chance += 997) {
			int64_t got = retry_wait_ms(&relay, table[i].attempts, chance);

			least = got < least ? got : least;
			most = got > most ? got : most;
		}
		CHECK(least >= wait - fifth && least < wait - fifth + 1000);
		CHECK(most <= wait + fifth && most > wait + fifth - 1000);
	}
	CHECK(retry_wait_ms(&relay, 1, UINT64_MAX) <= 72000);
}

CASE("without a list, or with waits of nothing")
{
	int64_t nothing[] = {0};
	struct config_relay none = {.retry_count = 0},
			    zero = {.retry_ms = nothing, .retry_count = 1};

	CHECK_NUMBER(retry_wait_ms(&none, 1, 60000), 300000);
	CHECK_NUMBER(retry_wait_ms(&zero, 1, 12345), 0);
}

CASE("never beyond the end")
{
	CHECK_NUMBER(retry_due_ms(&relay, 1, 1000, 1000000, 12000), 61000);
	CHECK_NUMBER(retry_due_ms(&relay, 1, 1000, 50000, 12000), 50000);
	CHECK_NUMBER(retry_due_ms(&relay, 1, 1000, 0, 12000), 61000);
}

CASE("a site that is down is tried every quarter of an hour at least")
{
	int64_t hours[] = {4 * 3600000};
	struct config_relay slow = {.retry_ms = hours, .retry_count = 1};

	CHECK_NUMBER(retry_backoff_ms(&relay, 1, 12000), 60000);
	CHECK_NUMBER(retry_backoff_ms(&slow, 1, 0), BACKOFF_MAX_MS);
}

CHECK_MAIN()
