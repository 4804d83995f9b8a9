/*
 * Dates as text, in UTC. Written out because gmtime_r takes a process-wide
 * lock, and every log line and Received field needs a date.
 */
#include "base/clock.h"

#include <string.h>

#define DAY_MS 86400000

struct date {
	int64_t year;
	unsigned month, day; /* from 1 */
	unsigned weekday;    /* 0: Sunday */
	unsigned hour, minute, second, millisecond;
};

/*
 * Days are counted from 1 March of year 0, so that the leap day ends a year:
 * 400 years have 146097 days, and months from March on follow 153 days in 5.
 */
static void split_day(int64_t day, struct date *date)
{
	int64_t since = day + 719468;
	int64_t era = (since >= 0 ? since : since - 146096) / 146097;
	unsigned in_era = (unsigned)(since - era * 146097);
	unsigned year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) /
			365;
	unsigned in_year = in_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * in_year + 2) / 153; /* 0: March */

	date->day = in_year - (153 * month + 2) / 5 + 1;
	date->month = month < 10 ? month + 3 : month - 9;
	date->year = era * 400 + year + (date->month <= 2);
	date->weekday = (unsigned)(((day + 4) % 7 + 7) % 7);
}

static struct date date_of(int64_t wall_ms)
{
	int64_t day = wall_ms / DAY_MS - (wall_ms % DAY_MS < 0);
	unsigned ms = (unsigned)(wall_ms - day * DAY_MS);
	struct date date = {
		.hour = ms / 3600000,
		.minute = ms / 60000 % 60,
		.second = ms / 1000 % 60,
		.millisecond = ms % 1000,
	};

	split_day(day, &date);
	return date;
}

static char *put_digits(char *at, unsigned value, unsigned digits)
{
	for (unsigned i = digits; i-- > 0; value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + digits;
}

/* Four digits or, when a clock is very wrong, as many as it takes. */
static char *put_year(char *at, int64_t year)
{
	unsigned digits = 4;

	if (year < 0) {
		*at++ = '-';
		year = -year;
	}
	for (int64_t rest = year / 10000; rest; rest /= 10)
		digits++;
	return put_digits(at, (unsigned)year, digits);
}

static char *put_time(char *at, const struct date *date)
{
	at = put_digits(at, date->hour, 2);
	*at++ = ':';
	at = put_digits(at, date->minute, 2);
	*at++ = ':';
	return put_digits(at, date->second, 2);
}

static struct slice end(char text[CLOCK_TEXT_SIZE], char *at)
{
	*at = '\0';
	return slice_make(text, (size_t)(at - text));
}

static struct slice format_iso(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
	struct date date = date_of(wall_ms);
	char *at = put_year(text, date.year);

	*at++ = '-';
	at = put_digits(at, date.month, 2);
	*at++ = '-';
	at = put_digits(at, date.day, 2);
	*at++ = 'T';
	at = put_time(at, &date);
	*at++ = '.';
	at = put_digits(at, date.millisecond, 3);
	*at++ = 'Z';
	return end(text, at);
}

/* Thousands in a second differ in the last digits only. */
struct slice clock_format_iso(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
	static _Thread_local struct {
		int64_t second;
		struct slice iso;
		char text[CLOCK_TEXT_SIZE];
	} last = {.second = -1};
	int64_t second = wall_ms / 1000;

	if (wall_ms < 0)
		return format_iso(wall_ms, text);
	if (last.second != second) {
		last.iso = format_iso(second * 1000, last.text);
		last.second = second;
	}
	memcpy(text, last.text, CLOCK_TEXT_SIZE);
	put_digits(text + last.iso.size - 4, (unsigned)(wall_ms - second * 1000), 3);
	return slice_make(text, last.iso.size);
}

static struct slice format_mail(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
	static const char weekdays[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct date date = date_of(wall_ms);
	char *at = text;

	at = mempcpy(at, weekdays + date.weekday * 3, 3);
	at = mempcpy(at, ", ", 2);
	at = put_digits(at, date.day, 2);
	*at++ = ' ';
	at = mempcpy(at, months + (date.month - 1) * 3, 3);
	*at++ = ' ';
	at = put_year(at, date.year);
	*at++ = ' ';
	at = put_time(at, &date);
	at = mempcpy(at, " +0000", 6);
	return end(text, at);
}

struct slice clock_format_mail(int64_t wall_ms, char text[CLOCK_TEXT_SIZE])
{
	static _Thread_local struct {
		int64_t second;
		struct slice mail;
		char text[CLOCK_TEXT_SIZE];
	} last = {.second = -1};
	int64_t second = wall_ms / 1000;

	if (wall_ms < 0)
		return format_mail(wall_ms, text);
	if (last.second != second) {
		last.mail = format_mail(second * 1000, last.text);
		last.second = second;
	}
	memcpy(text, last.text, CLOCK_TEXT_SIZE);
	return slice_make(text, last.mail.size);
}
