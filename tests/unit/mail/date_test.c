/* Dates: RFC 5322's examples, old forms, what is none. */
#include "mail/date.h"

#include "base/clock.h"
#include "base/memory.h"
#include "check.h"

CASE("RFC 5322 3.3, 4.3, A.5, A.6.2: dates as they are written")
{
	static const struct {
		const char *text;
		int64_t seconds;
		int zone;
		bool zone_known;
	} table[] = {
		{"Fri, 21 Nov 1997 09:55:06 -0600", 880127706, -360, true},
		{" Tue, 1 Jul 2003 10:52:37 +0200 ", 1057049557, 120, true},
		{"Thu, 13 Feb 1969 23:32:54 -0330", -27723426, -210, true},
		{"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
		 "               -0330 (Newfoundland Time)",
			-27723480, -210, true},
		{"21 Nov 97 09:55:06 GMT", 880106106, 0, true},
		{"Fri, 21 Nov 97 09(comment):   55  :  06 -0600", 880127706, -360,
			true},
		{"Mon, 24 Nov 1997 14:22:01 -0800", 880410121, -480, true},
		{"1 Jan 1970 00:00 +0000", 0, 0, true},
		{"1 Jan 1970 00:00:00 -0000", 0, 0, false},
		{"29 Feb 2000 12:00:00 EST", 951843600, -300, true},
		{"1 Jan 49 00:00:00 UT", 2493072000, 0, true},
		{"1 Jan 103 00:00:00 Z", 1041379200, 0, true},
		{"1 jan 2026 00:00:00 K", 1767225600, 0, false},
		{"1 Jan 2026 00:00:00", 1767225600, 0, false},
		{"Sat 21-Nov-2026 07:32:47 +0000 (UTC (nested \\) ))", 1795246367, 0,
			true},
		{"Saturday, 21 November 2026 07:32:47 PST", 1795275167, -480, true},
		{"31 Dec 2016 23:59:60 +0000", 1483228799, 0, true},
		{"1 Jan 2026 00:00:00 +1400", 1767175200, 840, true},
		{"31 Dec 9999 23:59:59 +0000", 253402300799, 0, true},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct mail_date date;

		if (!CHECK(date_parse(slice_of(table[i].text), &date))) {
			fprintf(stderr, "«%s»\n", table[i].text);
			continue;
		}
		if (!CHECK_NUMBER(date.wall_ms, table[i].seconds * 1000))
			fprintf(stderr, "«%s»\n", table[i].text);
		CHECK_NUMBER(date.zone_minutes, table[i].zone);
		CHECK(date.zone_known == table[i].zone_known);
	}
}

CASE("what is no date")
{
	static const char *const table[] = {
		"",
		"()",
		"Fri",
		"Fri,",
		"21 Nov 1997",
		"21 Nov 1997 09",
		"21 Nov 1997 09:5",
		"21 Nov 1997 24:00:00 +0000",
		"21 Nov 1997 09:60:00 +0000",
		"21 Nov 1997 09:00:61 +0000",
		"21 Nov 1997 09:00:00 +00",
		"21 Nov 1997 09:00:00 +00000",
		"21 Nov 1997 09:00:00 +0060",
		"21 Nov 1997 09:00:00 + 0000",
		"21 Nov 1997 09:00:00 +0000 x",
		"0 Nov 1997 09:00:00 +0000",
		"31 Apr 1997 09:00:00 +0000",
		"29 Feb 1900 09:00:00 +0000",
		"29 Feb 2023 09:00:00 +0000",
		"1 Nov 1899 09:00:00 +0000",
		"1 Nov 7 09:00:00 +0000",
		"1 Nov 10000 09:00:00 +0000",
		"1 Nox 1997 09:00:00 +0000",
		"1997-11-21T09:55:06Z",
		"(21 Nov 1997 09:55:06 -0600",
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct mail_date date = {.wall_ms = 7};

		if (!CHECK(!date_parse(slice_of(table[i]), &date)))
			fprintf(stderr, "«%s»\n", table[i]);
		CHECK_NUMBER(date.wall_ms, 7);
	}
}

CASE("what we write we read")
{
	for (int64_t ms = -1000000000000; ms < 40000000000000; ms += 86399999000 / 7) {
		char text[CLOCK_TEXT_SIZE];
		struct mail_date date;
		int64_t second = ms - (ms % 1000 + 1000) % 1000;

		CHECK(date_parse(clock_format_mail(ms, text), &date));
		CHECK_NUMBER(date.wall_ms, second);
		CHECK(date.zone_known);
	}
}

CHECK_MAIN()
