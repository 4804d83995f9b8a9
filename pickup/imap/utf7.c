/* UTF-7 as names of mailboxes have it; see utf7.h. */
#include "imap/utf7.h"

#include <string.h>

#include "mail/text.h"

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static size_t put_utf8(char *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | (code >> 6));
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (char)(0xe0 | (code >> 12));
		to[1] = (char)(0x80 | ((code >> 6) & 0x3f));
		to[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | (code >> 18));
	to[1] = (char)(0x80 | ((code >> 12) & 0x3f));
	to[2] = (char)(0x80 | ((code >> 6) & 0x3f));
	to[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* One unit of UTF-16 behind those before it; *HIGH is a surrogate that waits. */
static bool take_unit(uint32_t unit, uint32_t *high, char *to, size_t *size)
{
	bool low = unit >= 0xdc00 && unit < 0xe000;

	if (low != (*high != 0))
		return false;
	if (unit >= 0xd800 && unit < 0xdc00) {
		*high = unit;
		return true;
	}
	if (low)
		unit = 0x10000 + ((*high - 0xd800) << 10) + (unit - 0xdc00);
	/* What can be written plainly has to be. */
	if (unit < 0x7f && unit >= 0x20)
		return false;
	*high = 0;
	*size += put_utf8(to + *size, unit);
	return true;
}

/* What stands between '&' and '-'. */
static bool take_shifted(struct slice text, char *to, size_t *size)
{
	uint32_t bits = 0, high = 0;
	unsigned held = 0;

	for (size_t i = 0; i < text.size; i++) {
		const char *digit = memchr(digits, text.at[i], 64);

		if (!digit)
			return false;
		bits = (bits << 6) | (uint32_t)(digit - digits);
		held += 6;
		if (held < 16)
			continue;
		held -= 16;
		if (!take_unit((bits >> held) & 0xffff, &high, to, size))
			return false;
		bits &= (1U << held) - 1;
	}
	return !high && held < 6 && !bits;
}

bool utf7_decode(struct arena *arena, struct slice text, struct slice *name_r)
{
	char *to = arena_take(arena, text.size * 2 + 4);
	size_t size = 0, shifted_to = SIZE_MAX;

	for (size_t i = 0; i < text.size; i++) {
		struct slice rest = slice_from(text, i + 1);
		unsigned char c = (unsigned char)text.at[i];
		size_t end;

		if (c < 0x20 || c >= 0x7f)
			return false;
		if (c != '&') {
			to[size++] = (char)c;
			continue;
		}
		end = slice_index(rest, '-');
		if (end == rest.size)
			return false;
		if (!end)
			to[size++] = '&';
		else if (i == shifted_to ||
			 !take_shifted(slice_part(rest, 0, end), to, &size))
			return false;
		i += end + 1;
		/* "&Jjo-&Jjo-" has to be one. */
		shifted_to = end ? i + 1 : SIZE_MAX;
	}
	*name_r = slice_make(to, size);
	return true;
}

struct shift {
	struct buffer *out;
	uint32_t bits;
	unsigned held;
	bool on;
};

static void put_unit(struct shift *shift, uint32_t unit)
{
	if (!shift->on)
		buffer_append_byte(shift->out, '&');
	shift->on = true;
	shift->bits = (shift->bits << 16) | unit;
	for (shift->held += 16; shift->held >= 6; shift->held -= 6)
		buffer_append_byte(
			shift->out, digits[(shift->bits >> (shift->held - 6)) & 63]);
	shift->bits &= (1U << shift->held) - 1;
}

static void unshift(struct shift *shift)
{
	if (!shift->on)
		return;
	if (shift->held)
		buffer_append_byte(
			shift->out, digits[(shift->bits << (6 - shift->held)) & 63]);
	buffer_append_byte(shift->out, '-');
	shift->on = false;
	shift->bits = 0;
	shift->held = 0;
}

void utf7_encode(struct buffer *out, struct slice name)
{
	struct shift shift = {.out = out};

	while (name.size) {
		uint32_t code;
		size_t size = text_character(name, &code);

		if (!size) {
			size = 1;
			code = 0xfffd;
		}
		name = slice_from(name, size);
		if (code >= 0x20 && code < 0x7f) {
			unshift(&shift);
			buffer_append_byte(out, (char)code);
			if (code == '&')
				buffer_append_byte(out, '-');
		} else if (code < 0x10000) {
			put_unit(&shift, code);
		} else {
			put_unit(&shift, 0xd800 + ((code - 0x10000) >> 10));
			put_unit(&shift, 0xdc00 + ((code - 0x10000) & 0x3ff));
		}
	}
	unshift(&shift);
}
