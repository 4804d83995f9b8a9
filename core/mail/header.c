/* Lists the fields of a header and finds among them; see header.h. */
#include "mail/header.h"

#include <string.h>

#include "base/failure.h"

#define FIELDS_FIRST 32

static struct slice take_field(struct slice *rest);
static void read_field(struct slice whole, struct header_field *field);
static bool is_line_end(const char *start, const char *end);
static struct slice trim_line_end(struct slice s);
static struct header_field *grow(
	struct arena *arena, const struct header_field *fields, size_t count);

bool header_scan(struct arena *arena, struct slice block, size_t fields_max,
	size_t bytes_max, struct header *header_r)
{
	struct header_field *fields = NULL;
	struct slice rest;
	size_t room = 0;

	if (slice_equal(block, SLICE("\r\n")) || slice_ends(block, SLICE("\r\n\r\n")))
		block.size -= 2;
	if (bytes_max && block.size > bytes_max)
		return fail(FAILURE_LIMIT, "header larger than %zu bytes", bytes_max);

	*header_r = (struct header){.block = block};
	for (rest = block; rest.size;) {
		struct header_field *field;

		if (fields_max && header_r->count == fields_max)
			return fail(FAILURE_LIMIT, "more than %zu header fields",
				fields_max);
		if (header_r->count == room) {
			fields = grow(arena, fields, room);
			room = room ? room * 2 : FIELDS_FIRST;
		}
		field = &fields[header_r->count++];
		read_field(take_field(&rest), field);
		header_r->counts[field->known]++;
		header_r->malformed += !field->name.size;
	}
	header_r->fields = fields;
	return true;
}

const struct header_field *header_find(
	const struct header *header, enum header_name name)
{
	if (!header->counts[name])
		return NULL;
	for (size_t i = 0; i < header->count; i++) {
		if (header->fields[i].known == name)
			return &header->fields[i];
	}
	return NULL;
}

struct slice header_value(const struct header *header, enum header_name name)
{
	const struct header_field *field = header_find(header, name);

	return field ? field->value : SLICE_EMPTY;
}

const struct header_field *header_find_next(
	const struct header *header, const struct header_field *after)
{
	const struct header_field *end = header->fields + header->count;

	if (after->known == HEADER_OTHER)
		return header_find_text(header, after->name, after);
	for (const struct header_field *field = after + 1; field < end; field++) {
		if (field->known == after->known)
			return field;
	}
	return NULL;
}

const struct header_field *header_find_text(const struct header *header,
	struct slice name, const struct header_field *after)
{
	size_t first = after ? (size_t)(after - header->fields) + 1 : 0;

	/* Of a header without any, there is no list. */
	for (size_t i = first; i < header->count; i++) {
		if (slice_equal_nocase(header->fields[i].name, name))
			return &header->fields[i];
	}
	return NULL;
}

struct slice header_unfold(struct arena *arena, struct slice value)
{
	char *text;
	size_t size = 0;

	value = slice_trim_all(value);
	if (slice_index(value, '\n') == value.size)
		return value;
	text = arena_take(arena, value.size);
	for (size_t i = 0; i < value.size; i++) {
		if (value.at[i] == '\n')
			continue;
		if (value.at[i] == '\r' && i + 1 < value.size &&
			value.at[i + 1] == '\n')
			continue;
		text[size++] = value.at[i];
	}
	return (struct slice){text, size};
}

uint32_t header_duplicates(const struct header *header)
{
	static const enum header_name single[] = {HEADER_FROM, HEADER_SENDER,
		HEADER_REPLY_TO, HEADER_TO, HEADER_CC, HEADER_BCC, HEADER_DATE,
		HEADER_MESSAGE_ID, HEADER_IN_REPLY_TO, HEADER_REFERENCES,
		HEADER_SUBJECT, HEADER_MIME_VERSION, HEADER_CONTENT_TYPE,
		HEADER_CONTENT_TRANSFER_ENCODING};
	uint32_t duplicates = 0;

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		if (header->counts[single[i]] > 1)
			duplicates |= (uint32_t)1 << single[i];
	}
	return duplicates;
}

/* Cuts a line and the folded lines behind it off the front. */
static struct slice take_field(struct slice *rest)
{
	const char *end = rest->at + rest->size, *at = rest->at;
	struct slice whole;

	do {
		const char *lf = memchr(at, '\n', (size_t)(end - at));

		at = lf ? lf + 1 : end;
	} while (at < end && (*at == ' ' || *at == '\t' || !is_line_end(rest->at, at)));
	whole = (struct slice){rest->at, (size_t)(at - rest->at)};
	*rest = (struct slice){at, (size_t)(end - at)};
	return whole;
}

/* Only CRLF ends a line (RFC 5322 2.2); what has a bare LF goes on. */
static bool is_line_end(const char *start, const char *end)
{
	return end - start >= 2 && end[-2] == '\r';
}

static void read_field(struct slice whole, struct header_field *field)
{
	size_t size = 0;
	size_t colon;

	*field = (struct header_field){.whole = whole, .value = trim_line_end(whole)};
	while (size < whole.size && whole.at[size] > ' ' && whole.at[size] <= '~' &&
		whole.at[size] != ':')
		size++;
	colon = size;
	/* RFC 5322 4.5.8: spaces before the colon were allowed once. */
	while (colon < whole.size &&
		(whole.at[colon] == ' ' || whole.at[colon] == '\t'))
		colon++;
	if (!size || colon == whole.size || whole.at[colon] != ':')
		return;
	field->name = (struct slice){whole.at, size};
	field->value = trim_line_end(slice_from(whole, colon + 1));
	field->known = header_name_of(field->name);
}

static struct slice trim_line_end(struct slice s)
{
	if (s.size && s.at[s.size - 1] == '\n')
		s.size--;
	if (s.size && s.at[s.size - 1] == '\r')
		s.size--;
	return s;
}

/* A list twice as long with the COUNT fields so far; the arena keeps the old
 * one, so that lists take at most twice their size. */
static struct header_field *grow(
	struct arena *arena, const struct header_field *fields, size_t count)
{
	size_t room = count ? count * 2 : FIELDS_FIRST;
	struct header_field *longer = arena_take_array(arena, room, sizeof(*longer));

	if (count)
		memcpy(longer, fields, count * sizeof(*longer));
	return longer;
}

void header_make_private(struct header *header, const struct header_field *field)
{
	/* The list is the arena's, and was made for this header. */
	struct header_field *list = (struct header_field *)(uintptr_t)header->fields;
	struct header_field *own = &list[field - header->fields];

	header->counts[own->known]--;
	own->known = HEADER_PRIVATE;
	header->counts[HEADER_PRIVATE]++;
}
