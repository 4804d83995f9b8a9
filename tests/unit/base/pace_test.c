/* The slowest of the last minute. */
#include "base/pace.h"

#include "check.h"

#define SECOND 1000000LL

CASE("nothing noted")
{
	struct pace pace = {0};

	CHECK_NUMBER(pace_longest_us(&pace, 0), 0);
	CHECK_NUMBER(pace_longest_us(&pace, 1000 * SECOND), 0);
}

CASE("the longest counts for a minute, then the next")
{
	struct pace pace = {0};
	int64_t now = 1000 * SECOND;

	pace_note(&pace, now, 70);
	pace_note(&pace, now + SECOND, 50);
	pace_note(&pace, now + 30 * SECOND, 40);
	CHECK_NUMBER(pace_longest_us(&pace, now + 30 * SECOND), 70);
	CHECK_NUMBER(pace_longest_us(&pace, now + 54 * SECOND), 70);
	CHECK_NUMBER(pace_longest_us(&pace, now + 61 * SECOND), 40);
	CHECK_NUMBER(pace_longest_us(&pace, now + 95 * SECOND), 0);
	pace_note(&pace, now + 120 * SECOND, 5);
	CHECK_NUMBER(pace_longest_us(&pace, now + 120 * SECOND), 5);
}

CHECK_MAIN()
