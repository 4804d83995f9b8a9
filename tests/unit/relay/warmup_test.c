/* Warm-up schedules: what a day and a slot of it allow, and what is at hand. */
#include "relay/warmup.h"

#include "base/config.h"
#include "base/memory.h"
#include "check.h"

#define DAY_MS	INT64_C(86400000)
#define SLOT_MS INT64_C(600000)

static uint64_t amounts[] = {50, 100, 1000};
static const struct config_warmup schedule = {
	.amounts = amounts, .days = 3, .spread_ms = 8 * 3600 * 1000};

CASE("each day has its messages, and after the last there is no limit")
{
	static const struct {
		int64_t day, number;
		bool over;
		uint64_t messages, slot_most;
	} table[] = {
		{99, -1, false, 0, 0},
		{100, 0, false, 50, 2}, /* 48 slots of 8 hours: 1.04 */
		{101, 1, false, 100, 3},
		{102, 2, false, 1000, 21},
		{103, 3, true, 0, 0},
		{500, 400, true, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct warmup_day day = warmup_day(
			&schedule, 100, table[i].day * DAY_MS + 5);

		CHECK_NUMBER(day.day, table[i].day);
		CHECK_NUMBER(day.number, table[i].number);
		CHECK(day.over == table[i].over);
		CHECK_NUMBER(day.messages, table[i].messages);
		CHECK_NUMBER(day.slot_most, table[i].slot_most);
	}
}

CASE("days and slots end when they end")
{
	struct warmup_day first = warmup_day(&schedule, 100, 100 * DAY_MS);
	struct warmup_day late = warmup_day(&schedule, 100, 101 * DAY_MS - 1);

	CHECK_NUMBER(first.slot, 0);
	CHECK_NUMBER(first.slot_end_ms, 100 * DAY_MS + SLOT_MS);
	CHECK_NUMBER(first.day_end_ms, 101 * DAY_MS);
	CHECK_NUMBER(late.slot, 143);
	CHECK_NUMBER(late.slot_end_ms, 101 * DAY_MS);
	CHECK_NUMBER(late.messages, 50);
}

CASE("portions are a part of a slot, one at the least")
{
	struct warmup_day day = {.slot_most = 2};

	CHECK_NUMBER(warmup_portion(&day), 1);
	day.slot_most = 200;
	CHECK_NUMBER(warmup_portion(&day), 20);
	day.slot_most = 1000000;
	CHECK_NUMBER(warmup_portion(&day), 500);
}

CASE("without a spread the day is one slot")
{
	struct config_warmup at_once = schedule;

	at_once.spread_ms = 0;
	CHECK_NUMBER(warmup_day(&at_once, 100, 100 * DAY_MS).slot_most, 50);
}

CASE("what is at hand is taken once, and not after its slot")
{
	struct warmup warmup = {.left = 2, .left_until_ms = 1000};

	CHECK(warmup_is_at_hand(&warmup, 999));
	CHECK(!warmup_is_at_hand(&warmup, 1000));
	CHECK(!warmup_take(&warmup, 1000));
	CHECK(warmup_take(&warmup, 1));
	CHECK(warmup_take(&warmup, 1));
	CHECK(!warmup_take(&warmup, 1));
	CHECK(!warmup_take(&warmup, 1));
	warmup_give_back(&warmup);
	CHECK(warmup_take(&warmup, 1));
	warmup.shut_until_ms = 500;
	CHECK_NUMBER(warmup_shut_until(&warmup, 499), 500);
	CHECK_NUMBER(warmup_shut_until(&warmup, 500), 0);
	warmup.over = true;
	CHECK(warmup_take(&warmup, 2000));
}

CHECK_MAIN()
