/* Judges fields of a header, and puts them right; see fields.h. */
#include "gate/fields.h"

#include "base/buffer.h"
#include "mail/date.h"

static bool is_date(const struct header *header, int64_t now_ms)
{
	const struct header_field *field = header_find(header, HEADER_DATE);
	struct mail_date date;

	if (!field)
		return true;
	return date_parse(field->value, &date) &&
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
