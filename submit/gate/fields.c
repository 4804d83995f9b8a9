/* Judges fields of a header, and puts them right; see fields.h. */
#include "gate/fields.h"

#include "base/buffer.h"
#include "mail/date.h"

static bool read_number(const char *at, size_t digits, unsigned *number_r)
{
	unsigned number = 0;

	for (size_t i = 0; i < digits; i++) {
		if (!ascii_is_digit(at[i]))
			return false;
		number = number * 10 + (unsigned)(at[i] - '0');
	}
	*number_r = number;
	return true;
}

/* Days since 1970 of a day of the years from 1970 on (Gregorian). */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
	/* Counted from March on, so that the odd day is the last. */
	unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return 365 * (int64_t)y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	       719469;
}

#define LETTERS(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

/* 1 … 12 */
static unsigned month_of(const char *at)
{
	static const uint32_t names[] = {LETTERS('J', 'a', 'n'), LETTERS('F', 'e', 'b'),
		LETTERS('M', 'a', 'r'), LETTERS('A', 'p', 'r'), LETTERS('M', 'a', 'y'),
		LETTERS('J', 'u', 'n'), LETTERS('J', 'u', 'l'), LETTERS('A', 'u', 'g'),
		LETTERS('S', 'e', 'p'), LETTERS('O', 'c', 't'), LETTERS('N', 'o', 'v'),
		LETTERS('D', 'e', 'c')};
	uint32_t name = LETTERS((uint8_t)at[0], (uint8_t)at[1], (uint8_t)at[2]);

	for (unsigned i = 0; i < 12; i++)
		if (names[i] == name)
			return i + 1;
	return 0;
}

/*
 * The form that programs write: "Sat, 21 Nov 2026 07:32:47 +0000", whatever is
 * behind it in brackets. False: it has to be read with more care.
 */
static bool read_usual(struct slice value, struct mail_date *date)
{
	unsigned day, month, year, hour, minute, second, zone_hour, zone_minute;
	const char *at;

	value = slice_trim(value);
	if (value.size < 30 || value.at[3] != ',' || value.at[4] != ' ')
		return false;
	at = value.at + (value.at[6] == ' ' ? 6 : 7);
	if (value.size < (size_t)(at - value.at) + 24 || at[0] != ' ' || at[4] != ' ' ||
		at[9] != ' ' || at[12] != ':' || at[15] != ':' || at[18] != ' ' ||
		(at[19] != '+' && at[19] != '-'))
		return false;
	month = month_of(at + 1);
	if (!month || !read_number(value.at + 5, at[-2] == ' ' ? 1 : 2, &day) ||
		!read_number(at + 5, 4, &year) || !read_number(at + 10, 2, &hour) ||
		!read_number(at + 13, 2, &minute) ||
		!read_number(at + 16, 2, &second) ||
		!read_number(at + 20, 2, &zone_hour) ||
		!read_number(at + 22, 2, &zone_minute))
		return false;
	if (year < 2000 || !day || day > 28 || hour > 23 || minute > 59 ||
		second > 59 || zone_minute > 59)
		return false;
	at += 24;
	if (at < value.at + value.size && *at != ' ')
		return false;
	date->wall_ms = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 +
			second;
	if (at[-5] == '-')
		date->wall_ms += zone_hour * 3600 + zone_minute * 60;
	else
		date->wall_ms -= zone_hour * 3600 + zone_minute * 60;
	date->wall_ms *= 1000;
	return true;
}

static bool is_date(const struct header *header, int64_t now_ms)
{
	const struct header_field *field = header_find(header, HEADER_DATE);
	struct mail_date date;

	if (!field)
		return true;
	return (read_usual(field->value, &date) || date_parse(field->value, &date)) &&
	       date.wall_ms >= now_ms - GATE_DATE_PAST_MS &&
	       date.wall_ms <= now_ms + GATE_DATE_FUTURE_MS;
}

bool fields_is_message_id(struct slice value)
{
	size_t at = 0;

	value = slice_trim_all(value);
	if (value.size < 5 || value.at[0] != '<' || value.at[value.size - 1] != '>')
		return false;
	value = slice_part(value, 1, value.size - 2);
	at = slice_index_last(value, '@');
	if (at == 0 || at >= value.size - 1)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
			return false;
	}
	return true;
}

/* Bcc never leaves us. */
static uint32_t duplicates(const struct header *header)
{
	return header_duplicates(header) & ~(UINT32_C(1) << HEADER_BCC);
}

uint32_t fields_check(
	const struct header *header, size_t authors, int64_t now_ms, uint32_t wanted)
{
	const struct header_field *id;
	uint32_t missed = 0;

	if (wanted & GATE_BIT(GATE_AUTHOR) && authors != 1)
		missed |= GATE_BIT(GATE_AUTHOR);
	if (wanted & GATE_BIT(GATE_MESSAGE_ID)) {
		id = header_find(header, HEADER_MESSAGE_ID);
		if (id && !fields_is_message_id(id->value))
			missed |= GATE_BIT(GATE_MESSAGE_ID);
	}
	if (wanted & GATE_BIT(GATE_DATE) && !is_date(header, now_ms))
		missed |= GATE_BIT(GATE_DATE);
	if (wanted & GATE_BIT(GATE_SINGLE) && duplicates(header))
		missed |= GATE_BIT(GATE_SINGLE);
	return missed;
}

/* All fields of that name but the first; or the first, too. */
static void take_out(struct header *header, enum header_name name, bool first)
{
	const struct header_field *field = header_find(header, name), *next;

	if (field && !first)
		field = header_find_next(header, field);
	for (; field; field = next) {
		next = header_find_next(header, field);
		header_make_private(header, field);
	}
}

/* One field of all their addresses (RFC 5322 3.6 wants one). */
static void join(struct header *header, enum header_name name, struct buffer *added)
{
	const struct header_field *field = header_find(header, name);
	bool begun = false;

	for (; field; field = header_find_next(header, field)) {
		struct slice value = slice_trim_all(field->value);

		while (slice_ends(value, SLICE(",")))
			value = slice_trim_all(slice_part(value, 0, value.size - 1));
		if (!value.size)
			continue;
		if (begun)
			buffer_append(added, SLICE(",\r\n "));
		else
			buffer_append_format(added, "%s: ", header_name_text(name));
		buffer_append(added, value);
		begun = true;
	}
	if (begun)
		buffer_append(added, SLICE("\r\n"));
	take_out(header, name, true);
}

static void make_single(struct header *header, struct buffer *added)
{
	uint32_t twice = duplicates(header);

	for (unsigned name = 0; name < HEADER_NAME_COUNT; name++) {
		if (!(twice & UINT32_C(1) << name))
			continue;
		if (name == HEADER_TO || name == HEADER_CC)
			join(header, (enum header_name)name, added);
		else
			take_out(header, (enum header_name)name, false);
	}
}

struct slice fields_fix(struct header *header, uint32_t checks, struct arena *arena)
{
	struct buffer added = {0};
	struct slice text;

	if (checks & GATE_BIT(GATE_SINGLE))
		make_single(header, &added);
	if (checks & GATE_BIT(GATE_MESSAGE_ID))
		take_out(header, HEADER_MESSAGE_ID, true);
	if (checks & GATE_BIT(GATE_DATE))
		take_out(header, HEADER_DATE, true);
	text = buffer_size(&added) ? arena_copy(arena, buffer_contents(&added))
				   : SLICE_EMPTY;
	buffer_finish(&added);
	return text;
}

const char *fields_words(enum gate_check check)
{
	switch (check) {
	case GATE_AUTHOR:
		return "From has to name one author, with a valid address";
	case GATE_MESSAGE_ID:
		return "Message-ID is not a valid one: <text@domain>";
	case GATE_DATE:
		return "Date is no date, or too far from now";
	case GATE_SINGLE:
		return "A field is there twice that may be there once";
	default:
		return "";
	}
}
