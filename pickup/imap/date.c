/* Reads and writes dates; see date.h. */
#include "imap/date.h"

#include <inttypes.h>

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
	"Aug", "Sep", "Oct", "Nov", "Dec"};

/* Years begin in March here: the leap day is the last of one. */
int64_t imap_day(int year, unsigned month, unsigned day)
{
	int64_t years = month <= 2 ? year - 1 : year;
	int64_t era = (years >= 0 ? years : years - 399) / 400;
	int64_t of_era = years - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       719468;
}

int64_t imap_day_of(int64_t ms)
{
	return (ms >= 0 ? ms : ms - (IMAP_DAY_MS - 1)) / IMAP_DAY_MS;
}

static bool take_number(
	struct slice *text, unsigned least, unsigned most, unsigned *number_r)
{
	unsigned number = 0, digits = 0;

	while (digits < most && digits < text->size && ascii_is_digit(text->at[digits]))
		number = number * 10 + (unsigned)(text->at[digits++] - '0');
	*text = slice_from(*text, digits);
	*number_r = number;
	return digits >= least;
}

static bool take_char(struct slice *text, char c)
{
	if (!text->size || text->at[0] != c)
		return false;
	*text = slice_from(*text, 1);
	return true;
}

static bool take_month(struct slice *text, unsigned *month_r)
{
	for (unsigned i = 0; i < 12; i++) {
		if (slice_starts_nocase(*text, slice_of(months[i]))) {
			*text = slice_from(*text, 3);
			*month_r = i + 1;
			return true;
		}
	}
	return false;
}

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool take_date(struct slice *text, int64_t *day_r)
{
	static const unsigned char lengths[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned day, month, year;

	if (!take_number(text, 1, 2, &day) || !take_char(text, '-') ||
		!take_month(text, &month) || !take_char(text, '-') ||
		!take_number(text, 4, 4, &year))
		return false;
	if (!day || day > lengths[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U))
		return false;
	*day_r = imap_day((int)year, month, day);
	return true;
}

bool imap_date_read(struct slice text, int64_t *day_r)
{
	int64_t day;

	if (!take_date(&text, &day) || text.size)
		return false;
	*day_r = day;
	return true;
}

static bool take_zone(struct slice text, int64_t *minutes_r)
{
	bool west = slice_starts(text, SLICE("-"));
	unsigned zone;

	if (text.size != 5 || (!west && text.at[0] != '+'))
		return false;
	text = slice_from(text, 1);
	if (!take_number(&text, 4, 4, &zone) || zone % 100 > 59 || zone > 2359)
		return false;
	*minutes_r = (int64_t)(zone / 100 * 60 + zone % 100) * (west ? -1 : 1);
	return true;
}

bool imap_date_time_read(struct slice text, int64_t *ms_r)
{
	unsigned hour, minute, second;
	int64_t day, zone;

	if (text.size != 26)
		return false;
	(void)take_char(&text, ' ');
	if (!take_date(&text, &day) || !take_char(&text, ' ') ||
		!take_number(&text, 2, 2, &hour) || !take_char(&text, ':') ||
		!take_number(&text, 2, 2, &minute) || !take_char(&text, ':') ||
		!take_number(&text, 2, 2, &second) || !take_char(&text, ' '))
		return false;
	if (hour > 23 || minute > 59 || second > 60 || !take_zone(text, &zone))
		return false;
	*ms_r = day * IMAP_DAY_MS +
		(((int64_t)hour * 60 + minute - zone) * 60 + second) * 1000;
	return true;
}

void imap_date_time_write(struct buffer *out, int64_t ms)
{
	int64_t days = imap_day_of(ms), seconds = (ms - days * IMAP_DAY_MS) / 1000;
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
			365;
	int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int64_t month = (5 * of_year + 2) / 153;
	int64_t day = of_year - (153 * month + 2) / 5 + 1;
	int64_t year = years + era * 400 + (month >= 10);

	if (year < 0 || year > 9999) { /* it has four digits */
		imap_date_time_write(out, 0);
		return;
	}
	buffer_append_format(out,
		"\"%2" PRId64 "-%s-%04" PRId64 " %02" PRId64 ":%02" PRId64 ":%02" PRId64
		" +0000\"",
		day, months[(month + 2) % 12], year, seconds / 3600, seconds / 60 % 60,
		seconds % 60);
}
