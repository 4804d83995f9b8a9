/* Sizes, times and rates as people write them, and times as people read them. */
#include "bench/amount.h"

#include <stdio.h>

#include "base/memory.h"

#define MICRO 1000000u
/* So that no sum of a few of them overflows. */
#define WHOLE_MAX 100000000000ull

/* Digits, and up to six behind a point, in millionths; TEXT is left behind. */
static bool take_decimal(struct slice *text, uint64_t *millionths_r)
{
	uint64_t whole = 0, part = 0, unit = MICRO;
	size_t i = 0, first;

	for (; i < text->size && ascii_is_digit(text->at[i]); i++) {
		whole = whole * 10 + (uint64_t)(text->at[i] - '0');
		if (whole > WHOLE_MAX)
			return false;
	}
	if (i == 0)
		return false;
	if (i < text->size && text->at[i] == '.') {
		first = ++i;
		for (; i < text->size && ascii_is_digit(text->at[i]); i++)
			if (unit > 1)
				part += (uint64_t)(text->at[i] - '0') * (unit /= 10);
		if (i == first)
			return false;
	}
	*text = slice_from(*text, i);
	*millionths_r = whole * MICRO + part;
	return true;
}

bool amount_read_size(struct slice text, uint64_t *bytes_r)
{
	static const struct {
		char letter;
		unsigned shift;
	} units[] = {{'k', 10}, {'m', 20}, {'g', 30}};
	unsigned shift = 0;
	uint64_t value;

	for (size_t i = 0; text.size && i < ARRAY_COUNT(units); i++) {
		if (ascii_lower(text.at[text.size - 1]) != units[i].letter)
			continue;
		shift = units[i].shift;
		text.size--;
		break;
	}
	if (!slice_to_u64(text, &value) || value > WHOLE_MAX >> shift)
		return false;
	*bytes_r = value << shift;
	return true;
}

bool amount_read_bits(struct slice text, uint64_t *per_second_r)
{
	static const struct {
		const char *name;
		uint64_t times;
	} units[] = {{"", 1}, {"k", 1000}, {"m", MICRO}, {"g", 1000ull * MICRO}};
	uint64_t millionths;

	if (slice_ends_nocase(text, SLICE("/s")))
		text.size -= 2;
	if (slice_ends_nocase(text, SLICE("bit")))
		text.size -= 3;
	if (!take_decimal(&text, &millionths))
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
		unsigned __int128 bits;

		if (!slice_equal_nocase(text, slice_of(units[i].name)))
			continue;
		bits = (unsigned __int128)millionths * units[i].times / MICRO;
		if (bits < 1000 || bits > WHOLE_MAX * 10)
			return false;
		*per_second_r = (uint64_t)bits;
		return true;
	}
	return false;
}

bool amount_read_time(struct slice text, int64_t *us_r)
{
	static const struct {
		const char *name;
		uint64_t us;
	} units[] = {{"", MICRO}, {"us", 1}, {"ms", 1000}, {"s", MICRO},
		{"m", 60ull * MICRO}, {"h", 3600ull * MICRO}};
	uint64_t millionths;

	if (!take_decimal(&text, &millionths))
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
		unsigned __int128 us;

		if (!slice_equal(text, slice_of(units[i].name)))
			continue;
		us = (unsigned __int128)millionths * units[i].us / MICRO;
		if (us > INT64_MAX / 1000)
			return false;
		*us_r = (int64_t)us;
		return true;
	}
	return false;
}

bool amount_read_rate(struct slice text, double *per_second_r)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"", 1}, {"/s", 1}, {"/m", 60}, {"/h", 3600}};
	uint64_t millionths;

	if (!take_decimal(&text, &millionths) || millionths == 0)
		return false;
	for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
		if (!slice_equal(text, slice_of(units[i].name)))
			continue;
		*per_second_r = (double)millionths / MICRO / units[i].seconds;
		return true;
	}
	return false;
}

size_t amount_print_number(uint64_t number, char digits[AMOUNT_DIGITS])
{
	char reversed[AMOUNT_DIGITS];
	size_t size = 0;

	do
		reversed[size++] = (char)('0' + number % 10);
	while (number /= 10);
	for (size_t i = 0; i < size; i++)
		digits[i] = reversed[size - 1 - i];
	return size;
}

const char *amount_print_time(uint64_t us, char text[AMOUNT_TEXT_SIZE])
{
	if (us < 1000)
		snprintf(text, AMOUNT_TEXT_SIZE, "%u us", (unsigned)us);
	else if (us < 10000)
		snprintf(text, AMOUNT_TEXT_SIZE, "%.2f ms", (double)us / 1e3);
	else if (us < 1000000)
		snprintf(text, AMOUNT_TEXT_SIZE, "%.1f ms", (double)us / 1e3);
	else
		snprintf(text, AMOUNT_TEXT_SIZE, "%.2f s", (double)us / 1e6);
	return text;
}
