/* UTF-8 (RFC 3629) and what is safe to show. */
#include "mail/text.h"

#include "base/memory.h"
#include "check.h"

CASE("RFC 3629 4: what is a character and what is not")
{
	static const struct {
		struct slice bytes;
		size_t size;
		uint32_t code;
	} rows[] = {
		{SLICE(""), 0, 0},
		{SLICE("a"), 1, 'a'},
		{SLICE("\x7f"), 1, 0x7f},
		{SLICE("\xc2\x80"), 2, 0x80},
		{SLICE("\xdf\xbf"), 2, 0x7ff},
		{SLICE("\xe0\xa0\x80"), 3, 0x800},
		{SLICE("\xe2\x82\xac"), 3, 0x20ac},
		{SLICE("\xef\xbf\xbf"), 3, 0xffff},
		{SLICE("\xf0\x90\x80\x80"), 4, 0x10000},
		{SLICE("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
		{SLICE("\x80"), 0, 0},		   /* continuation alone */
		{SLICE("\xc0\x80"), 0, 0},	   /* overlong */
		{SLICE("\xc1\xbf"), 0, 0},	   /* overlong */
		{SLICE("\xe0\x9f\xbf"), 0, 0},	   /* overlong */
		{SLICE("\xf0\x8f\xbf\xbf"), 0, 0}, /* overlong */
		{SLICE("\xed\xa0\x80"), 0, 0},	   /* surrogate */
		{SLICE("\xed\xbf\xbf"), 0, 0},	   /* surrogate */
		{SLICE("\xf4\x90\x80\x80"), 0, 0}, /* beyond Unicode */
		{SLICE("\xf8\x88\x80\x80"), 0, 0},
		{SLICE("\xff"), 0, 0},
		{SLICE("\xc3("), 0, 0},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		uint32_t code = 0;

		CHECK_NUMBER(text_character(rows[i].bytes, &code), rows[i].size);
		if (rows[i].size)
			CHECK_NUMBER(code, rows[i].code);
		/* Cut anywhere it is no character. */
		for (size_t cut = 0; cut < rows[i].size; cut++) {
			char *exact = memory_copy_text(
				slice_part(rows[i].bytes, 0, cut));

			CHECK_NUMBER(text_character(slice_make(exact, cut), &code), 0);
			memory_free(exact);
		}
	}
}

CASE("text_is_utf8 and text_is_ascii")
{
	CHECK(text_is_utf8(SLICE("")));
	CHECK(text_is_utf8(SLICE("Gr\xc3\xbc\xc3\x9f"
				 "e")));
	CHECK(!text_is_utf8(SLICE("a\nb")));
	CHECK(!text_is_utf8(SLICE("a\0b")));
	CHECK(!text_is_utf8(SLICE("a\x7f")));
	CHECK(!text_is_utf8(SLICE("\xc2\x85")));     /* NEL, a C1 control */
	CHECK(!text_is_utf8(SLICE("\xe2\x80\xa8"))); /* line separator */
	CHECK(!text_is_utf8(SLICE("caf\xe9")));	     /* Latin-1 */
	CHECK(text_is_ascii(SLICE("a\x7f\x01")));
	CHECK(!text_is_ascii(SLICE("\xc3\xbc")));
}

CASE("text_clean replaces what must not be shown and cuts at characters")
{
	char bytes[32];
	struct slice dirty = SLICE("a\r\n\x1b[2J\xff\xe2\x82\xac!");
	static const char *const cuts[] = {"", "a", "a?", "a??", "a???", "a???[",
		"a???[2", "a???[2J", "a???[2J?", "a???[2J?", "a???[2J?",
		"a???[2J?\xe2\x82\xac", "a???[2J?\xe2\x82\xac!"};

	for (size_t size = 0; size < ARRAY_COUNT(cuts); size++)
		CHECK_SLICE(
			slice_make(bytes, text_clean(dirty, bytes, size)), cuts[size]);
	memcpy(bytes, dirty.at, dirty.size);
	CHECK_SLICE(slice_make(bytes, text_clean(slice_make(bytes, dirty.size), bytes,
					      sizeof(bytes))),
		"a???[2J?\xe2\x82\xac!");
}

CASE("what turns text about is not shown; what writing needs is")
{
	static const struct {
		const char *text, *clean;
	} table[] = {
		{"\xe2\x80\xaegnp.exe\xe2\x80\xac", "?gnp.exe?"},
		{"a\xe2\x81\xa6"
		 "b\xe2\x81\xa9",
			"a?b?"},
		{"\xef\xbb\xbfx", "?x"},
		{"\xe2\x80\x8d\xe2\x80\x8f", "\xe2\x80\x8d\xe2\x80\x8f"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		char bytes[64];

		CHECK_SLICE(slice_make(bytes, text_clean(slice_of(table[i].text), bytes,
						      sizeof(bytes))),
			table[i].clean);
	}
}

CASE("every byte is told apart at every place of a run")
{
	char text[20], clean[20], wanted[20];

	for (unsigned byte = 0; byte < 256; byte++) {
		bool plain = byte >= 0x20 && byte < 0x7f;

		for (size_t at = 0; at < sizeof(text); at++) {
			struct slice run = slice_make(text, sizeof(text));

			memset(text, 'a', sizeof(text));
			text[at] = (char)byte;
			memcpy(wanted, text, sizeof(text));
			wanted[at] = plain ? (char)byte : '?';
			CHECK_NUMBER(
				text_clean(run, clean, sizeof(clean)), sizeof(text));
			CHECK(memcmp(clean, wanted, sizeof(clean)) == 0);
			CHECK(text_is_ascii(run) == (byte < 0x80));
			CHECK(text_is_utf8(run) == plain);
		}
	}
}

CHECK_MAIN()
