/* Texts of a document: as they are where that can be, with their escapes undone else.
 */
#include "api/doc_core.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "mail/text.h"

bool doc_refuse(struct parsing *parsing, const char *fault)
{
	if (!parsing->fault)
		parsing->fault = fault;
	return false;
}

/* What a text may hold as it is, but for what is not ASCII. */
static bool is_usual(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

#ifdef __SSE2__
#define STEP 16

/* Of sixteen bytes a bit for each that is not usual. */
static unsigned unusual_of(const char *at)
{
	__m128i bytes = _mm_loadu_si128((const __m128i *)at);
	/* Compared as signed: what is no ASCII is below a space, too. */
	__m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
	__m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));

	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(low, _mm_or_si128(quote, backslash)));
}
#else
#define STEP 8

#define EACH(byte) (0x0101010101010101ull * (byte))

/* The first of eight bytes that is not usual, perhaps earlier: none of these tests
 * misses one. As a bit for it. */
static unsigned unusual_of(const char *at)
{
	uint64_t bytes, quote, backslash;

	memcpy(&bytes, at, sizeof(bytes));
	quote = bytes ^ EACH('"');
	backslash = bytes ^ EACH('\\');
	return ((bytes | (bytes - EACH(0x20)) | (quote - EACH(1)) |
			(backslash - EACH(1))) &
		       EACH(0x80)) != 0;
}
#endif

/* The first at or behind AT that is not usual, or the text's size. */
static size_t skip_usual(struct slice text, size_t at)
{
	while (at + STEP <= text.size) {
		unsigned found = unusual_of(text.at + at);

		if (found && STEP == 16)
			return at + (size_t)__builtin_ctz(found);
		if (found)
			break;
		at += STEP;
	}
	while (at < text.size && is_usual((unsigned char)text.at[at]))
		at++;
	return at;
}

/* To the quote behind it; *ESCAPES: there are some. */
static bool find_end(struct parsing *parsing, size_t *end_r, bool *escapes)
{
	struct slice text = parsing->text;
	size_t at = parsing->at;

	*escapes = false;
	while ((at = skip_usual(text, at)) < text.size) {
		unsigned char c = (unsigned char)text.at[at];
		uint32_t code;
		size_t size;

		if (c == '"') {
			*end_r = at;
			return true;
		}
		parsing->at = at;
		if (c == '\\') {
			*escapes = true;
			size = 2;
		} else if (c < ' ') {
			return doc_refuse(parsing, "a control character in a text");
		} else if (!(size = text_character(slice_from(text, at), &code))) {
			return doc_refuse(parsing, "a text is not UTF-8");
		}
		at += size;
	}
	parsing->at = text.size;
	return doc_refuse(parsing, "a text has no end");
}

static bool read_hex(struct parsing *parsing, size_t at, uint32_t *code_r)
{
	uint32_t code = 0;

	for (size_t i = at; i < at + 4; i++) {
		char c = i < parsing->text.size ? ascii_lower(parsing->text.at[i])
						: '\0';

		if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
			return doc_refuse(parsing, "\\u has four hexadecimal digits");
		code = code << 4 |
		       (uint32_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*code_r = code;
	return true;
}

/* \uXXXX at AT, perhaps the two of a surrogate pair; its bytes in the text. */
static size_t read_unicode(struct parsing *parsing, size_t at, uint32_t *code_r)
{
	uint32_t high = 0, low = 0;

	if (!read_hex(parsing, at + 2, &high))
		return 0;
	*code_r = high;
	if (high == 0)
		return doc_refuse(parsing, "\\u0000 has no place in a text");
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	if (high > 0xdbff || at + 7 >= parsing->text.size ||
		parsing->text.at[at + 6] != '\\' || parsing->text.at[at + 7] != 'u')
		return doc_refuse(parsing, "half a surrogate pair");
	if (!read_hex(parsing, at + 8, &low))
		return 0;
	if (low < 0xdc00 || low > 0xdfff)
		return doc_refuse(parsing, "half a surrogate pair");
	*code_r = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static size_t put_character(char *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 63));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (char)(0xe0 | code >> 12);
		to[1] = (char)(0x80 | (code >> 6 & 63));
		to[2] = (char)(0x80 | (code & 63));
		return 3;
	}
	to[0] = (char)(0xf0 | code >> 18);
	to[1] = (char)(0x80 | (code >> 12 & 63));
	to[2] = (char)(0x80 | (code >> 6 & 63));
	to[3] = (char)(0x80 | (code & 63));
	return 4;
}

/* The escape at AT into *TO; its bytes in the text, 0: it is none. */
static size_t undo_escape(struct parsing *parsing, size_t at, char **to)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char c = parsing->text.at[at + 1];
	const char *name = c ? strchr(names, c) : NULL;
	uint32_t code;
	size_t size = 2;

	parsing->at = at;
	if (name) {
		*(*to)++ = bytes[name - names];
	} else if (c == 'u') {
		size = read_unicode(parsing, at, &code);
		if (size)
			*to += put_character(*to, code);
	} else {
		size = doc_refuse(
			parsing, "a backslash with nothing behind it that is known");
	}
	return size;
}

static bool undo_escapes(struct parsing *parsing, size_t end, struct slice *text_r)
{
	struct slice text = parsing->text;
	size_t at = parsing->at;
	char *copy = arena_take_bytes(parsing->arena, end - at + 1), *to = copy;

	while (at < end) {
		struct slice rest = slice_part(text, at, end - at);
		size_t plain = slice_index(rest, '\\'), size;

		memcpy(to, rest.at, plain);
		to += plain;
		at += plain;
		if (at == end)
			break;
		size = undo_escape(parsing, at, &to);
		if (!size)
			return false;
		at += size;
	}
	*text_r = slice_make(copy, (size_t)(to - copy));
	return true;
}

/* Behind its first quote. */
bool doc_read_text(struct parsing *parsing, struct slice *text_r)
{
	size_t begin = parsing->at, end = begin;
	bool escapes;

	if (!find_end(parsing, &end, &escapes))
		return false;
	parsing->at = begin;
	if (!escapes)
		*text_r = slice_part(parsing->text, begin, end - begin);
	else if (!undo_escapes(parsing, end, text_r))
		return false;
	parsing->at = end + 1;
	return true;
}
