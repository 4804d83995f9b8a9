/*
 * Bytes of any character set as UTF-8: the only user of iconv; see
 * mime_decode.h.
 */
#include "mail/mime_decode.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "mail/text.h"

#define NAME_SIZE   64
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What is written otherwise than iconv knows it. */
static const struct {
	const char *said, *name;
} aliases[] = {
	{"x-gbk", "gbk"},
	{"gb2312", "gb18030"}, /* said of all that contains it */
	{"gbk", "gb18030"},
	{"iso-8859-1", "windows-1252"}, /* the same but for controls */
	{"latin1", "windows-1252"},
	{"us-ascii", "windows-1252"},
	{"ks_c_5601-1987", "cp949"},
	{"x-sjis", "cp932"},
	{"shift_jis", "cp932"},
	{"iso-8859-8-i", "iso-8859-8"},
	{"unicode-1-1-utf-7", "utf-7"},
	{"x-mac-roman", "macintosh"},
};

/* The name iconv knows it by, in TEXT or static; NULL: none that it should see. */
static const char *name_of(struct slice charset, char text[NAME_SIZE])
{
	charset = slice_part(charset, 0, slice_index(charset, '*')); /* RFC 2231 5 */
	if (!charset.size || charset.size >= NAME_SIZE)
		return NULL;
	for (size_t i = 0; i < charset.size; i++) {
		char c = charset.at[i];

		/* No "//" and what follows it, which is an order to iconv. */
		if (!ascii_is_alnum(c) && !strchr("-_.:()+", c))
			return NULL;
		text[i] = ascii_lower(c);
	}
	text[charset.size] = 0;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (!strcmp(text, aliases[i].said))
			return aliases[i].name;
	}
	return text;
}

/* All of BYTES; what means nothing becomes U+FFFD. */
static struct slice convert(struct arena *arena, iconv_t converter, struct slice bytes)
{
	size_t room = bytes.size * 4 + 16, left = room, rest = bytes.size;
	char *text = arena_take(arena, room), *to = text;
	char *from = (char *)(uintptr_t)bytes.at;

	while (rest && iconv(converter, &from, &rest, &to, &left) == (size_t)-1) {
		if (errno == E2BIG || left < sizeof(REPLACEMENT))
			break;
		memcpy(to, REPLACEMENT, sizeof(REPLACEMENT) - 1);
		to += sizeof(REPLACEMENT) - 1;
		left -= sizeof(REPLACEMENT) - 1;
		from++;
		rest--;
	}
	(void)iconv(converter, NULL, NULL, &to, &left);
	return slice_make(text, (size_t)(to - text));
}

static bool starts(const char *name, const char *with)
{
	return slice_starts(slice_of(name), slice_of(with));
}

/* Whether BYTES in that set are UTF-8 as they stand, as nearly all texts are. */
static bool is_the_same(const char *name, struct slice bytes)
{
	uint32_t code;

	if (text_is_ascii(bytes))
		return !strcmp(name, "utf-8") || starts(name, "windows-125") ||
		       starts(name, "iso-8859-") || starts(name, "koi8-") ||
		       !strcmp(name, "gb18030");
	if (strcmp(name, "utf-8") != 0)
		return false;
	while (bytes.size) {
		size_t size = text_character(bytes, &code);

		if (!size)
			return false;
		bytes = slice_from(bytes, size);
	}
	return true;
}

struct slice mime_to_utf8(struct arena *arena, struct slice charset, struct slice bytes)
{
	char text[NAME_SIZE];
	const char *name = name_of(charset, text);
	iconv_t converter;

	if (!name || !bytes.size || is_the_same(name, bytes))
		return bytes;
	converter = iconv_open("utf-8", name);
	if (converter == (iconv_t)-1)
		return bytes;
	bytes = convert(arena, converter, bytes);
	iconv_close(converter);
	return bytes;
}
