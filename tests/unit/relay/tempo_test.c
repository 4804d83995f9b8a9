/* What a sender that learns gets out of receivers with limits it was not told. */
#include "react/tempo.h"

#include "base/memory.h"

#include "check.h"
#include "receiver.h"

#define SECOND INT64_C(1000000)
#define NOW    (1000 * SECOND)

static const struct {
	const char *name;
	struct receiver_limits limits;
	struct sending sending;
	unsigned used;	  /* of what is allowed, percent, at the least */
	unsigned refused; /* of a thousand accepted, at the most */
} receivers[] = {
	{"50 a second, not known before: the first ten seconds",
		{.rate = 50, .burst = 5},
		{.connections = 20, .reply_us = 2000, .seconds = 10}, 85, 60},
	{"50 a second", {.rate = 50, .burst = 5},
		{.connections = 20, .reply_us = 2000, .seconds = 300}, 92, 4},
	{"50 a second, answers take 50 ms", {.rate = 50, .burst = 5},
		{.connections = 20, .reply_us = 50000, .seconds = 300}, 90, 5},
	{"50 a second, 100 at once", {.rate = 50, .burst = 100},
		{.connections = 20, .reply_us = 20000, .seconds = 300}, 92, 5},
	{"one a second", {.rate = 1, .burst = 1},
		{.connections = 20, .reply_us = 20000, .seconds = 3600}, 85, 15},
	{"ten a minute", {.rate = 1.0 / 6, .burst = 2},
		{.connections = 20, .reply_us = 20000, .seconds = 14400}, 85, 25},
	{"1,000 a second over 200 connections", {.rate = 1000, .burst = 50},
		{.connections = 200, .reply_us = 20000, .seconds = 120}, 80, 10},
	{"3,000 in each minute", {.window = 3000, .window_us = 60 * SECOND},
		{.connections = 20, .reply_us = 5000, .seconds = 1200}, 75, 10},
	{"100 in each minute", {.window = 100, .window_us = 60 * SECOND},
		{.connections = 20, .reply_us = 5000, .seconds = 7200}, 85, 15},
	{"5 in each second", {.window = 5, .window_us = SECOND},
		{.connections = 20, .reply_us = 5000, .seconds = 600}, 85, 15},
	{"5 connections", {.connections = 5},
		{.connections = 20, .reply_us = 50000, .seconds = 300}, 99, 0},
	{"20 messages a connection", {.per_connection = 20},
		{.connections = 20, .reply_us = 5000, .seconds = 60}, 94, 0},
	{"50 a second, 5 connections, 20 messages each",
		{.rate = 50, .burst = 5, .connections = 5, .per_connection = 20},
		{.connections = 20, .reply_us = 20000, .seconds = 300}, 90, 5},
	{"50 a second, after a minute 500", {.rate = 50, .burst = 5},
		{.connections = 20,
			.reply_us = 2000,
			.seconds = 300,
			.change_s = 60,
			.other = {.rate = 500, .burst = 50}},
		80, 2},
	{"50 a second, after a minute any number", {.rate = 50, .burst = 5},
		{.connections = 20,
			.reply_us = 2000,
			.seconds = 300,
			.change_s = 60,
			.other = {.rate = 0}},
		80, 1},
	{"500 a second, after a minute 50", {.rate = 500, .burst = 50},
		{.connections = 20,
			.reply_us = 2000,
			.seconds = 300,
			.change_s = 60,
			.other = {.rate = 50, .burst = 5}},
		85, 5},
	{"50 a second where there are 40", {.rate = 50, .burst = 5},
		{.connections = 20, .reply_us = 2000, .demand = 40, .seconds = 300}, 99,
		0},
};

CASE("many shapes of limits: most of what is allowed is used, with few refusals")
{
	for (size_t i = 0; i < ARRAY_COUNT(receivers); i++) {
		struct receiver_report report = receiver_run(
			&receivers[i].limits, &receivers[i].sending);
		double used = 100 * (double)report.accepted / report.ideal;
		double refused = 1000 * (double)report.refused /
				 (double)report.accepted;

		printf("%-52s %5.1f %% used, %6.3f %% refused; %llu of %llu "
		       "connections refused, %llu cut\n",
			receivers[i].name, used, refused / 10,
			(unsigned long long)report.refused_connects,
			(unsigned long long)report.connects,
			(unsigned long long)report.cut);
		CHECK(used >= receivers[i].used);
		CHECK(refused <= receivers[i].refused);
	}
}

CASE("connections: a refusal now and then, ever more seldom; few are cut")
{
	struct receiver_limits five = {.connections = 5},
			       twenty = {.per_connection = 20};
	struct sending hour = {.connections = 20, .reply_us = 50000, .seconds = 3600};
	struct receiver_report report = receiver_run(&five, &hour);

	CHECK(report.refused_connects <= 15);
	report = receiver_run(&twenty, &hour);
	CHECK(report.cut <= 40);
}

CASE("nothing is held back before it is refused")
{
	struct tempo tempo = {0};

	for (int i = 0; i < 1000; i++) {
		CHECK_NUMBER(tempo_wait_us(&tempo, NOW), 0);
		CHECK(tempo_take(&tempo, NOW));
		CHECK(!tempo_note_accepted(&tempo, NOW, NOW + 1000));
	}
}

CASE("a refusal stops everything; answers to what was on its way change nothing")
{
	struct tempo tempo = {0};

	for (int i = 0; i < 100; i++)
		tempo_note_accepted(&tempo, NOW + i * 10000, NOW + i * 10000 + 5);
	CHECK(tempo_note_refused(&tempo, NOW + SECOND, NOW + SECOND + 10));
	CHECK(!tempo_note_refused(&tempo, NOW + SECOND, NOW + SECOND + 20));
	CHECK(!tempo_note_accepted(&tempo, NOW + SECOND, NOW + SECOND + 30));
	CHECK(!tempo_take(&tempo, NOW + SECOND + 99999));
	CHECK_NUMBER(tempo_wait_us(&tempo, NOW + SECOND + 10), 100000);
	/* One at a time tries it, each later. */
	CHECK(tempo_take(&tempo, NOW + SECOND + 100010));
	CHECK(!tempo_take(&tempo, NOW + SECOND + 100011));
	CHECK(!tempo_note_refused(
		&tempo, NOW + SECOND + 100010, NOW + SECOND + 100020));
	CHECK_NUMBER(tempo_wait_us(&tempo, NOW + SECOND + 100020), 200000);
	CHECK(tempo_take(&tempo, NOW + SECOND + 300020));
	CHECK(tempo_note_accepted(
		&tempo, NOW + SECOND + 300020, NOW + SECOND + 300030));
	/* 101 in 1.3 s, less a tenth. */
	CHECK(tempo.rate > 69 && tempo.rate < 71);
	/* From before. */
	CHECK(!tempo_note_refused(&tempo, NOW + SECOND + 20, NOW + SECOND + 300040));
}

CASE("one that never answers otherwise is tried ever more seldom")
{
	struct tempo tempo = {0};
	int64_t now = NOW;

	tempo_note_refused(&tempo, now, now + 1);
	for (int i = 0; i < 40; i++) {
		now += tempo_wait_us(&tempo, now) + 1;
		CHECK(tempo_take(&tempo, now));
		tempo_note_refused(&tempo, now, now + 1);
	}
	CHECK_NUMBER(tempo_wait_us(&tempo, now + 1), 240 * SECOND);
}

CHECK_MAIN()
