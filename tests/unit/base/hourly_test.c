/* Counts of the last hour: what leaves them, and when there is room again. */
#include "base/hourly.h"

#include "check.h"

#define MINUTE INT64_C(60000000)

CASE("what happened an hour ago is forgotten, by the minute")
{
	struct hourly hourly = {0};
	int64_t now = 1000 * MINUTE;

	hourly_add(&hourly, now);
	hourly_add(&hourly, now + 30 * MINUTE);
	CHECK_NUMBER(hourly_total(&hourly, now + 59 * MINUTE), 2);
	CHECK_NUMBER(hourly_total(&hourly, now + 61 * MINUTE), 1);
	CHECK_NUMBER(hourly_total(&hourly, now + 91 * MINUTE), 0);
	hourly_add(&hourly, now + 10000 * MINUTE);
	CHECK_NUMBER(hourly_total(&hourly, now + 10000 * MINUTE), 1);
}

CASE("one too many is told how long to wait, and has room then")
{
	struct hourly hourly = {0};
	int64_t now = 1000 * MINUTE;
	unsigned wait_s = 0;

	for (int i = 0; i < 3; i++)
		CHECK(hourly_take(&hourly, 3, now + i * MINUTE, &wait_s));
	CHECK(!hourly_take(&hourly, 3, now + 3 * MINUTE, &wait_s));
	CHECK(wait_s > 57 * 60 && wait_s <= 59 * 60);
	CHECK(!hourly_take(&hourly, 3, now + 3 * MINUTE, &wait_s));
	CHECK(hourly_take(
		&hourly, 3, now + 3 * MINUTE + wait_s * INT64_C(1000000), &wait_s));
	CHECK(!hourly_take(&hourly, 0, now, &wait_s));
}

CHECK_MAIN()
