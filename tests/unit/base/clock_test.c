/* Clocks run, and dates are written as the RFCs say. */
#include "check.h"

#include <time.h>

#include "base/clock.h"
#include "base/memory.h"

CASE("the monotonic clock does not go back")
{
	int64_t last = clock_monotonic_us();

	for (int i = 0; i < 100000; i++) {
		int64_t now = clock_monotonic_us();

		if (!CHECK(now >= last))
			break;
		last = now;
	}
}

CASE("units: a pause of 20 ms on each clock")
{
	struct timespec pause = {.tv_nsec = 20000000};
	int64_t monotonic = clock_monotonic_us(), wall = clock_wall_ms();
	int64_t cpu = clock_thread_cpu_us();

	nanosleep(&pause, NULL);
	CHECK(clock_monotonic_us() - monotonic >= 20000);
	CHECK(clock_monotonic_us() - monotonic < 20000000);
	CHECK(clock_wall_ms() - wall >= 19);
	CHECK(clock_wall_ms() / 1000 - (int64_t)time(NULL) <= 1);
	CHECK(clock_thread_cpu_us() - cpu < 20000);
}

static const struct {
	int64_t wall_ms;
	const char *iso, *mail;
} dates[] = {
	{0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000"},
	{1795246367123, "2026-11-21T07:32:47.123Z", "Sat, 21 Nov 2026 07:32:47 +0000"},
	{951782399999, "2000-02-28T23:59:59.999Z", "Mon, 28 Feb 2000 23:59:59 +0000"},
	{951782400000, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 +0000"},
	{951868800000, "2000-03-01T00:00:00.000Z", "Wed, 01 Mar 2000 00:00:00 +0000"},
	{4107542399000, "2100-02-28T23:59:59.000Z", "Sun, 28 Feb 2100 23:59:59 +0000"},
	{4107542400000, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 +0000"},
	{253402300799999, "9999-12-31T23:59:59.999Z",
		"Fri, 31 Dec 9999 23:59:59 +0000"},
	{253402300800000, "10000-01-01T00:00:00.000Z",
		"Sat, 01 Jan 10000 00:00:00 +0000"},
	{-1, "1969-12-31T23:59:59.999Z", "Wed, 31 Dec 1969 23:59:59 +0000"},
	{-62135596800000, "0001-01-01T00:00:00.000Z",
		"Mon, 01 Jan 0001 00:00:00 +0000"},
};

CASE("RFC 5322 3.3 and ISO 8601: dates at the edges")
{
	char text[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_COUNT(dates); i++) {
		CHECK_SLICE(clock_format_iso(dates[i].wall_ms, text), dates[i].iso);
		CHECK_SLICE(slice_of(text), dates[i].iso);
		CHECK_SLICE(clock_format_mail(dates[i].wall_ms, text), dates[i].mail);
		CHECK_SLICE(slice_of(text), dates[i].mail);
	}
}

CASE("every day of 1600 years, as the C library has it")
{
	char text[CLOCK_TEXT_SIZE], wanted[64];

	for (int64_t day = -146097; day < 3 * 146097; day++) {
		time_t at = (time_t)(day * 86400 + (day & 0xffff));
		struct tm tm;

		gmtime_r(&at, &tm);
		strftime(wanted, sizeof(wanted), "%a, %d %b %Y %H:%M:%S +0000", &tm);
		if (!CHECK_SLICE(clock_format_mail(at * 1000, text), wanted))
			break;
	}
}

CASE("no time is too far off to be written")
{
	char text[CLOCK_TEXT_SIZE];

	CHECK_SLICE(clock_format_iso(INT64_MAX, text), "292278994-08-17T07:12:55.807Z");
	CHECK_SLICE(clock_format_mail(INT64_MAX, text),
		"Sun, 17 Aug 292278994 07:12:55 +0000");
	CHECK(slice_starts(
		clock_format_iso(INT64_MIN, text), SLICE("-292275055-05-1")));
	CHECK(clock_format_mail(INT64_MIN, text).size < CLOCK_TEXT_SIZE);
}

CASE("one millisecond after another, over seconds")
{
	for (int64_t ms = 1795246367000; ms < 1795246370000; ms += 7) {
		char text[CLOCK_TEXT_SIZE], expected[64];
		long long second = ms / 1000 % 60, rest = ms % 1000;

		snprintf(expected, sizeof(expected), "2026-11-21T07:32:%02lld.%03lldZ",
			second, rest);
		CHECK_SLICE(clock_format_iso(ms, text), expected);
		snprintf(expected, sizeof(expected),
			"Sat, 21 Nov 2026 07:32:%02lld +0000", second);
		CHECK_SLICE(clock_format_mail(ms, text), expected);
	}
}

CHECK_MAIN()
