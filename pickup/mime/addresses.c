/*
 * Reads address lists token by token: words are gathered until what follows
 * says whether they were a name, an address, or a group's name.
 */
#include "mime/addresses.h"

#include <string.h>

#include "base/buffer.h"

struct reader {
	struct slice rest;
	struct arena *arena;
	struct mime_address *list;
	size_t count;
	struct buffer words;   /* unquoted, one space between phrases */
	struct buffer comment; /* the last one */
	bool spaced;	       /* white space since the last word */
	bool quoted;	       /* one of the words was in quotes */
};

static void skip_quoted_pair(struct slice *rest)
{
	*rest = slice_from(*rest, rest->size > 1 && rest->at[0] == '\\' ? 2 : 1);
}

/* "(…)", nested, its text without the outer parentheses. */
static void read_comment(struct reader *reader)
{
	struct slice start = slice_from(reader->rest, 1);
	size_t depth = 0;

	while (reader->rest.size) {
		char c = reader->rest.at[0];

		depth += c == '(';
		depth -= c == ')';
		if (depth == 0)
			break;
		skip_quoted_pair(&reader->rest);
	}
	buffer_clear(&reader->comment);
	buffer_append(&reader->comment,
		slice_trim_all(slice_part(start, 0, start.size - reader->rest.size)));
	reader->rest = slice_from(reader->rest, 1);
	reader->spaced = true;
}

static void skip_space(struct reader *reader)
{
	while (reader->rest.size) {
		char c = reader->rest.at[0];

		if (c == '(') {
			read_comment(reader);
		} else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			reader->rest = slice_from(reader->rest, 1);
			reader->spaced = true;
		} else {
			return;
		}
	}
}

/* A quoted string's text into OUT. */
static void read_quoted(struct reader *reader, struct buffer *out)
{
	struct slice *rest = &reader->rest;

	*rest = slice_from(*rest, 1);
	while (rest->size && rest->at[0] != '"') {
		if (rest->at[0] == '\\' && rest->size > 1)
			*rest = slice_from(*rest, 1);
		if (rest->at[0] != '\r' && rest->at[0] != '\n')
			buffer_append_byte(out, rest->at[0]);
		*rest = slice_from(*rest, 1);
	}
	*rest = slice_from(*rest, 1);
}

static bool is_special(char c)
{
	return strchr("<>,:;@\"([", c) && c;
}

/* The word at hand, with a space before it if there was one. */
static void read_word(struct reader *reader, bool dense)
{
	if (!dense && reader->spaced && buffer_size(&reader->words))
		buffer_append_byte(&reader->words, ' ');
	reader->spaced = false;
	if (reader->rest.at[0] == '"') {
		reader->quoted = true;
		read_quoted(reader, &reader->words);
		return;
	}
	while (reader->rest.size) {
		char c = reader->rest.at[0];

		if (is_special(c) || c == ' ' || c == '\t' || c == '\r' || c == '\n')
			break;
		buffer_append_byte(&reader->words, c);
		reader->rest = slice_from(reader->rest, 1);
	}
}

static struct mime_address *add(struct reader *reader, enum mime_address_kind kind)
{
	struct mime_address *address;

	reader->list = arena_grow(
		reader->arena, reader->list, reader->count, sizeof(*reader->list));
	address = &reader->list[reader->count++];
	address->kind = kind;
	return address;
}

static struct slice take(struct reader *reader, struct buffer *from)
{
	struct slice text = arena_copy(
		reader->arena, slice_trim_all(buffer_contents(from)));

	buffer_clear(from);
	reader->quoted &= from != &reader->words;
	return text;
}

/* A domain, or a literal, to what ends it. */
static struct slice read_host(struct reader *reader)
{
	buffer_clear(&reader->words);
	skip_space(reader);
	while (reader->rest.size) {
		char c = reader->rest.at[0];

		if (c == '[') {
			size_t end = slice_index(reader->rest, ']') + 1;

			buffer_append(&reader->words, slice_part(reader->rest, 0, end));
			reader->rest = slice_from(reader->rest, end);
		} else if (strchr("<>,:;@\"", c) && c) {
			break;
		} else {
			read_word(reader, true);
		}
		skip_space(reader);
	}
	return take(reader, &reader->words);
}

/* "@a,@b:" (RFC 5322 4.4); nothing is taken if no colon follows. */
static struct slice read_route(struct reader *reader)
{
	size_t colon = slice_index(reader->rest, ':');
	size_t end = slice_index(reader->rest, '>');
	struct slice route = slice_part(reader->rest, 0, colon);

	if (!slice_starts(reader->rest, SLICE("@")) || colon > end ||
		colon == reader->rest.size)
		return SLICE_EMPTY;
	reader->rest = slice_from(reader->rest, colon + 1);
	return arena_copy(reader->arena, slice_trim_all(route));
}

/* What stands between < and >. */
static void read_angle(struct reader *reader)
{
	struct mime_address *address = add(reader, MIME_ADDRESS);

	address->name = take(reader, &reader->words);
	reader->rest = slice_from(reader->rest, 1);
	skip_space(reader);
	address->route = read_route(reader);
	skip_space(reader);
	while (reader->rest.size && !strchr("@>,;", reader->rest.at[0])) {
		if (is_special(reader->rest.at[0]) && reader->rest.at[0] != '"')
			reader->rest = slice_from(reader->rest, 1);
		else
			read_word(reader, true);
		skip_space(reader);
	}
	address->mailbox = take(reader, &reader->words);
	if (slice_starts(reader->rest, SLICE("@"))) {
		reader->rest = slice_from(reader->rest, 1);
		address->host = read_host(reader);
	}
	if (slice_starts(reader->rest, SLICE(">")))
		reader->rest = slice_from(reader->rest, 1);
}

/* Spaces beside the dots of a local part mean nothing (RFC 5322 4.4). */
static struct slice join_dots(struct arena *arena, struct slice words)
{
	char *text = arena_take(arena, words.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < words.size; i++) {
		bool dense = (size && text[size - 1] == '.') ||
			     (i + 1 < words.size && words.at[i + 1] == '.');

		if (words.at[i] != ' ' || !dense)
			text[size++] = words.at[i];
	}
	return slice_make(text, size);
}

/* "local@host", its local part read already; it may be none. */
static void read_plain(struct reader *reader)
{
	struct mime_address *address = add(reader, MIME_ADDRESS);
	bool quoted = reader->quoted;

	address->mailbox = take(reader, &reader->words);
	if (!quoted)
		address->mailbox = join_dots(reader->arena, address->mailbox);
	reader->rest = slice_from(reader->rest, 1);
	buffer_clear(&reader->comment);
	address->host = read_host(reader);
	address->name = take(reader, &reader->comment);
}

/* Words that nothing followed: a mailbox without a host. */
static void add_words(struct reader *reader)
{
	struct mime_address *address;

	if (!buffer_size(&reader->words)) {
		buffer_clear(&reader->comment);
		return;
	}
	address = add(reader, MIME_ADDRESS);
	address->mailbox = take(reader, &reader->words);
	address->name = take(reader, &reader->comment);
}

static void read_special(struct reader *reader, bool *grouped)
{
	char c = reader->rest.at[0];

	if (c == '<') {
		read_angle(reader);
		return;
	}
	if (c == '@') {
		read_plain(reader);
		return;
	}
	reader->rest = slice_from(reader->rest, 1);
	if (c == ':' && !*grouped) {
		add(reader, MIME_GROUP)->mailbox = take(reader, &reader->words);
		*grouped = true;
		return;
	}
	if (c != ',' && c != ';')
		return;
	add_words(reader);
	if (c == ';' && *grouped) {
		add(reader, MIME_GROUP_END);
		*grouped = false;
	}
}

void addresses_read(struct arena *arena, struct slice value,
	const struct mime_address **list_r, size_t *count_r)
{
	struct reader reader = {.rest = value, .arena = arena};
	bool grouped = false;

	for (skip_space(&reader); reader.rest.size && reader.count < ADDRESSES_MAX;
		skip_space(&reader)) {
		if (is_special(reader.rest.at[0]) && reader.rest.at[0] != '"' &&
			reader.rest.at[0] != '[')
			read_special(&reader, &grouped);
		else if (reader.rest.at[0] == '[')
			reader.rest = slice_from(reader.rest, 1);
		else
			read_word(&reader, false);
	}
	add_words(&reader);
	if (grouped)
		add(&reader, MIME_GROUP_END);
	buffer_finish(&reader.words);
	buffer_finish(&reader.comment);
	*list_r = reader.list;
	*count_r = reader.count;
}
