/*
 * Text from strangers: one strict UTF-8 decoder, and what stands on it.
 */
#include "mail/text.h"

#include <string.h>

#define EACH_BYTE 0x0101010101010101u

/* Bytes S begins with that are printable ASCII, as nearly all text is. */
static size_t plain_run(struct slice s)
{
	size_t i = 0;

	for (; s.size - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
		uint64_t word, is_delete;

		memcpy(&word, s.at + i, sizeof(word));
		is_delete = word ^ EACH_BYTE * 0x7f;
		if ((word | (word - EACH_BYTE * 0x20) | (is_delete - EACH_BYTE)) &
			EACH_BYTE * 0x80)
			break;
	}
	while (i < s.size && s.at[i] >= 0x20 && s.at[i] < 0x7f)
		i++;
	return i;
}

static bool is_continuation(struct slice s, size_t at, uint32_t *code)
{
	unsigned char byte;

	if (at >= s.size)
		return false;
	byte = (unsigned char)s.at[at];
	if ((byte & 0xc0) != 0x80)
		return false;
	*code = *code << 6 | (byte & 0x3f);
	return true;
}

size_t text_character(struct slice s, uint32_t *code_r)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first;
	uint32_t code;
	size_t size;

	if (s.size == 0)
		return 0;
	first = (unsigned char)s.at[0];
	if (first < 0x80) {
		*code_r = first;
		return 1;
	}
	if ((first & 0xe0) == 0xc0)
		size = 2;
	else if ((first & 0xf0) == 0xe0)
		size = 3;
	else if ((first & 0xf8) == 0xf0)
		size = 4;
	else
		return 0;
	code = first & (0x7fu >> size);
	for (size_t i = 1; i < size; i++)
		if (!is_continuation(s, i, &code))
			return 0;
	if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*code_r = code;
	return size;
}

bool text_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 ||
	       code == 0x2029;
}

bool text_is_direction(uint32_t code)
{
	return (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

bool text_is_ascii(struct slice s)
{
	uint64_t word, all = 0;
	size_t i = 0;

	for (; s.size - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s.at + i, sizeof(word));
		all |= word;
	}
	for (; i < s.size; i++)
		all |= (unsigned char)s.at[i];
	return (all & EACH_BYTE * 0x80) == 0;
}

bool text_is_utf8(struct slice s)
{
	uint32_t code = 0;

	for (size_t i = plain_run(s); i < s.size;) {
		size_t size = text_character(slice_from(s, i), &code);

		if (size == 0 || text_is_control(code))
			return false;
		i += size;
	}
	return true;
}

size_t text_clean(struct slice s, char *bytes, size_t size)
{
	uint32_t code = 0;
	size_t used = 0;

	for (size_t i = 0; i < s.size;) {
		size_t run = plain_run(slice_part(s, i, size - used)), step;
		bool shown;

		if (run) {
			memmove(bytes + used, s.at + i, run);
			used += run;
			i += run;
			continue;
		}
		step = text_character(slice_from(s, i), &code);
		shown = step > 0 && !text_is_control(code) && !text_is_direction(code);
		if (step == 0)
			step = 1;
		if (used + (shown ? step : 1) > size)
			break;
		if (shown)
			memmove(bytes + used, s.at + i, step);
		else
			bytes[used] = '?';
		used += shown ? step : 1;
		i += step;
	}
	return used;
}
