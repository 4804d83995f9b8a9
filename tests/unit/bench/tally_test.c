/* What is counted, added up, and said of it. */
#include "bench/tally.h"

#include <jansson.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "bench/report.h"
#include "check.h"

static uint64_t count_of(const struct tally *tally, const char *text)
{
	const struct tally_text *found = map_find(&tally->texts, slice_of(text));

	return found ? found->count : 0;
}

CASE("replies are counted without what differs from one to the next")
{
	struct reply one = REPLY(450, 4, 7, 1, "<a@b.test> greylisted for 60 s");
	struct reply two = REPLY(450, 4, 7, 1, "<c@d.test> greylisted for 59 s");
	struct reply bare = {.code = 554};
	struct tally *tally = tally_create();

	tally_reply(tally, "rcpt", &one);
	tally_reply(tally, "rcpt", &two);
	tally_reply(tally, "mail", &one);
	tally_reply(tally, "data", &bare);
	CHECK_NUMBER(count_of(tally, "rcpt: 450 4.7.1 <...> greylisted for # s"), 2);
	CHECK_NUMBER(count_of(tally, "mail: 450 4.7.1 <...> greylisted for # s"), 1);
	CHECK_NUMBER(count_of(tally, "data: 554"), 1);
	tally_destroy(&tally);
	CHECK(!tally);
}

CASE("very long texts are cut, too many are counted together")
{
	struct tally *tally = tally_create();
	char text[400];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	tally_text(tally, "long", text);
	for (unsigned i = 0; i < 2 * TALLY_TEXTS_MAX; i++) {
		text[0] = (char)('a' + i % 26);
		text[1] = (char)('a' + i / 26 % 26);
		text[2] = (char)('a' + i / 676);
		text[3] = '\0';
		tally_text(tally, "t", text);
	}
	CHECK_NUMBER(tally->texts.count, TALLY_TEXTS_MAX + 1);
	CHECK_NUMBER(count_of(tally, "other texts"), TALLY_TEXTS_MAX + 1);
	tally_destroy(&tally);
}

static void fill(struct tally *tally, int64_t from_us)
{
	for (int64_t i = 0; i < 1000; i++) {
		tally_count(tally, TALLY_DONE, 1);
		tally_count(tally, TALLY_BYTES, 1000);
		tally_message(tally, from_us + i * 1000, from_us + i * 1000 + i);
	}
	tally_time(tally, TALLY_TLS, 700);
	tally_text(tally, "x", "y");
}

CASE("two workers' tallies add up: rate, times, texts")
{
	struct tally *tallies[] = {tally_create(), tally_create()};
	char *arguments[] = {(char *)(uintptr_t) "127.0.0.1:25", NULL};
	struct report report = {.program = "source",
		.done = "acked",
		.arguments = arguments,
		.tallies = tallies,
		.tally_count = 2};
	char path[] = "/tmp/ringpost-report-XXXXXX", text[4096] = {0};
	int fd = mkstemp(path);
	json_t *json, *message;
	FILE *to;

	report_open(&report);
	fill(tallies[0], 5000000);
	report_tick(&report);
	fill(tallies[1], 6000000);
	report_tick(&report);
	report_close(&report);
	CHECK_NUMBER(tally_get(report.total, TALLY_DONE), 2000);
	CHECK_NUMBER(count_of(report.total, "x: y"), 2);
	CHECK(report_seconds(&report) > 1.99 && report_seconds(&report) < 2.01);
	CHECK(report_rate(&report) > 990 && report_rate(&report) < 1010);
	CHECK_NUMBER(report.seconds, 2);
	CHECK_NUMBER(report.per_second[1].done, 1000);

	to = fmemopen(text, sizeof(text) - 1, "w");
	report_print(&report, to);
	fclose(to);
	CHECK(strstr(text, "2000 messages acked"));
	CHECK(strstr(text, "x: y") && strstr(text, "tls"));

	CHECK(report_write_json(&report, path));
	json = json_load_file(path, 0, NULL);
	CHECK(json != NULL);
	CHECK_NUMBER(json_integer_value(json_object_get(
			     json_object_get(json, "messages"), "acked")),
		2000);
	message = json_object_get(json_object_get(json, "microseconds"), "message");
	CHECK_NUMBER(json_integer_value(json_object_get(message, "count")), 2000);
	CHECK_NUMBER(json_integer_value(json_object_get(message, "max")), 999);
	CHECK(json_integer_value(json_object_get(message, "p50")) > 480);
	json_decref(json);
	CHECK(!report_write_json(&report, "/nowhere/report"));
	report_finish(&report);
	tally_destroy(&tallies[0]);
	tally_destroy(&tallies[1]);
	close(fd);
	unlink(path);
}

CASE("nothing done: no division by it")
{
	struct tally *tallies[] = {tally_create()};
	struct report report = {.program = "sink",
		.done = "taken",
		.tallies = tallies,
		.tally_count = 1};
	char text[2048] = {0};
	FILE *to = fmemopen(text, sizeof(text) - 1, "w");

	report_open(&report);
	report_close(&report);
	report_print(&report, to);
	fclose(to);
	CHECK(strstr(text, "0 messages taken in 0.00 s: 0/s"));
	report_finish(&report);
	tally_destroy(&tallies[0]);
}

CHECK_MAIN()
