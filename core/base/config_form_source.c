/* Forms of text in sources, pools and warm-up schedules. */
#include <stdint.h>
#include <string.h>

#include "base/config_form.h"
#include "base/config_network.h"
#include "base/slice.h"

#define WORD_MAX 63

static bool is_ipv4(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

bool config_form_ipv4(const char *text)
{
	uint8_t address[16];

	return config_address_parse(text, address) && is_ipv4(address);
}

bool config_form_ipv6(const char *text)
{
	uint8_t address[16];

	return config_address_parse(text, address) && !is_ipv4(address);
}

bool config_form_address(const char *text)
{
	uint8_t address[16];

	return config_address_parse(text, address);
}

bool config_form_word(const char *text)
{
	size_t size = strlen(text);

	if (size == 0 || size > WORD_MAX || !ascii_is_alnum(*text))
		return false;
	for (const char *c = text; *c; c++)
		if (!ascii_is_alnum(*c) && !strchr("-_.", *c))
			return false;
	return true;
}

bool config_form_count(const char *text)
{
	uint64_t number;

	return slice_to_u64(slice_of(text), &number) && number > 0 &&
	       number <= 100000000000;
}

bool config_form_factor(const char *text)
{
	return config_form_permille(text) > 0;
}

uint64_t config_form_permille(const char *text)
{
	struct slice rest = slice_of(text);
	struct slice whole = slice_cut(&rest, '.');
	uint64_t number, part = 0;

	if (!slice_to_u64(whole, &number) || number < 1 || number > 10)
		return 0;
	number *= 1000;
	if (rest.at) {
		if (rest.size == 0 || rest.size > 3 || !slice_to_u64(rest, &part))
			return 0;
		for (size_t i = rest.size; i < 3; i++)
			part *= 10;
	}
	return number + part <= 10000 ? number + part : 0;
}

bool config_form_date(const char *text)
{
	return config_form_day(text) >= 0;
}

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const unsigned char days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* The COUNT digits at TEXT; false: they are none. */
static bool digits(const char *text, size_t count, unsigned *number_r)
{
	unsigned number = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	*number_r = number;
	return true;
}

int64_t config_form_day(const char *text)
{
	unsigned year, month, day;
	int64_t days = 0;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
		!digits(text, 4, &year) || !digits(text + 5, 2, &month) ||
		!digits(text + 8, 2, &day) || year < 1970 || year > 2999 || month < 1 ||
		month > 12 || day < 1 || day > days_in(year, month))
		return -1;
	for (unsigned y = 1970; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (unsigned m = 1; m < month; m++)
		days += days_in(year, m);
	return days + day - 1;
}
