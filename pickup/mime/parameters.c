/* Reads parameters of MIME's fields; see parameters.h. */
#include "mime/parameters.h"

#include <string.h>

#include "base/buffer.h"
#include "base/encode.h"
#include "mail/cfws.h"
#include "mail/mime_decode.h"

#define PIECES_MAX 100 /* of one value, RFC 2231 3 */

/* To the next of STOPS, a space or a comment. */
static struct slice take_word(struct slice *rest, const char *stops)
{
	struct slice word = *rest;
	size_t size = 0;

	/* Bytes above 127 are there, though they may not. */
	while (size < rest->size && (unsigned char)rest->at[size] > ' ' &&
		!strchr(stops, rest->at[size]))
		size++;
	word.size = size;
	*rest = slice_from(*rest, size);
	return word;
}

static struct slice take_value(struct arena *arena, struct slice *rest)
{
	struct slice quoted = *rest;
	char *text;
	size_t size = 0;

	if (!slice_starts(*rest, SLICE("\"")))
		return take_word(rest, ";(");
	text = arena_take(arena, quoted.size + 1);
	*rest = slice_from(*rest, 1);
	while (rest->size && rest->at[0] != '"') {
		if (rest->at[0] == '\\' && rest->size > 1)
			*rest = slice_from(*rest, 1);
		if (rest->at[0] != '\r' && rest->at[0] != '\n')
			text[size++] = rest->at[0];
		*rest = slice_from(*rest, 1);
	}
	*rest = slice_from(*rest, 1);
	return slice_make(text, size);
}

struct mime_parameter_list mime_parameters(
	struct arena *arena, struct slice value, struct slice *word_r)
{
	struct mime_parameter_list list = {.rest = value, .arena = arena};

	cfws_skip(&list.rest);
	*word_r = take_word(&list.rest, ";(");
	return list;
}

bool mime_parameters_next(
	struct mime_parameter_list *list, struct slice *name_r, struct slice *value_r)
{
	struct slice *rest = &list->rest;

	while (rest->size && list->seen < MIME_PARAMETERS_MAX) {
		cfws_skip(rest);
		if (!slice_starts(*rest, SLICE(";"))) {
			*rest = slice_from(*rest, slice_index(*rest, ';'));
			continue;
		}
		*rest = slice_from(*rest, 1);
		cfws_skip(rest);
		*name_r = take_word(rest, ";=(");
		cfws_skip(rest);
		if (!name_r->size || !slice_starts(*rest, SLICE("=")))
			continue;
		*rest = slice_from(*rest, 1);
		cfws_skip(rest);
		*value_r = take_value(list->arena, rest);
		list->seen++;
		return true;
	}
	return false;
}

struct piece {
	bool there, encoded; /* percent-encoded: its name ended in '*' */
	struct slice text;
};

/* "name", "name*", "name*3", "name*3*": the number, 0 without; -1: another name. */
static int piece_of(struct slice said, struct slice name, bool *encoded_r)
{
	struct slice rest = slice_from(said, name.size);
	uint64_t number = 0;

	if (!slice_starts_nocase(said, name))
		return -1;
	*encoded_r = slice_ends(rest, SLICE("*"));
	if (*encoded_r)
		rest.size--;
	if (!rest.size)
		return 0;
	if (!slice_starts(rest, SLICE("*")) ||
		!slice_to_u64(slice_from(rest, 1), &number) || number >= PIECES_MAX)
		return -1;
	return (int)number;
}

static void append_percent(struct buffer *out, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		char byte = text.at[i];

		if (byte == '%' && i + 2 < text.size &&
			hex_decode(slice_part(text, i + 1, 2), &byte))
			i += 2;
		buffer_append_byte(out, byte);
	}
}

/* "charset'language'text" of the first piece. */
static struct slice take_charset(struct slice *text)
{
	struct slice rest = *text, charset = slice_cut(&rest, '\'');

	if (!rest.at || slice_index(rest, '\'') == rest.size)
		return SLICE_EMPTY;
	(void)slice_cut(&rest, '\'');
	*text = rest;
	return charset;
}

struct slice mime_parameter_text(
	struct arena *arena, struct slice value, struct slice name)
{
	struct piece *pieces = arena_take_array(arena, PIECES_MAX, sizeof(*pieces));
	struct slice word, said, text, charset = SLICE_EMPTY, result;
	struct mime_parameter_list list = mime_parameters(arena, value, &word);
	struct buffer joined = {0};
	bool encoded = false;

	while (mime_parameters_next(&list, &said, &text)) {
		bool percent = false;
		int at = piece_of(said, name, &percent);

		/* The extended form is preferred (RFC 6266 4.3 says so for HTTP). */
		if (at >= 0 && (!pieces[at].there || percent))
			pieces[at] = (struct piece){true, percent, text};
	}
	for (size_t i = 0; i < PIECES_MAX && pieces[i].there; i++) {
		text = pieces[i].text;
		if (i == 0 && pieces[i].encoded)
			charset = take_charset(&text);
		encoded |= pieces[i].encoded;
		if (pieces[i].encoded)
			append_percent(&joined, text);
		else
			buffer_append(&joined, text);
	}
	result = arena_copy(arena, buffer_contents(&joined));
	buffer_finish(&joined);
	return encoded ? mime_to_utf8(arena, charset, result)
		       : mime_decode_words(arena, result);
}
