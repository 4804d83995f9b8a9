/* Which message is next, and when it is due. */
#include "bench/pace.h"

#include "check.h"

#define START 5000000

CASE("as fast as it goes: until the count")
{
	struct pace pace = {.messages = 3};
	uint64_t number;
	int64_t due_us;

	pace_init(&pace, 10);
	for (uint64_t i = 0; i < 3; i++) {
		CHECK(!pace_is_over(&pace, START));
		CHECK(pace_take(&pace, START + 7, false, &number, &due_us) ==
			PACE_TAKEN);
		CHECK_NUMBER(number, i);
		CHECK_NUMBER(due_us, START + 7);
	}
	CHECK(pace_take(&pace, START, true, &number, &due_us) == PACE_OVER);
	CHECK(pace_is_over(&pace, START));
	CHECK(!pace_is_out_of_time(&pace, START + 1000000000));
}

CASE("as fast as it goes: until the time, from the first")
{
	struct pace pace = {.duration_us = 1000};
	uint64_t number;
	int64_t due_us;

	pace_init(&pace, 1);
	CHECK(!pace_is_over(&pace, START + 99999));
	CHECK(pace_take(&pace, START, false, &number, &due_us) == PACE_TAKEN);
	CHECK(pace_take(&pace, START + 999, false, &number, &due_us) == PACE_TAKEN);
	CHECK(pace_take(&pace, START + 1000, false, &number, &due_us) == PACE_OVER);
	CHECK(pace_is_out_of_time(&pace, START + 1000));
}

CASE("a rate: due evenly from when all are ready, whoever is late")
{
	struct pace pace = {.rate = 1000, .messages = 5};
	uint64_t number = 99;
	int64_t due_us;

	pace_init(&pace, 2);
	pace_ready(&pace, START - 10);
	CHECK(pace_take(&pace, START - 10, true, &number, &due_us) == PACE_LATER);
	pace_ready(&pace, START);
	CHECK(pace_take(&pace, START, false, &number, &due_us) == PACE_TAKEN);
	CHECK_NUMBER(due_us, START);
	CHECK(pace_take(&pace, START + 999, false, &number, &due_us) == PACE_LATER);
	CHECK_NUMBER(due_us, START + 1000);
	CHECK(pace_take(&pace, START + 999, true, &number, &due_us) == PACE_TAKEN);
	CHECK_NUMBER(number, 1);
	CHECK_NUMBER(due_us, START + 1000);
	/* Ten milliseconds late: still due when it was. */
	CHECK(pace_take(&pace, START + 10000, false, &number, &due_us) == PACE_TAKEN);
	CHECK_NUMBER(due_us, START + 2000);
	CHECK(pace_take(&pace, START + 10000, false, &number, &due_us) == PACE_TAKEN);
	CHECK(pace_take(&pace, START + 10000, false, &number, &due_us) == PACE_TAKEN);
	CHECK_NUMBER(due_us, START + 4000);
	CHECK(pace_take(&pace, START + 10000, false, &number, &due_us) == PACE_OVER);
}

CHECK_MAIN()
