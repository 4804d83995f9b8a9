/* Values of HOLDFOR, HOLDUNTIL, BY, MT-PRIORITY: RFC 4865, 2852, 6710. */
#include "mail/extension.h"

#include "check.h"
#include "mail/date.h"

CASE("RFC 4865 4: HOLDFOR is 1 to 9 digits, the first not 0")
{
	static const struct {
		const char *text;
		uint64_t seconds; /* 0: refused */
	} rows[] = {{"1", 1}, {"86400", 86400}, {"999999999", 999999999}, {"", 0},
		{"0", 0}, {"01", 0}, {"1000000000", 0}, {"-1", 0}, {"+1", 0}, {"1s", 0},
		{" 1", 0}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t seconds = 0;

		CHECK_NUMBER(extension_read_hold_for(slice_of(rows[i].text), &seconds),
			rows[i].seconds != 0);
		CHECK_NUMBER(seconds, rows[i].seconds);
	}
}

CASE("RFC 4865 4, RFC 3339 5.6: HOLDUNTIL is a time in UTC")
{
	static const struct {
		const char *text;
		int64_t wall_ms; /* 0: refused */
	} rows[] = {
		{"2026-11-22T07:32:47Z", 1795332767000},
		{"2026-11-22t07:32:47z", 1795332767000},
		{"2026-11-22T07:32:47.25Z", 1795332767000},
		{"2024-02-29T00:00:00Z", 1709164800000},
		{"1970-01-01T00:00:00Z", 0},
		{"2026-02-29T00:00:00Z", 0},
		{"2026-13-01T00:00:00Z", 0},
		{"2026-11-00T00:00:00Z", 0},
		{"2026-11-22T24:00:00Z", 0},
		{"2026-11-22T07:60:00Z", 0},
		{"2026-11-22T07:32:47", 0},
		{"2026-11-22T07:32:47.Z", 0},
		{"2026-11-22T07:32:47+01:00", 0},
		{"2026-11-22 07:32:47Z", 0},
		{"2026-11-22T07:32:47Zx", 0},
		{"2026/11/22T07:32:47Z", 0},
		{"26-11-22T07:32:47Z", 0},
		{"", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice text = slice_of(rows[i].text);
		int64_t wall_ms = 0;

		CHECK_NUMBER(extension_read_hold_until(text, &wall_ms),
			rows[i].wall_ms != 0);
		CHECK_NUMBER(wall_ms, rows[i].wall_ms);
		for (size_t cut = 0; rows[i].wall_ms && cut < text.size; cut++)
			CHECK(!date_parse_utc(slice_part(text, 0, cut), &wall_ms));
	}
}

CASE("RFC 2852 4: BY is a time, a mode, a trace; R needs time")
{
	static const struct {
		const char *text, *again; /* NULL: refused */
	} rows[] = {{"120;R", "120;R"}, {"120;rt", "120;RT"}, {"+5;N", "5;N"},
		{"-5;NT", "-5;NT"}, {"0;N", "0;N"}, {"999999999;R", "999999999;R"},
		{"-999999999;N", "-999999999;N"}, {"0;R", NULL}, {"-1;R", NULL},
		{"1000000000;N", NULL}, {"120", NULL}, {"120;", NULL}, {"120;X", NULL},
		{"120;RX", NULL}, {"120;RTT", NULL}, {";R", NULL}, {"--1;N", NULL},
		{"+-1;N", NULL}, {"", NULL}, {"1;R;T", NULL}};
	char text[BY_TEXT_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smtp_extensions extensions = {0};

		CHECK_NUMBER(extension_read_by(slice_of(rows[i].text), &extensions),
			rows[i].again != NULL);
		CHECK_NUMBER(extensions.by_given, rows[i].again != NULL);
		if (rows[i].again)
			CHECK_SLICE(
				extension_print_by(&extensions, text), rows[i].again);
	}
}

CASE("what is left of a time is held within what BY may say")
{
	struct smtp_extensions extensions = {.by_s = INT64_MAX};
	char text[BY_TEXT_SIZE];

	CHECK_SLICE(extension_print_by(&extensions, text), "999999999;N");
	extensions.by_s = INT64_MIN;
	CHECK_SLICE(extension_print_by(&extensions, text), "-999999999;N");
}

CASE("RFC 6710 3: MT-PRIORITY is -9 to 9")
{
	for (int want = -9; want <= 9; want++) {
		char text[8];
		int got = 99;

		snprintf(text, sizeof(text), "%d", want);
		CHECK(extension_read_priority(slice_of(text), &got));
		CHECK_NUMBER(got, want);
	}
	static const char *const bad[] = {
		"", "-", "-0", "+1", "10", "-10", "01", "a", "1 ", "--1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int got;

		CHECK(!extension_read_priority(slice_of(bad[i]), &got));
	}
}

CHECK_MAIN()
