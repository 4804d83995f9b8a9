/* Reads what MIME says about a part; see mime_part.h. */
#include "mail/mime_part.h"

#include <string.h>

#include "mail/cfws.h"

struct parameter {
	struct slice name;
	char *text;
	size_t room, size; /* size: ROOM + 1 for what does not fit */
};

static struct slice take_token(struct slice *rest);
static struct slice take_word(struct slice *rest);
static size_t take_value(struct slice *rest, char *text, size_t room);
static void read_boundary(struct slice rest, struct mime_type *type);

bool mime_type_parse(struct slice value, struct mime_type *type_r)
{
	struct slice rest = value, type, subtype;

	*type_r = (struct mime_type){0};
	cfws_skip(&rest);
	type = take_token(&rest);
	if (!type.size || !cfws_take_byte(&rest, '/'))
		return false;
	cfws_skip(&rest);
	subtype = take_token(&rest);
	if (!subtype.size)
		return false;
	type_r->type = type;
	type_r->subtype = subtype;
	read_boundary(rest, type_r);
	return true;
}

bool mime_type_is(const struct mime_type *type, const char *name, const char *subtype)
{
	return slice_equal_nocase(type->type, slice_of(name)) &&
	       (!subtype || slice_equal_nocase(type->subtype, slice_of(subtype)));
}

struct slice mime_encoding_parse(struct slice value)
{
	struct slice rest = value;

	cfws_skip(&rest);
	return take_token(&rest);
}

struct slice mime_delimiter_text(struct slice line)
{
	if (line.size < 3 || line.at[0] != '-' || line.at[1] != '-')
		return SLICE_EMPTY;
	line = (struct slice){line.at + 2, line.size - 2};
	while (line.size && (unsigned char)line.at[line.size - 1] <= ' ')
		line.size--;
	return line;
}

/* *( ";" attribute "=" value ), as far as it can be understood: the next one of
 * them. False: there is no more. */
static bool next_parameter(struct slice *rest, struct parameter *parameter)
{
	while (rest->size) {
		cfws_skip(rest);
		if (!cfws_take_byte(rest, ';')) {
			*rest = slice_from(*rest, slice_index(*rest, ';'));
			continue;
		}
		cfws_skip(rest);
		parameter->name = take_token(rest);
		if (!parameter->name.size || !cfws_take_byte(rest, '='))
			continue;
		parameter->size = take_value(rest, parameter->text, parameter->room);
		return true;
	}
	return false;
}

static void read_boundary(struct slice rest, struct mime_type *type)
{
	char text[MIME_BOUNDARY_MAX];
	struct parameter parameter = {.text = text, .room = sizeof(text)};

	while (!type->boundary_size && next_parameter(&rest, &parameter)) {
		size_t size = parameter.size;

		if (!slice_equal_nocase(parameter.name, SLICE("boundary")) || !size ||
			size > sizeof(text) || text[size - 1] == ' ')
			continue;
		memcpy(type->boundary, text, size);
		type->boundary_size = size;
	}
}

struct slice mime_parameter(
	struct slice value, const char *name, char *text, size_t room)
{
	struct parameter parameter = {.text = text, .room = room};

	value = slice_from(value, slice_index(value, ';'));
	while (next_parameter(&value, &parameter)) {
		if (slice_equal_nocase(parameter.name, slice_of(name)) &&
			parameter.size <= room)
			return slice_make(text, parameter.size);
	}
	return SLICE_EMPTY;
}

/* A token or quoted string into TEXT; returns its size, ROOM + 1 for any that
 * does not fit. */
static size_t take_value(struct slice *rest, char *text, size_t room)
{
	size_t size = 0, i = 1;

	cfws_skip(rest);
	if (!rest->size || *rest->at != '"') {
		struct slice token = take_word(rest);

		if (token.size > room)
			return room + 1;
		if (token.size)
			memcpy(text, token.at, token.size);
		return token.size;
	}
	for (; i < rest->size && rest->at[i] != '"'; i++) {
		char c = rest->at[i];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '\\' && i + 1 < rest->size)
			c = rest->at[++i];
		if (size < room)
			text[size] = c;
		size++;
	}
	*rest = slice_from(*rest, i + 1);
	return size > room ? room + 1 : size;
}

/* RFC 2045 5.1. */
static struct slice take_token(struct slice *rest)
{
	struct slice token = *rest;
	size_t size = 0;

	while (size < rest->size && rest->at[size] > ' ' && rest->at[size] < 0x7f &&
		!strchr("()<>@,;:\\\"/[]?=", rest->at[size]))
		size++;
	token.size = size;
	*rest = slice_from(*rest, size);
	return token;
}

/* A value as many write it, with what would have to be in quotes: boundary=a/b=c. */
static struct slice take_word(struct slice *rest)
{
	struct slice word = *rest;
	size_t size = 0;

	while (size < rest->size && rest->at[size] > ' ' && rest->at[size] < 0x7f &&
		!strchr(";(\"", rest->at[size]))
		size++;
	word.size = size;
	*rest = slice_from(*rest, size);
	return word;
}
