/* Reads the dates of mail; see date.h. */
#include "mail/date.h"

#include "base/memory.h"

#include "mail/cfws.h"

struct clock_fields {
	int day, month, hour, minute, second;
	int64_t year;
};

static struct slice take_word(struct slice *rest);
static bool take_number(
	struct slice *rest, size_t digits_max, int *value_r, size_t *digits_r);
static bool take_date(struct slice *rest, struct clock_fields *fields);
static bool take_time(struct slice *rest, struct clock_fields *fields);
static bool take_zone(struct slice *rest, struct mail_date *date);
static int name_index(struct slice word, const char *names, int count);
static int64_t days_from_civil(int64_t year, int month, int day);
static int days_in_month(int64_t year, int month);

bool date_parse(struct slice text, struct mail_date *date_r)
{
	struct clock_fields f = {0};
	struct mail_date date = {0};
	struct slice rest = text;
	int64_t seconds;

	if (!take_date(&rest, &f) || !take_time(&rest, &f) || !take_zone(&rest, &date))
		return false;
	cfws_skip(&rest);
	if (rest.size)
		return false;
	seconds = days_from_civil(f.year, f.month, f.day) * 86400 + f.hour * 3600 +
		  f.minute * 60 + f.second - (int64_t)date.zone_minutes * 60;
	date.wall_ms = seconds * 1000;
	*date_r = date;
	return true;
}

/* Two or four digits that are known to be there. */
static int number_at(struct slice text, size_t at, size_t digits)
{
	int number = 0;

	for (size_t i = at; i < at + digits; i++)
		number = number * 10 + (text.at[i] - '0');
	return number;
}

static bool same_letter(char a, char b)
{
	return a == b || (b == 'T' && a == 't');
}

/* Digits stand where PATTERN has 0, all else is as it is there. */
static bool has_form(struct slice text, struct slice pattern)
{
	if (text.size < pattern.size)
		return false;
	for (size_t i = 0; i < pattern.size; i++)
		if (pattern.at[i] == '0' ? !ascii_is_digit(text.at[i])
					 : !same_letter(text.at[i], pattern.at[i]))
			return false;
	return true;
}

bool date_parse_utc(struct slice text, int64_t *wall_ms_r)
{
	static const struct slice pattern = {"0000-00-00T00:00:00", 19};
	struct slice rest = slice_from(text, pattern.size);
	struct clock_fields f;

	if (!has_form(text, pattern))
		return false;
	f = (struct clock_fields){.year = number_at(text, 0, 4),
		.month = number_at(text, 5, 2),
		.day = number_at(text, 8, 2),
		.hour = number_at(text, 11, 2),
		.minute = number_at(text, 14, 2),
		.second = number_at(text, 17, 2)};
	if (rest.size > 2 && rest.at[0] == '.')
		for (rest = slice_from(rest, 1);
			ascii_is_digit(rest.at[0]) && rest.size > 1;)
			rest = slice_from(rest, 1);
	if (!slice_equal_nocase(rest, SLICE("Z")) || f.month < 1 || f.month > 12 ||
		f.day < 1 || f.day > days_in_month(f.year, f.month) || f.hour > 23 ||
		f.minute > 59 || f.second > 60)
		return false;
	*wall_ms_r = (days_from_civil(f.year, f.month, f.day) * 86400 + f.hour * 3600 +
			     f.minute * 60 + f.second) *
		     1000;
	return true;
}

/* [ day-name "," ] day month year */
static bool take_date(struct slice *rest, struct clock_fields *fields)
{
	struct slice before;
	size_t digits;
	int year;

	cfws_skip(rest);
	before = *rest;
	if (name_index(take_word(rest), "SunMonTueWedThuFriSat", 7) >= 0)
		cfws_take_byte(rest, ','); /* left out by some */
	else
		*rest = before;
	if (!take_number(rest, 2, &fields->day, &digits))
		return false;
	cfws_take_byte(rest, '-'); /* "21-Nov-26", RFC 850's, still seen */
	cfws_skip(rest);
	fields->month = name_index(take_word(rest),
				"JanFebMarAprMayJunJulAugSepOctNovDec", 12) +
			1;
	cfws_take_byte(rest, '-');
	if (!fields->month || !take_number(rest, 4, &year, &digits) || digits < 2)
		return false;
	if (digits == 2) /* RFC 5322 4.3 */
		year += year < 50 ? 2000 : 1900;
	else if (digits == 3)
		year += 1900;
	fields->year = year;
	return year >= 1900 && fields->day >= 1 &&
	       fields->day <= days_in_month(year, fields->month);
}

/* hour ":" minute [ ":" second ] */
static bool take_time(struct slice *rest, struct clock_fields *fields)
{
	size_t digits;

	if (!take_number(rest, 2, &fields->hour, &digits) ||
		!cfws_take_byte(rest, ':') ||
		!take_number(rest, 2, &fields->minute, &digits) || digits != 2)
		return false;
	if (cfws_take_byte(rest, ':') &&
		(!take_number(rest, 2, &fields->second, &digits) || digits != 2))
		return false;
	if (fields->hour > 23 || fields->minute > 59 || fields->second > 60)
		return false;
	if (fields->second == 60)
		fields->second = 59;
	return true;
}

/* "+0100", or a name (RFC 5322 4.3); nothing at all counts as unknown. */
static bool take_zone(struct slice *rest, struct mail_date *date)
{
	static const struct {
		struct slice name;
		int minutes;
	} zones[] = {
		{{"GMT", 3}, 0},
		{{"UT", 2}, 0},
		{{"UTC", 3}, 0},
		{{"Z", 1}, 0},
		{{"EDT", 3}, -240},
		{{"EST", 3}, -300},
		{{"CDT", 3}, -300},
		{{"CST", 3}, -360},
		{{"MDT", 3}, -360},
		{{"MST", 3}, -420},
		{{"PDT", 3}, -420},
		{{"PST", 3}, -480},
	};
	bool west;
	struct slice word;
	size_t digits;
	int value;

	cfws_skip(rest);
	west = rest->size && *rest->at == '-';
	if (rest->size && (west || *rest->at == '+')) {
		*rest = slice_from(*rest, 1);
		if (!rest->size || !ascii_is_digit(*rest->at) ||
			!take_number(rest, 4, &value, &digits) || digits != 4 ||
			value % 100 > 59)
			return false;
		date->zone_minutes = value / 100 * 60 + value % 100;
		date->zone_known = date->zone_minutes || !west;
		if (west)
			date->zone_minutes = -date->zone_minutes;
		return true;
	}
	word = take_word(rest);
	for (size_t i = 0; i < ARRAY_COUNT(zones); i++) {
		if (!slice_equal_nocase(word, zones[i].name))
			continue;
		date->zone_minutes = zones[i].minutes;
		date->zone_known = true;
	}
	return true;
}

/* Letters; maybe none. */
static struct slice take_word(struct slice *rest)
{
	struct slice word = *rest;
	size_t size = 0;

	while (size < rest->size && ascii_is_alpha(rest->at[size]))
		size++;
	word.size = size;
	*rest = slice_from(*rest, size);
	return word;
}

static bool take_number(
	struct slice *rest, size_t digits_max, int *value_r, size_t *digits_r)
{
	int value = 0;
	size_t digits = 0;

	cfws_skip(rest);
	while (digits < rest->size && ascii_is_digit(rest->at[digits])) {
		if (digits == digits_max)
			return false;
		value = value * 10 + (rest->at[digits] - '0');
		digits++;
	}
	if (!digits)
		return false;
	*rest = slice_from(*rest, digits);
	*value_r = value;
	*digits_r = digits;
	return true;
}

/* Which of COUNT names of three letters WORD begins with ("Sept", "Monday"
 * are seen); -1: none. */
static int name_index(struct slice word, const char *names, int count)
{
	if (word.size < 3)
		return -1;
	for (int i = 0; i < count; i++) {
		if (slice_equal_nocase(
			    slice_part(word, 0, 3), slice_make(names + i * 3, 3)))
			return i;
	}
	return -1;
}

static int days_in_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970-01-01 in the Gregorian calendar; years begin in March so
 * that the leap day comes last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t from_march = (month + 9) % 12;
	int64_t y = year - (month <= 2);

	return y * 365 + y / 4 - y / 100 + y / 400 + (from_march * 306 + 5) / 10 + day -
	       1 - 719468;
}
