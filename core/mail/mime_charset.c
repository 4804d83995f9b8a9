/* Bytes of some old character sets as UTF-8; see mime_decode.h. */
#include "mail/mime_decode.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

/* clang-format off */
/* What 0x80 to 0x9f are in windows-1252; 0: nothing. */
static const uint16_t western[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
	0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

/* 0xc0 to 0xff of KOI8-R: letters in the order of the Latin keyboard. */
static const uint16_t koi8[64] = {
	0x44e, 0x430, 0x431, 0x446, 0x434, 0x435, 0x444, 0x433,
	0x445, 0x438, 0x439, 0x43a, 0x43b, 0x43c, 0x43d, 0x43e,
	0x43f, 0x44f, 0x440, 0x441, 0x442, 0x443, 0x436, 0x432,
	0x44c, 0x44b, 0x437, 0x448, 0x44d, 0x449, 0x447, 0x44a,
	0x42e, 0x410, 0x411, 0x426, 0x414, 0x415, 0x424, 0x413,
	0x425, 0x418, 0x419, 0x41a, 0x41b, 0x41c, 0x41d, 0x41e,
	0x41f, 0x42f, 0x420, 0x421, 0x422, 0x423, 0x416, 0x412,
	0x42c, 0x42b, 0x417, 0x428, 0x42d, 0x429, 0x427, 0x42a,
};
/* clang-format on */

static uint32_t from_western(unsigned char c)
{
	return c >= 0x80 && c <= 0x9f ? western[c - 0x80] : c;
}

static uint32_t from_cyrillic(unsigned char c)
{
	if (c >= 0xc0)
		return c - 0xc0u + 0x410;
	switch (c) {
	case 0xa8:
		return 0x401;
	case 0xb8:
		return 0x451;
	case 0xa0:
		return ' ';
	case 0xab:
	case 0xbb:
		return c;
	default:
		return c < 0x80 ? c : 0;
	}
}

static uint32_t from_koi8(unsigned char c)
{
	if (c >= 0xc0)
		return koi8[c - 0xc0];
	return c < 0x80 ? c : c == 0xa3 ? 0x451 : c == 0xb3 ? 0x401 : 0;
}

static const struct {
	const char *name;
	uint32_t (*from)(unsigned char c);
} charsets[] = {
	{"iso-8859-1", from_western},
	{"iso-8859-15", from_western},
	{"windows-1252", from_western},
	{"cp1252", from_western},
	{"latin1", from_western},
	{"windows-1251", from_cyrillic},
	{"cp1251", from_cyrillic},
	{"koi8-r", from_koi8},
};

/* CODE is below 0x10000; 0: '?'. Returns its bytes. */
static size_t put_code(char *text, uint32_t code)
{
	if (!code)
		code = '?';
	if (code < 0x80) {
		text[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		text[0] = (char)(0xc0 | code >> 6);
		text[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	text[0] = (char)(0xe0 | code >> 12);
	text[1] = (char)(0x80 | (code >> 6 & 0x3f));
	text[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

struct slice mime_to_utf8(struct arena *arena, struct slice charset, struct slice bytes)
{
	uint32_t (*from)(unsigned char c) = NULL;
	size_t size = 0;
	char *text;

	for (size_t i = 0; i < ARRAY_COUNT(charsets); i++) {
		if (slice_equal_nocase(charset, slice_of(charsets[i].name)))
			from = charsets[i].from;
	}
	if (!from)
		return bytes;
	text = arena_take(arena, bytes.size * 3 + 1);
	for (size_t i = 0; i < bytes.size; i++) {
		unsigned char c = (unsigned char)bytes.at[i];

		size += put_code(text + size, c ? from(c) : 0);
	}
	return slice_make(text, size);
}
