/*
 * xtext (RFC 3461 section 4), and ORCPT with the utf-8 type of RFC 6533.
 */
#include "mail/xtext.h"

#include <string.h>

#include "mail/text.h"

#define TYPE_MAX 40 /* far above any registered address type */

static const char digits[] = "0123456789ABCDEF";

static bool hex_digit(char c, unsigned *value);
static bool is_xchar(char c);
static bool is_type(struct slice type);
static bool decode_unitext(struct slice text, bool utf8, char *bytes, size_t *size_r);
static size_t decode_point(struct slice text, char *bytes, size_t *used);
static size_t put_character(uint32_t code, char *bytes);
static size_t encode_unitext(struct slice bytes, char *text);

bool xtext_decode(struct slice text, char *bytes, size_t *size_r)
{
	size_t used = 0;

	for (size_t i = 0; i < text.size; i++) {
		unsigned high, low;

		if (is_xchar(text.at[i])) {
			bytes[used++] = text.at[i];
			continue;
		}
		if (text.at[i] != '+' || i + 2 >= text.size ||
			!hex_digit(text.at[i + 1], &high) ||
			!hex_digit(text.at[i + 2], &low))
			return false;
		bytes[used++] = (char)(high << 4 | low);
		i += 2;
	}
	if (!text_is_utf8(slice_make(bytes, used)))
		return false;
	*size_r = used;
	return true;
}

bool xtext_decode_in(struct arena *arena, struct slice text, struct slice *bytes_r)
{
	char *bytes = arena_take(arena, text.size + 1);
	size_t size;

	if (!xtext_decode(text, bytes, &size))
		return false;
	bytes[size] = '\0';
	*bytes_r = slice_make(bytes, size);
	return true;
}

size_t xtext_encode(struct slice bytes, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < bytes.size; i++) {
		unsigned char byte = (unsigned char)bytes.at[i];

		if (is_xchar(bytes.at[i])) {
			text[used++] = bytes.at[i];
			continue;
		}
		text[used++] = '+';
		text[used++] = digits[byte >> 4];
		text[used++] = digits[byte & 15];
	}
	return used;
}

struct slice xtext_encode_in(struct arena *arena, struct slice bytes)
{
	char *text = arena_take(arena, XTEXT_SIZE(bytes.size) + 1);

	return slice_make(text, xtext_encode(bytes, text));
}

bool orcpt_parse(
	struct arena *arena, struct slice value, bool utf8, struct orcpt *orcpt_r)
{
	struct slice rest = value, type = slice_cut(&rest, ';');
	struct orcpt orcpt = {.type = SLICE_EMPTY};

	if (value.size > ORCPT_MAX || !is_type(type) || rest.size == 0)
		return false;
	if (slice_equal_nocase(type, SLICE("utf-8"))) {
		char *bytes = arena_take(arena, rest.size + 1);
		size_t size;

		if (!decode_unitext(rest, utf8, bytes, &size))
			return false;
		orcpt.address = slice_make(bytes, size);
	} else if (!xtext_decode_in(arena, rest, &orcpt.address) ||
		   !text_is_ascii(orcpt.address)) {
		return false;
	}
	orcpt.type = arena_copy(arena, type);
	*orcpt_r = orcpt;
	return true;
}

struct slice orcpt_format(struct arena *arena, const struct orcpt *orcpt, bool utf8)
{
	/* The longest escape of one byte is "\x{7F}". */
	char *text = arena_take(
		arena, orcpt->type.size + 1 + orcpt->address.size * 6 + 1);
	size_t used = orcpt->type.size;

	memcpy(text, orcpt->type.at, used);
	text[used++] = ';';
	if (!slice_equal_nocase(orcpt->type, SLICE("utf-8"))) {
		used += xtext_encode(orcpt->address, text + used);
	} else if (utf8 && slice_index(orcpt->address, '\\') == orcpt->address.size &&
		   slice_index(orcpt->address, '+') == orcpt->address.size &&
		   slice_index(orcpt->address, '=') == orcpt->address.size &&
		   slice_index(orcpt->address, ' ') == orcpt->address.size) {
		memcpy(text + used, orcpt->address.at, orcpt->address.size);
		used += orcpt->address.size;
	} else {
		used += encode_unitext(orcpt->address, text + used);
	}
	return slice_make(text, used);
}

/* Upper case only, RFC 3461 4: hexchar = "+" 2(%x30-39 / %x41-46). */
static bool hex_digit(char c, unsigned *value)
{
	if (ascii_is_digit(c))
		*value = (unsigned)(c - '0');
	else if (c >= 'A' && c <= 'F')
		*value = (unsigned)(c - 'A') + 10;
	else
		return false;
	return true;
}

static bool is_xchar(char c)
{
	return c > ' ' && c < 0x7f && c != '+' && c != '=';
}

static bool is_type(struct slice type)
{
	for (size_t i = 0; i < type.size; i++)
		if (!ascii_is_alnum(type.at[i]) && type.at[i] != '-')
			return false;
	return type.size > 0 && type.size <= TYPE_MAX;
}

/* utf-8-addr-xtext, and with UTF8 utf-8-addr-unitext: RFC 6533 section 3. */
static bool decode_unitext(struct slice text, bool utf8, char *bytes, size_t *size_r)
{
	size_t used = 0;

	for (size_t i = 0; i < text.size;) {
		char c = text.at[i];

		if (c == '\\') {
			size_t step = decode_point(slice_from(text, i), bytes, &used);

			if (step == 0)
				return false;
			i += step;
		} else if (is_xchar(c) || (utf8 && (unsigned char)c >= 0x80)) {
			bytes[used++] = c;
			i++;
		} else {
			return false;
		}
	}
	if (!text_is_utf8(slice_make(bytes, used)))
		return false;
	*size_r = used;
	return true;
}

/*
 * "\x{20AC}" at the start of TEXT into BYTES at *USED; returns its size, 0 for
 * anything else. It is never shorter than what it stands for.
 */
static size_t decode_point(struct slice text, char *bytes, size_t *used)
{
	uint32_t code = 0;
	size_t i = 3;

	if (!slice_starts(text, SLICE("\\x{")))
		return 0;
	for (; i < text.size && text.at[i] != '}'; i++) {
		unsigned value;

		if (i >= 3 + 6 || !hex_digit(text.at[i], &value))
			return 0;
		code = code << 4 | value;
	}
	if (i < 3 + 2 || i >= text.size || code > 0x10ffff ||
		(code >= 0xd800 && code <= 0xdfff))
		return 0;
	*used += put_character(code, bytes + *used);
	return i + 1;
}

static size_t put_character(uint32_t code, char *bytes)
{
	if (code < 0x80) {
		bytes[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		bytes[0] = (char)(0xc0 | code >> 6);
		bytes[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		bytes[0] = (char)(0xe0 | code >> 12);
		bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | code >> 18);
	bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

static size_t encode_unitext(struct slice bytes, char *text)
{
	size_t used = 0;
	uint32_t code = 0;

	for (size_t i = 0; i < bytes.size;) {
		size_t step = text_character(slice_from(bytes, i), &code);
		int shift = 4; /* of the first digit; there are at least two */

		if (step == 0) { /* cannot come from orcpt_parse */
			code = '?';
			step = 1;
		}
		i += step;
		if (code < 0x7f && is_xchar((char)code) && code != '\\') {
			text[used++] = (char)code;
			continue;
		}
		memcpy(text + used, "\\x{", 3);
		used += 3;
		while (code >> shift >= 16)
			shift += 4;
		for (; shift >= 0; shift -= 4)
			text[used++] = digits[code >> shift & 15];
		text[used++] = '}';
	}
	return used;
}
