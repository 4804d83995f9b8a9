/* Escaping for JSON strings: plain runs are copied, the rest is looked at. */
#include "base/escape.h"

#include <stdint.h>
#include <string.h>

/* True for what stands for itself: printable ASCII but quote and backslash. */
static const bool plain[256] = {
	[' '] = true,
	['!'] = true,
	['#' ... '['] = true,
	[']' ... '~'] = true,
};

struct character {
	uint32_t code;
	size_t size; /* bytes of input it takes */
	bool valid;
};

/* RFC 3629 section 4, without overlong forms and surrogates. */
static struct character decode(struct slice s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.at[0];
	struct character c = {.size = 1};

	if (first < 0x80) {
		c.code = first;
		c.valid = true;
		return c;
	}
	if (first < 0xc2 || first > 0xf4)
		return c;
	c.size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	c.code = first & (0x7fu >> c.size);
	c.valid = c.size <= s.size;
	for (size_t i = 1; i < c.size && c.valid; i++) {
		unsigned char byte = (unsigned char)s.at[i];

		c.valid = (byte & 0xc0) == 0x80;
		c.code = c.code << 6 | (byte & 0x3f);
	}
	c.valid = c.valid && c.code >= least[c.size] && c.code <= 0x10ffff &&
		  (c.code < 0xd800 || c.code > 0xdfff);
	if (!c.valid)
		c.size = 1;
	return c;
}

static size_t write_hex(char *to, uint32_t code)
{
	static const char digits[] = "0123456789abcdef";

	memcpy(to, "\\u00", 4);
	to[4] = digits[code >> 4 & 15];
	to[5] = digits[code & 15];
	return 6;
}

static size_t write_short(char *to, char letter)
{
	to[0] = '\\';
	to[1] = letter;
	return 2;
}

/* Into TO, which has ESCAPE_BYTES_MAX. */
static size_t write_character(char *to, const char *from, struct character c)
{
	if (!c.valid) {
		memcpy(to, "\xef\xbf\xbd", 3);
		return 3;
	}
	switch (c.code) {
	case '"':
	case '\\':
		return write_short(to, (char)c.code);
	case '\n':
		return write_short(to, 'n');
	case '\r':
		return write_short(to, 'r');
	case '\t':
		return write_short(to, 't');
	default:
		break;
	}
	if (c.code < 0x20 || (c.code >= 0x7f && c.code < 0xa0))
		return write_hex(to, c.code);
	memcpy(to, from, c.size);
	return c.size;
}

/* Whether all eight are plain. The lowest byte that is not sets its top bit in
 * one of the terms; what it borrows from those above it changes nothing then. */
static bool are_plain(uint64_t bytes)
{
	const uint64_t each = UINT64_C(0x0101010101010101), top = each << 7;
	uint64_t quote = bytes ^ each * '"', slash = bytes ^ each * '\\';
	uint64_t odd = bytes | (bytes + each) | (bytes - each * ' ') | (quote - each) |
		       (slash - each);

	return (odd & top) == 0;
}

static size_t plain_run(struct slice s)
{
	size_t i = 0;
	uint64_t bytes;

	for (; i + sizeof(bytes) <= s.size; i += sizeof(bytes)) {
		memcpy(&bytes, s.at + i, sizeof(bytes));
		if (!are_plain(bytes))
			break;
	}
	while (i < s.size && plain[(unsigned char)s.at[i]])
		i++;
	return i;
}

size_t escape_json(struct slice *value, char *text, size_t room)
{
	size_t used = 0;

	while (value->size && used < room) {
		size_t run = plain_run(slice_part(*value, 0, room - used));
		char escaped[ESCAPE_BYTES_MAX];
		struct character c;
		size_t size;

		if (run) {
			memcpy(text + used, value->at, run);
			used += run;
			*value = slice_from(*value, run);
			continue;
		}
		c = decode(*value);
		size = write_character(escaped, value->at, c);
		if (size > room - used)
			break;
		memcpy(text + used, escaped, size);
		used += size;
		*value = slice_from(*value, c.size);
	}
	return used;
}
