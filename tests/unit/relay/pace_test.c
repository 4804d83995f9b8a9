/* Messages of the last minute. */
#include "relay/pace.h"

#include "check.h"

#define SECOND INT64_C(1000000)

CASE("nothing yet, and after a quiet minute")
{
	struct pace pace = {{0}, 0, 0};
	int64_t period;

	CHECK_NUMBER(pace_look(&pace, 1000 * SECOND, &period), 0);
	pace_add(&pace, 0, 1000 * SECOND);
	CHECK_NUMBER(pace_look(&pace, 1000 * SECOND, &period), 0);
	pace_add(&pace, 7, 1000 * SECOND);
	CHECK_NUMBER(pace_look(&pace, 1054 * SECOND, &period), 7);
	CHECK_NUMBER(pace_look(&pace, 1060 * SECOND, &period), 0);
}

CASE("since the first")
{
	struct pace pace = {{0}, 0, 0};
	int64_t period;

	pace_add(&pace, 3, 1001 * SECOND);
	pace_add(&pace, 4, 1003 * SECOND);
	pace_add(&pace, 5, 1011 * SECOND);
	CHECK_NUMBER(pace_look(&pace, 1011 * SECOND, &period), 12);
	CHECK_NUMBER(period, 10 * SECOND);
	/* A quiet minute later it begins anew. */
	pace_add(&pace, 1, 1300 * SECOND);
	CHECK_NUMBER(pace_look(&pace, 1302 * SECOND, &period), 1);
	CHECK_NUMBER(period, 2 * SECOND);
}

CASE("a machine that has just begun")
{
	struct pace pace = {{0}, 0, 0};
	int64_t period;

	pace_add(&pace, 2, 3 * SECOND);
	CHECK_NUMBER(pace_look(&pace, 4 * SECOND, &period), 2);
	pace_add(&pace, 3, 30 * SECOND);
	CHECK_NUMBER(pace_look(&pace, 31 * SECOND, &period), 5);
	CHECK_NUMBER(pace_look(&pace, 64 * SECOND, &period), 3);
}

CASE("one a second, for an hour: what is told is true at every moment")
{
	struct pace pace = {{0}, 0, 0};
	int64_t period;

	for (int64_t second = 0; second < 3600; second++) {
		int64_t now = (1000 + second) * SECOND;
		uint64_t count;

		pace_add(&pace, 1, now);
		count = pace_look(&pace, now, &period);
		CHECK(period <= 60 * SECOND);
		CHECK_NUMBER(count, period / SECOND + 1);
	}
}

CHECK_MAIN()
