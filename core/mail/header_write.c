/* Header fields made out of what people wrote. */
#include "mail/header_write.h"

#include <string.h>

#include "base/encode.h"
#include "mail/text.h"

#define LINE_BEST    76
#define LINE_MOST    900 /* of what cannot be folded */
#define WORD_MAX     75	 /* RFC 2047 2 */
#define WORD_AROUND  12	 /* "=?utf-8?Q?" and "?=" */
#define WORD_LEAST   16	 /* fewer bytes are not begun on a line */
#define SECTION_SIZE 50	 /* of a parameter in several (RFC 2231 3) */

static size_t column_of(const struct buffer *out)
{
	struct slice all = buffer_contents(out);

	return all.size - (slice_index_last(all, '\n') + 1) % (all.size + 1);
}

/* A line that goes on: a blank behind the CRLF. */
static bool fold(struct buffer *out)
{
	return buffer_append(out, SLICE("\r\n "));
}

static bool begin(struct buffer *out, struct slice name)
{
	return buffer_append(out, name) && buffer_append(out, SLICE(":"));
}

/* May stand in an encoded word of kind Q, also in a phrase (RFC 2047 5). */
static bool is_plain(char c)
{
	return ascii_is_alnum(c) || (c && strchr("!*+-/", c));
}

static size_t quoted_size(struct slice text)
{
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++)
		size += is_plain(text.at[i]) || text.at[i] == ' ' ? 1 : 3;
	return size;
}

/* The most whole characters of TEXT that ROOM takes. */
static size_t fitting(struct slice text, size_t room, bool base64)
{
	size_t at = 0, used = 0;

	while (at < text.size) {
		uint32_t code;
		size_t size = text_character(slice_from(text, at), &code);

		if (!size)
			size = 1;
		used = base64 ? BASE64_SIZE(at + size)
			      : used + quoted_size(slice_part(text, at, size));
		if (used > room)
			break;
		at += size;
	}
	return at;
}

static bool put_quoted(struct buffer *out, struct slice text)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];
		char hex[3] = {'=', digits[c >> 4], digits[c & 15]};

		if (c == ' '		    ? !buffer_append_byte(out, '_')
			: is_plain((char)c) ? !buffer_append_byte(out, (char)c)
					    : !buffer_append(out, slice_make(hex, 3)))
			return false;
	}
	return true;
}

static bool put_base64(struct buffer *out, struct slice text)
{
	char encoded[BASE64_SIZE(WORD_MAX)];

	return buffer_append(out, slice_make(encoded, base64_encode(text, encoded)));
}

/* TEXT as encoded words with CRLF and a blank between them. */
static bool put_words(struct buffer *out, struct slice text)
{
	/* What can be read is worth some bytes. */
	bool base64 = BASE64_SIZE(text.size) * 4 < quoted_size(text) * 3;
	bool first = true, good = true;

	while (good && text.size) {
		size_t column = column_of(out), room;
		struct slice part;

		if (!first || column + WORD_AROUND + WORD_LEAST > LINE_BEST) {
			good = fold(out);
			column = 1;
		}
		room = LINE_BEST - column < WORD_MAX ? LINE_BEST - column : WORD_MAX;
		part = slice_part(text, 0, fitting(text, room - WORD_AROUND, base64));
		good = good &&
		       buffer_append(out,
			       base64 ? SLICE("=?utf-8?B?") : SLICE("=?utf-8?Q?")) &&
		       (base64 ? put_base64(out, part) : put_quoted(out, part)) &&
		       buffer_append(out, SLICE("?="));
		text = slice_from(text, part.size);
		first = false;
	}
	return good;
}

/* Words as they are, folded between them. */
static bool put_folded(struct buffer *out, struct slice text)
{
	size_t column = column_of(out);

	while (text.size) {
		size_t blanks = 0, end;
		struct slice word;

		while (blanks < text.size && text.at[blanks] == ' ')
			blanks++;
		end = blanks;
		while (end < text.size && text.at[end] != ' ')
			end++;
		word = slice_part(text, 0, end);
		if (blanks && column + word.size > LINE_BEST && end > blanks) {
			if (!buffer_append(out, SLICE("\r\n")))
				return false;
			column = 0;
		}
		if (!buffer_append(out, word))
			return false;
		column += word.size;
		text = slice_from(text, end);
	}
	return true;
}

static bool has_long_word(struct slice text)
{
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++) {
		size = text.at[i] == ' ' ? 0 : size + 1;
		if (size > LINE_MOST)
			return true;
	}
	return false;
}

/* It is ASCII, and nobody takes any of it for an encoded word; nor would it lose
 * blanks at its ends, or lines of nothing but blanks. */
static bool is_as_it_is(struct slice text)
{
	return text_is_utf8(text) && text_is_ascii(text) &&
	       slice_find(text, SLICE("=?")) == text.size &&
	       slice_trim(text).size == text.size &&
	       slice_find(text, SLICE("  ")) == text.size && !has_long_word(text);
}

bool header_write_text(struct buffer *out, struct slice name, struct slice text)
{
	return begin(out, name) && buffer_append_byte(out, ' ') &&
	       (is_as_it_is(text) ? put_folded(out, text) : put_words(out, text)) &&
	       buffer_append(out, SLICE("\r\n"));
}

bool header_write_raw(struct buffer *out, struct slice name, struct slice value)
{
	return begin(out, name) && buffer_append_byte(out, ' ') &&
	       put_folded(out, slice_trim(value)) && buffer_append(out, SLICE("\r\n"));
}

static bool is_atoms(struct slice text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!ascii_is_alnum(text.at[i]) &&
			(!text.at[i] || !strchr(" !#$%&'*+-/=?^_`{|}~", text.at[i])))
			return false;
	return is_as_it_is(text);
}

static bool put_string(struct buffer *out, struct slice text)
{
	bool good = buffer_append_byte(out, '"');

	for (size_t i = 0; good && i < text.size; i++)
		good = (!strchr("\"\\", text.at[i]) || buffer_append_byte(out, '\\')) &&
		       buffer_append_byte(out, text.at[i]);
	return good && buffer_append_byte(out, '"');
}

static bool put_phrase(struct buffer *out, struct slice name)
{
	if (is_atoms(name))
		return put_folded(out, name);
	if (name.size <= LINE_MOST / 2 && text_is_ascii(name) && text_is_utf8(name) &&
		slice_find(name, SLICE("=?")) == name.size)
		return put_string(out, name);
	return put_words(out, name);
}

bool header_write_mailboxes(struct buffer *out, struct slice name,
	const struct header_mailbox *list, size_t count)
{
	bool good = begin(out, name);

	for (size_t i = 0; good && i < count; i++) {
		const struct header_mailbox *mailbox = &list[i];
		size_t size = mailbox->name.size + mailbox->address.size + 5;

		if (i)
			good = buffer_append_byte(out, ',');
		good = good && (i && column_of(out) + size > LINE_BEST
					       ? fold(out)
					       : buffer_append_byte(out, ' '));
		if (mailbox->name.size)
			good = good && put_phrase(out, mailbox->name) &&
			       (column_of(out) + mailbox->address.size + 3 > LINE_BEST
					       ? fold(out)
					       : buffer_append_byte(out, ' ')) &&
			       buffer_append_byte(out, '<');
		good = good && buffer_append(out, mailbox->address) &&
		       (!mailbox->name.size || buffer_append_byte(out, '>'));
	}
	return good && buffer_append(out, SLICE("\r\n"));
}

/* RFC 2231 7: attribute-char */
static bool is_attribute(char c)
{
	return ascii_is_alnum(c) || (c && strchr("!#$&+-.^_`{|}~", c));
}

/* "name*0*=utf-8''…", one section of it or all. */
static bool put_sections(struct buffer *out, const char *name, struct slice value)
{
	static const char digits[] = "0123456789ABCDEF";
	bool several = value.size * 3 > SECTION_SIZE;
	bool good = true;

	for (unsigned section = 0; good && (value.size || !section); section++) {
		size_t used = 0;

		good = buffer_append(out, SLICE(";\r\n ")) &&
		       (several ? buffer_append_format(out, "%s*%u*=", name, section)
				: buffer_append_format(out, "%s*=", name)) &&
		       (section || buffer_append(out, SLICE("utf-8''")));
		while (good && value.size && (used < SECTION_SIZE || !several)) {
			unsigned char c = (unsigned char)value.at[0];
			char hex[3] = {'%', digits[c >> 4], digits[c & 15]};

			good = is_attribute((char)c)
				       ? buffer_append_byte(out, (char)c)
				       : buffer_append(out, slice_make(hex, 3));
			used += is_attribute((char)c) ? 1 : 3;
			value = slice_from(value, 1);
		}
	}
	return good;
}

bool header_write_parameter(struct buffer *out, const char *name, struct slice value)
{
	if (!text_is_ascii(value) || !text_is_utf8(value) || value.size > SECTION_SIZE)
		return put_sections(out, name, value);
	return buffer_append_format(out, ";\r\n %s=", name) && put_string(out, value);
}
