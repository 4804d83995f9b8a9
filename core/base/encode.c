/* Text encodings: base64, hex, and the base32 of message ids. */
#include "base/encode.h"

#define NO_DIGIT 0xff

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char hex_digits[] = "0123456789abcdef";
static const char base32_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

static unsigned base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : NO_DIGIT;
}

size_t base64_encode(struct slice bytes, char *text)
{
	const unsigned char *in = (const unsigned char *)bytes.at;
	size_t i = 0;
	char *out = text;

	for (; bytes.size - i >= 3; i += 3) {
		uint32_t word = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 |
				in[i + 2];

		*out++ = base64_digits[word >> 18];
		*out++ = base64_digits[word >> 12 & 63];
		*out++ = base64_digits[word >> 6 & 63];
		*out++ = base64_digits[word & 63];
	}
	if (i < bytes.size) {
		bool two = bytes.size - i == 2;
		uint32_t word = (uint32_t)in[i] << 16 |
				(two ? (uint32_t)in[i + 1] << 8 : 0);

		*out++ = base64_digits[word >> 18];
		*out++ = base64_digits[word >> 12 & 63];
		*out++ = two ? base64_digits[word >> 6 & 63] : '=';
		*out++ = '=';
	}
	return (size_t)(out - text);
}

struct slice base64_encode_in(struct arena *arena, struct slice bytes)
{
	char *text = arena_take(arena, BASE64_SIZE(bytes.size) + 1);

	return slice_make(text, base64_encode(bytes, text));
}

/* The last quantum may be padded; the bits padding leaves over must be 0. */
static bool decode_quantum(const char *text, bool last, char *bytes, size_t *count_r)
{
	unsigned padding = 0;
	uint32_t word = 0;

	if (last && text[3] == '=')
		padding = text[2] == '=' ? 2 : 1;
	for (unsigned i = 0; i < 4; i++) {
		unsigned value = i < 4 - padding ? base64_value(text[i]) : 0;

		if (value == NO_DIGIT)
			return false;
		word = word << 6 | value;
	}
	if ((padding == 2 && word & 0xffff) || (padding == 1 && word & 0xff))
		return false;
	for (unsigned i = 0; i < 3 - padding; i++)
		bytes[i] = (char)(word >> (16 - 8 * i));
	*count_r = 3 - padding;
	return true;
}

bool base64_decode(struct slice text, char *bytes, size_t *size_r)
{
	size_t size = 0, count;

	if (text.size % 4)
		return false;
	for (size_t i = 0; i < text.size; i += 4) {
		if (!decode_quantum(
			    text.at + i, i + 4 == text.size, bytes + size, &count))
			return false;
		size += count;
	}
	*size_r = size;
	return true;
}

bool base64_decode_in(struct arena *arena, struct slice text, struct slice *bytes_r)
{
	size_t size;
	char *bytes;

	if (text.size % 4)
		return false;
	bytes = arena_take(arena, text.size / 4 * 3 + 1);
	if (!base64_decode(text, bytes, &size))
		return false;
	*bytes_r = slice_make(bytes, size);
	return true;
}

void hex_encode(struct slice bytes, char *text)
{
	for (size_t i = 0; i < bytes.size; i++) {
		unsigned char byte = (unsigned char)bytes.at[i];

		text[2 * i] = hex_digits[byte >> 4];
		text[2 * i + 1] = hex_digits[byte & 15];
	}
}

static unsigned hex_value(char c)
{
	c = ascii_lower(c);
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : NO_DIGIT;
}

bool hex_decode(struct slice text, char *bytes)
{
	if (text.size % 2)
		return false;
	for (size_t i = 0; i < text.size; i += 2) {
		unsigned high = hex_value(text.at[i]), low = hex_value(text.at[i + 1]);

		if (high == NO_DIGIT || low == NO_DIGIT)
			return false;
		bytes[i / 2] = (char)(high << 4 | low);
	}
	return true;
}

void base32_encode(uint64_t value, unsigned digits, char *text)
{
	for (unsigned i = digits; i-- > 0; value >>= 5)
		text[i] = base32_digits[value & 31];
}

bool base32_decode(struct slice text, uint64_t *value_r)
{
	struct slice digits = SLICE(base32_digits);
	uint64_t value = 0;

	if (text.size == 0 || text.size > 12)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		size_t digit = slice_index(digits, text.at[i]);

		if (digit == digits.size)
			return false;
		value = value << 5 | digit;
	}
	*value_r = value;
	return true;
}
