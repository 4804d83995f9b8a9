/* Reads encoded bodies and header words; see mime_decode.h. */
#include "mail/mime_decode.h"

#include <stdbool.h>
#include <string.h>

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters are three bytes; padding ends a quantum, not the text, as
 * some encode in pieces. */
static struct slice decode_base64(struct arena *arena, struct slice body, size_t most)
{
	size_t room = body.size / 4 * 3 + 3, size = 0;
	unsigned bits = 0, count = 0;
	char *bytes;

	room = room < most ? room : most;
	bytes = arena_take(arena, room + 1);
	for (size_t i = 0; i < body.size && size < room; i++) {
		int value = base64_value(body.at[i]);

		if (body.at[i] == '=')
			count = 0;
		if (value < 0)
			continue;
		bits = bits << 6 | (unsigned)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		bytes[size++] = (char)(bits >> count & 0xff);
	}
	return slice_make(bytes, size);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of white space from I on; *ends_r: a line or the body ends behind it. */
static size_t white_space(struct slice body, size_t i, bool *ends_r)
{
	size_t at = i;

	while (at < body.size && (body.at[at] == ' ' || body.at[at] == '\t'))
		at++;
	*ends_r = at == body.size || body.at[at] == '\n' ||
		  (body.at[at] == '\r' && at + 1 < body.size &&
			  body.at[at + 1] == '\n');
	return at - i;
}

/* Bytes of a soft line break (RFC 2045 6.7, rule 5) at I; 0: none is there. */
static size_t soft_break(struct slice body, size_t i)
{
	bool ends;
	size_t at = i + 1 + white_space(body, i + 1, &ends);

	if (at == body.size)
		return at - i;
	if (body.at[at] == '\r' && at + 1 < body.size && body.at[at + 1] == '\n')
		at++;
	return body.at[at] == '\n' ? at + 1 - i : 0;
}

/* WORD: as in a header, where '_' is a space (RFC 2047 4.2). */
static struct slice decode_quoted(
	struct arena *arena, struct slice body, size_t most, bool word)
{
	size_t room = body.size < most ? body.size : most, size = 0;
	char *bytes = arena_take(arena, room + 1);

	for (size_t i = 0; i < body.size && size < room; i++) {
		char c = body.at[i];
		int high = i + 2 < body.size ? hex_value(body.at[i + 1]) : -1;
		int low = i + 2 < body.size ? hex_value(body.at[i + 2]) : -1;
		size_t skip = c == '=' && !word ? soft_break(body, i) : 0;
		bool ends = false;

		if (!word && (c == ' ' || c == '\t')) {
			skip = white_space(body, i, &ends);
			for (size_t k = 0; k < skip && !ends && size < room; k++)
				bytes[size++] = body.at[i + k];
		}
		if (skip) {
			i += skip - 1;
			continue;
		}
		if (c == '=' && high >= 0 && low >= 0) {
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '_' && word) {
			c = ' ';
		}
		bytes[size++] = c;
	}
	return slice_make(bytes, size);
}

struct slice mime_decode(
	struct arena *arena, struct slice encoding, struct slice body, size_t most)
{
	if (slice_equal_nocase(encoding, SLICE("base64")))
		return decode_base64(arena, body, most);
	if (slice_equal_nocase(encoding, SLICE("quoted-printable")))
		return decode_quoted(arena, body, most, false);
	return slice_part(body, 0, most);
}

/* What stands between the marks of an encoded word, and how much of VALUE it
 * takes; 0: none begins here. */
struct encoded_word {
	struct slice charset, text;
	bool quoted;
	size_t size;
};

static bool read_word(struct slice value, struct encoded_word *word_r)
{
	struct slice rest = slice_from(value, 2), charset, kind;
	size_t end;

	if (!slice_starts(value, SLICE("=?")))
		return false;
	charset = slice_cut(&rest, '?');
	kind = slice_cut(&rest, '?');
	end = slice_find(rest, SLICE("?="));
	if (!rest.at || kind.size != 1 || charset.size > 40 || end == rest.size ||
		end > 1000)
		return false;
	if (!memchr("bBqQ", *kind.at, 4))
		return false;
	word_r->charset = slice_part(charset, 0, slice_index(charset, '*'));
	word_r->text = slice_part(rest, 0, end);
	word_r->quoted = ascii_lower(*kind.at) == 'q';
	word_r->size = (size_t)(rest.at + end + 2 - value.at);
	return true;
}

static size_t count_space(struct slice text)
{
	size_t count = 0;

	while (count < text.size && memchr(" \t\r\n", text.at[count], 4))
		count++;
	return count;
}

static bool is_word_start(struct slice value, size_t at)
{
	return at < value.size && value.at[at] == '=';
}

/* The first byte, and those behind it that begin neither a word nor space. */
static size_t plain_size(struct slice value)
{
	size_t size = 1;

	while (size < value.size && (unsigned char)value.at[size] > ' ' &&
		value.at[size] != '=')
		size++;
	return size;
}

struct slice mime_decode_words(struct arena *arena, struct slice value)
{
	/* A byte of Cyrillic or Latin becomes three of UTF-8 at the most. */
	char *text = arena_take(arena, value.size * 3 + 1);
	struct encoded_word word;
	size_t size = 0;
	bool after_word = false;

	value = slice_trim_all(value);
	while (value.size) {
		size_t space = count_space(value);

		if (is_word_start(value, space) &&
			read_word(slice_from(value, space), &word)) {
			struct slice bytes = word.quoted
						     ? decode_quoted(arena, word.text,
							       word.size, true)
						     : decode_base64(arena, word.text,
							       word.size);

			/* Space between two of them is not meant (RFC 2047 6.2). */
			if (space && !after_word)
				text[size++] = ' ';
			bytes = mime_to_utf8(arena, word.charset, bytes);
			memcpy(text + size, bytes.at, bytes.size);
			size += bytes.size;
			value = slice_from(value, space + word.size);
			after_word = true;
			continue;
		}
		after_word = false;
		if (space)
			text[size++] = ' ';
		value = slice_from(value, space);
		if (value.size) {
			size_t run = plain_size(value);

			memcpy(text + size, value.at, run);
			size += run;
			value = slice_from(value, run);
		}
	}
	return slice_make(text, size);
}
