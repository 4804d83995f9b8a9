/* Figures in words, columns, wrapped lines. */
#include "report/words.h"

#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

#include "check.h"

CASE("durations: the largest unit, rounded down")
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{-5, "0 s"},
		{0, "0 s"},
		{999, "0 s"},
		{59999, "59 s"},
		{60000, "1 min"},
		{3599999, "59 min"},
		{3600000, "1 h"},
		{47 * 3600000LL, "47 h"},
		{48 * 3600000LL, "2 days"},
		{400 * 86400000LL, "400 days"},
	};
	char text[WORDS_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		CHECK_SLICE(slice_of(words_duration(cases[i].ms, text)), cases[i].text);
}

CASE("sizes and numbers")
{
	char text[WORDS_SIZE];

	CHECK_SLICE(slice_of(words_size(0, text)), "0 B");
	CHECK_SLICE(slice_of(words_size(1023, text)), "1023 B");
	CHECK_SLICE(slice_of(words_size(1536, text)), "1.5 KiB");
	CHECK_SLICE(slice_of(words_size(25u << 20, text)), "25 MiB");
	CHECK_SLICE(slice_of(words_size(UINT64_MAX, text)), "16384 PiB");
	CHECK_SLICE(slice_of(words_number(0, text)), "0");
	CHECK_SLICE(slice_of(words_number(999, text)), "999");
	CHECK_SLICE(slice_of(words_number(1000, text)), "1,000");
	CHECK_SLICE(slice_of(words_number(1234567, text)), "1,234,567");
	CHECK_SLICE(
		slice_of(words_number(UINT64_MAX, text)), "18,446,744,073,709,551,615");
	CHECK_SLICE(slice_of(words_count(1, "entry", "entries", text)), "1 entry");
	CHECK_SLICE(slice_of(words_count(0, "entry", "entries", text)), "0 entries");
}

CASE("times")
{
	const int64_t now = 1795254787000LL; /* 2026-11-21 09:53:07 UTC */
	char text[WORDS_SIZE];

	setenv("TZ", "UTC", 1);
	tzset();
	CHECK_SLICE(slice_of(words_time(now, now, text)), "09:53:07");
	CHECK_SLICE(slice_of(words_time(now - 86400000, now, text)), "Nov 20 09:53");
	CHECK_SLICE(slice_of(words_time(1, now, text)), "Jan  1 1970 00:00");
	CHECK_SLICE(slice_of(words_time(0, now, text)), "-");
	CHECK_SLICE(slice_of(words_when(now + 61000, now, text)), "in 1 min");
	CHECK_SLICE(slice_of(words_when(now - 61000, now, text)), "1 min ago");
	CHECK_SLICE(slice_of(words_when(now + 500, now, text)), "now");
	CHECK_SLICE(slice_of(words_when(0, now, text)), "unknown");
}

CASE("columns stand in line; the last is cut at the terminal's edge")
{
	struct table table = {.columns = 3, .right = {[1] = true}};
	struct buffer text = {0};

	table_add_text(&table, "a");
	table_add_text(&table, "1");
	table_add_text(&table, "short");
	table_add_text(&table, "grün");
	table_add_text(&table, "100");
	table_add_text(&table, "longer than the rest\n\033");
	table_print(&table, 0, &text);
	CHECK_SLICE(buffer_contents(&text), "a       1  short\n"
					    "grün  100  longer than the rest??\n");
	buffer_clear(&text);
	table_print(&table, 22, &text);
	CHECK_SLICE(buffer_contents(&text), "a       1  short\n"
					    "grün  100  longer tha…\n");
	buffer_finish(&text);
	table_finish(&table);
}

CASE("a cut is between characters")
{
	struct table table = {.columns = 2};
	struct buffer text = {0};

	table_add_text(&table, "x");
	table_add_text(&table, "ääääääääääääää");
	table_print(&table, 13, &text);
	CHECK_SLICE(buffer_contents(&text), "x  äääääääää…\n");
	buffer_finish(&text);
	table_finish(&table);
}

CASE("lines end between words; a long word has a line of its own")
{
	struct buffer text = {0};

	words_wrap(SLICE("one two three"), 2, 9, &text);
	CHECK_SLICE(buffer_contents(&text), "  one two\n  three\n");
	buffer_clear(&text);
	words_wrap(SLICE("a  verylongwordindeed b"), 0, 6, &text);
	CHECK_SLICE(buffer_contents(&text), "a\nverylongwordindeed\nb\n");
	buffer_clear(&text);
	words_wrap(SLICE(""), 4, 10, &text);
	CHECK_SLICE(buffer_contents(&text), "\n");
	buffer_finish(&text);
}

CHECK_MAIN()
