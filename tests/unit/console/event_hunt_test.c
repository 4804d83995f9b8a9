/* A message looked for in a file of events and in those that were full. */
#include "report/event_hunt.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "events/compress.h"

#include "check.h"

#define ID    "1m7ynm3ch015wm76"
#define START INT64_C(1763700000000) /* 2025-11-21T04:40:00Z */
#define HOUR  INT64_C(3600000)

static char folder[] = "/tmp/event_hunt_test.XXXXXX", path[64];

/* What was found: "1 3 ", the numbers of lines; TAKE of them are. */
struct found {
	char text[4000];
	size_t size, take;
	bool torn; /* a line may begin anywhere */
};

static bool note(void *context, struct slice line)
{
	struct found *found = context;
	size_t at = slice_find(line, SLICE("\"n\":"));
	struct slice rest = slice_from(line, at + 4), number = slice_cut(&rest, '}');

	if (!found->take)
		return false;
	found->take--;
	CHECK(found->torn || slice_starts(line, SLICE("{\"at\":\"")));
	CHECK(slice_ends(line, SLICE("}")));
	found->size += (size_t)snprintf(found->text + found->size,
		sizeof(found->text) - found->size, "%.*s ", SLICE_PRINT(number));
	return true;
}

static char *name_of(int64_t full_ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (!full_ms)
		return memory_copy_text(slice_of(path));
	clock_format_iso(full_ms, text); /* 2025-11-21T04:40:00.000Z */
	return memory_format("%s.%.4s%.2s%.2sT%.2s%.2s%.6sZ", path, text, text + 5,
		text + 8, text + 11, text + 14, text + 17);
}

/* Lines from AT_MS on, one a second, NUMBER the first; each tenth has the id. */
static void write_file(int64_t full_ms, int64_t at_ms, unsigned number, unsigned count)
{
	char *name = name_of(full_ms);
	FILE *file = fopen(name, "w");

	for (unsigned i = 0; i < count; i++) {
		char text[CLOCK_TEXT_SIZE];

		fprintf(file, "{\"at\":\"%.*s\",\"message\":\"%s\",\"n\":%u}\n",
			SLICE_PRINT(clock_format_iso(at_ms + i * 1000, text)),
			(number + i) % 10 ? "1m7ynm3ch015wm77" : ID, number + i);
	}
	fclose(file);
	memory_free(name);
}

static void pack(int64_t full_ms)
{
	char *name = name_of(full_ms);
	struct compress *compress = compress_open(name);

	while (compress_step(compress))
		;
	CHECK(compress_close(&compress));
	memory_free(name);
}

static void clear(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -f %s/*", folder);
	CHECK(system(command) == 0);
}

/* Two that are compressed, one that is not yet, and the one that is written. */
static void write_four(void)
{
	clear();
	write_file(START + HOUR, START, 0, 50);
	write_file(START + 2 * HOUR, START + HOUR + 1, 50, 50);
	write_file(START + 3 * HOUR, START + 2 * HOUR + 1, 100, 50);
	write_file(0, START + 3 * HOUR + 1, 150, 50);
	pack(START + HOUR);
	pack(START + 2 * HOUR);
}

static struct event_hunt hunt_for(struct found *found, int64_t since_ms)
{
	return (struct event_hunt){.file = path,
		.since_ms = since_ms,
		.scan = {.wanted = SLICE(ID), .visit = note, .context = found}};
}

static void run(struct event_hunt *hunt)
{
	while (event_hunt_step(hunt))
		;
}

CASE("all files in order; those that were full before are not opened")
{
	static const struct {
		int64_t since_ms;
		const char *found;
		unsigned files;
		bool begins_later;
	} cases[] = {
		{START,
			"0 10 20 30 40 50 60 70 80 90 100 110 120 130 140 150 160 170 "
			"180 190 ",
			4, false},
		{START - HOUR,
			"0 10 20 30 40 50 60 70 80 90 100 110 120 130 140 150 "
			"160 170 180 190 ",
			4, true},
		{START + HOUR + HOUR / 2,
			"50 60 70 80 90 100 110 120 130 140 150 160 170 180 190 ", 3,
			false},
		{START + 3 * HOUR + HOUR / 2, "150 160 170 180 190 ", 1, false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct found found = {.take = 1000};
		struct event_hunt hunt = hunt_for(&found, cases[i].since_ms);

		write_four();
		event_hunt_begin(&hunt);
		run(&hunt);
		CHECK_SLICE(slice_of(found.text), cases[i].found);
		CHECK_NUMBER(hunt.files, cases[i].files);
		CHECK_NUMBER(hunt.damaged, 0);
		CHECK(hunt.ended && hunt.begins_later == cases[i].begins_later);
		CHECK(hunt.bytes > 0);
		event_hunt_finish(&hunt);
	}
}

/* Taken one by one, each time from the place where the last ended, while files get
 * full, are compressed: each once. */
CASE("it goes on where it was, whatever became of the files")
{
	struct found found = {.take = 0};
	int64_t after_ms = 0;
	uint64_t offset = 0;
	bool more = true;

	write_four();
	for (unsigned round = 0; more; round++) {
		struct event_hunt hunt = hunt_for(&found, START);

		CHECK(round < 100);
		found.take = 1;
		event_hunt_begin_at(&hunt, after_ms, offset);
		run(&hunt);
		more = !hunt.ended;
		after_ms = hunt.after_ms;
		offset = hunt.scan.offset;
		event_hunt_finish(&hunt);
		if (round == 11) /* in the midst of it */
			pack(START + 3 * HOUR);
		if (round == 17) {
			char *name = name_of(START + 4 * HOUR);

			CHECK(rename(path, name) == 0);
			write_file(0, START + 4 * HOUR, 200, 11);
			memory_free(name);
		}
		if (round == 18)
			pack(START + 4 * HOUR);
	}
	CHECK_SLICE(slice_of(found.text),
		"0 10 20 30 40 50 60 70 80 90 100 110 120 130 140 150 160 170 180 190 "
		"200 210 ");
	/* Behind the end there is what comes. */
	write_file(0, START + 4 * HOUR, 200, 31);
	{
		struct event_hunt hunt = hunt_for(&found, START);

		found.take = 1000;
		found.size = 0;
		event_hunt_begin_at(&hunt, after_ms, offset);
		run(&hunt);
		CHECK_SLICE(slice_of(found.text), "220 230 ");
		event_hunt_finish(&hunt);
	}
}

static void cut_file(int64_t full_ms, const char *end, long keep)
{
	char *base = name_of(full_ms), *name = memory_format("%s%s", base, end);

	CHECK(truncate(name, keep) == 0);
	memory_free(name);
	memory_free(base);
}

CASE("what is damaged is said, and the rest is there; what is gone is gone")
{
	struct found found = {.take = 1000};
	struct event_hunt hunt = hunt_for(&found, START);
	char *gone;

	write_four();
	cut_file(START + HOUR, ".zst", 40);
	gone = name_of(START + 3 * HOUR);
	CHECK(unlink(gone) == 0);
	memory_free(gone);
	event_hunt_begin(&hunt);
	run(&hunt);
	CHECK_NUMBER(hunt.damaged, 1);
	CHECK(hunt.ended);
	CHECK_SLICE(slice_of(found.text), "50 60 70 80 90 150 160 170 180 190 ");
	event_hunt_finish(&hunt);

	/* No zstd at all; a torn line; nothing there. */
	write_four();
	cut_file(START + HOUR, ".zst", 0);
	cut_file(START + 3 * HOUR, "", 80);
	CHECK(unlink(path) == 0);
	found = (struct found){.take = 1000};
	hunt = hunt_for(&found, START);
	event_hunt_begin(&hunt);
	run(&hunt);
	CHECK(hunt.ended && hunt.files == 3);
	CHECK_SLICE(slice_of(found.text), "50 60 70 80 90 100 ");
	event_hunt_finish(&hunt);

	clear();
	found = (struct found){.take = 1000};
	hunt = hunt_for(&found, START);
	event_hunt_begin(&hunt);
	run(&hunt);
	CHECK(hunt.ended && hunt.files == 0 && hunt.damaged == 0);
	event_hunt_finish(&hunt);
}

/* The first file's bytes, COUNT of them, with a bit turned at TURN. */
static void write_damaged(
	const char *name, const char *bytes, size_t count, size_t turn)
{
	FILE *file = fopen(name, "w");

	for (size_t i = 0; i < count; i++)
		fputc(i == turn ? bytes[i] ^ 0x10 : bytes[i], file);
	fclose(file);
}

CASE("cut anywhere, a bit turned anywhere: what is behind it is found")
{
	char *base = name_of(START + HOUR), *name = memory_format("%s.zst", base);
	char bytes[4096];
	size_t size;
	FILE *file;

	clear();
	write_file(START + HOUR, START, 0, 12);
	write_file(0, START + HOUR + 1, 20, 1);
	pack(START + HOUR);
	file = fopen(name, "r");
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	CHECK(size > 50 && size < sizeof(bytes));
	for (size_t i = 0; i < 2 * size; i++) {
		struct found found = {.take = 1000, .torn = true};
		struct event_hunt hunt = hunt_for(&found, START);

		write_damaged(
			name, bytes, i < size ? i : size, i < size ? size : i - size);
		event_hunt_begin(&hunt);
		run(&hunt);
		CHECK(hunt.ended && hunt.files == 2);
		/* Some bits of a frame's head say nothing about what is in it. */
		CHECK(hunt.damaged == (i > 0) ||
			(i > size &&
				slice_equal(slice_of(found.text), SLICE("0 10 20 "))));
		CHECK(slice_ends(slice_of(found.text), SLICE("20 ")));
		event_hunt_finish(&hunt);
	}
	memory_free(name);
	memory_free(base);
}

CASE("a place that nobody told: beyond the end, ahead of the message, amid a line")
{
	static const struct {
		int64_t after_ms;
		uint64_t offset;
	} places[] = {
		{INT64_MAX, INT64_MAX},
		{0, INT64_MAX},
		{START + HOUR, 1u << 30},
		{START + HOUR, 7},
		{-1, 1},
	};

	write_four();
	for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
		struct found found = {.take = 1000, .torn = true};
		struct event_hunt hunt = hunt_for(&found, START + HOUR / 2);

		event_hunt_begin_at(&hunt, places[i].after_ms, places[i].offset);
		run(&hunt);
		CHECK(hunt.ended);
		CHECK_NUMBER(hunt.damaged, 0);
		event_hunt_finish(&hunt);
	}
}

CASE("large ones: step by step, over several frames and many parts")
{
	struct found found = {.take = 3};
	struct event_hunt hunt = hunt_for(&found, START);
	unsigned steps = 0;
	char command[300];

	clear();
	write_file(START + 100 * HOUR, START, 1, 100009); /* 7 MB */
	pack(START + 100 * HOUR);
	write_file(0, START + 101 * HOUR, 10, 1);
	snprintf(command, sizeof(command),
		"cd %s && f=$(echo *.zst) && cp $f two && cat two >> $f && rm two",
		folder);
	CHECK(system(command) == 0);
	event_hunt_begin(&hunt);
	run(&hunt);
	CHECK(!hunt.ended);
	found = (struct found){.take = 1000000};
	hunt.scan.wanted = SLICE("\"n\":100009}"); /* the last of each */
	while (event_hunt_step(&hunt))
		steps++;
	CHECK(steps >= 5);
	CHECK_SLICE(slice_of(found.text), "100009 100009 ");
	CHECK(hunt.bytes > 14000000);
	event_hunt_finish(&hunt);
}

int main(void)
{
	int status;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/events.jsonl", folder);
	status = check_run();
	clear();
	rmdir(folder);
	return status;
}
