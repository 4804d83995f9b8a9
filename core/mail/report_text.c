/* Finds addresses, replies and status codes in text; see report_text.h. */
#include "mail/report_text.h"

#include <string.h>

#include "mail/address.h"
#include "mail/report_read.h"
#include "mail/text.h"
#include "mail/xtext.h"

struct slice report_line(struct arena *arena, struct slice text)
{
	size_t size = 0;
	char *line;

	text = slice_trim_all(text);
	line = arena_take(
		arena, (text.size < REPORT_TEXT_MAX ? text.size : REPORT_TEXT_MAX) + 1);
	for (size_t i = 0; i < text.size && size < REPORT_TEXT_MAX; i++) {
		char c = text.at[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			if (size && line[size - 1] != ' ')
				line[size++] = ' ';
			continue;
		}
		line[size++] = c;
	}
	while (size && line[size - 1] == ' ')
		size--;
	size = text_clean(slice_make(line, size), line, size);
	return slice_make(line, size);
}

struct slice report_lower(struct arena *arena, struct slice text)
{
	char *copy = arena_take(arena, text.size + 1);

	for (size_t i = 0; i < text.size; i++)
		copy[i] = ascii_lower(text.at[i]);
	return slice_make(copy, text.size);
}

static bool is_local_byte(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c > 127 ||
	       (c && strchr(".!#$%&*+-/=?^_{|}~", c));
}

static bool is_domain_byte(char c)
{
	return ascii_is_alnum(c) || (unsigned char)c > 127 || c == '-' || c == '.' ||
	       c == '_';
}

/* A character of three bytes or more, as of Chinese or Japanese, ends at AT: its
 * size, else 0. */
static size_t wide_before(struct slice text, size_t at)
{
	if (!at || ((unsigned char)text.at[at - 1] & 0xc0) != 0x80)
		return 0;
	for (size_t size = 3; size <= 4 && size <= at; size++) {
		if ((unsigned char)text.at[at - size] >= 0xe0)
			return size;
		if (((unsigned char)text.at[at - size] & 0xc0) != 0x80)
			return 0;
	}
	return 0;
}

/* Such text runs on without spaces: an address in it is all of it, or none. */
static size_t begin_of(struct slice text, size_t at)
{
	bool narrow = at && (unsigned char)text.at[at - 1] < 0x80;
	size_t begin = at;

	while (begin > 0 && at - begin < ADDRESS_LOCAL_MAX &&
		is_local_byte(text.at[begin - 1])) {
		if (narrow && wide_before(text, begin))
			break;
		begin--;
	}
	while (begin < at && text.at[begin] == '.')
		begin++;
	return begin;
}

static size_t end_of(struct slice text, size_t at)
{
	bool narrow = at + 1 < text.size && (unsigned char)text.at[at + 1] < 0x80;
	size_t end = at + 1;

	while (end < text.size && end - at <= ADDRESS_DOMAIN_MAX &&
		is_domain_byte(text.at[end]) &&
		!(narrow && (unsigned char)text.at[end] >= 0xe0))
		end++;
	while (end > at && (text.at[end - 1] == '.' || text.at[end - 1] == '-'))
		end--;
	return end;
}

/* The mailbox around the '@' at AT. */
static bool around(struct slice text, size_t at, struct report_place *place_r)
{
	size_t begin = begin_of(text, at), end = end_of(text, at);
	struct address address;
	struct slice found = slice_part(text, begin, end - begin);

	if (address_parse(found, ADDRESS_UTF8, &address) != ADDRESS_OK ||
		slice_index(address.domain, '.') == address.domain.size)
		return false;
	*place_r = (struct report_place){found, begin, end};
	return true;
}

bool report_find_address(struct slice text, struct report_place *place_r)
{
	size_t from = 0;

	while (from < text.size) {
		size_t at = from + slice_index(slice_from(text, from), '@');

		if (at < text.size && around(text, at, place_r))
			return true;
		from = at + 1;
	}
	return false;
}

/* The address of a field "type; address" (RFC 3464 2.3.2), RFC 6533's too. */
static struct slice untyped(struct arena *arena, struct slice value)
{
	size_t at = slice_index(value, ';');
	struct slice type = slice_trim_all(slice_part(value, 0, at));
	struct orcpt orcpt;

	if (at == value.size || type.size > 30 || slice_index(type, '@') < type.size ||
		slice_index(type, '"') < type.size)
		return value;
	value = slice_trim_all(slice_from(value, at + 1));
	if (slice_equal_nocase(type, SLICE("utf-8")) &&
		slice_find(value, SLICE("\\x{")) < value.size &&
		orcpt_parse(arena,
			arena_format(arena, "utf-8;%.*s", SLICE_PRINT(value)), true,
			&orcpt))
		return orcpt.address;
	return value;
}

struct slice report_mailbox(struct arena *arena, struct slice value)
{
	struct slice text = slice_trim_all(untyped(arena, value));
	size_t open = slice_index_last(text, '<');
	struct report_place place;
	struct address address;

	if (open < text.size) {
		struct slice inside = slice_from(text, open + 1);

		text = slice_trim_all(slice_part(inside, 0, slice_index(inside, '>')));
	}
	if (slice_starts_nocase(text, SLICE("mailto:")))
		text = slice_from(text, 7);
	if (address_parse(text, ADDRESS_UTF8, &address) == ADDRESS_OK)
		return text;
	return report_find_address(text, &place) ? place.address : SLICE_EMPTY;
}
