/* JSON strings: RFC 8259 section 7, RFC 3629 section 4, and every cut. */
#include "check.h"

#include "base/escape.h"
#include "base/memory.h"

static const struct {
	const char *name;
	struct slice plain;
	const char *json;
} rows[] = {
	{"nothing", {"", 0}, ""},
	{"plain", {"Hello, world!", 13}, "Hello, world!"},
	{"quote and backslash", {"a\"b\\c/d", 7}, "a\\\"b\\\\c/d"},
	{"short forms", {"\n\r\t", 3}, "\\n\\r\\t"},
	{"control", {"\0\x01\x1f\x7f", 4}, "\\u0000\\u0001\\u001f\\u007f"},
	{"C1 control", {"\xc2\x9b", 2}, "\\u009b"},
	{"two bytes", {"\xc2\xa0\xdf\xbf", 4}, "\xc2\xa0\xdf\xbf"},
	{"three bytes", {"\xe0\xa0\x80\xef\xbf\xbf", 6}, "\xe0\xa0\x80\xef\xbf\xbf"},
	{"four bytes", {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
	{"around surrogates", {"\xed\x9f\xbf\xee\x80\x80", 6},
		"\xed\x9f\xbf\xee\x80\x80"},
	{"lone tail", {"a\x80z", 3}, "a\xef\xbf\xbdz"},
	{"overlong two", {"\xc0\xaf", 2}, "\xef\xbf\xbd\xef\xbf\xbd"},
	{"overlong three", {"\xe0\x80\xaf", 3}, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"surrogate", {"\xed\xa0\x80", 3}, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"beyond U+10FFFF", {"\xf4\x90\x80\x80", 4},
		"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	{"never in UTF-8", {"\xff\xfe", 2}, "\xef\xbf\xbd\xef\xbf\xbd"},
	{"broken off", {"a\xe2\x82", 3}, "a\xef\xbf\xbd\xef\xbf\xbd"},
	{"broken, then well", {"\xe2\x82\"\xc3\xa4", 5},
		"\xef\xbf\xbd\xef\xbf\xbd\\\"\xc3\xa4"},
	{"Latin-1", {"M\xfcller", 6}, "M\xef\xbf\xbdller"},
};

CASE("whole strings")
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice rest = rows[i].plain;
		char text[64];
		size_t size = escape_json(&rest, text, sizeof(text));

		if (!CHECK_SLICE(slice_make(text, size), rows[i].json))
			fprintf(stderr, "\t%s\n", rows[i].name);
		CHECK_NUMBER(rest.size, 0);
	}
}

/* Each piece holds whole characters; six bytes are always enough for one. */
CASE("in pieces of every size")
{
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		for (size_t room = ESCAPE_BYTES_MAX; room < 16; room++) {
			struct slice rest = rows[i].plain;
			char text[64];
			size_t size = 0;

			while (rest.size) {
				size_t piece = escape_json(&rest, text + size, room);

				if (!CHECK(piece > 0 && piece <= room))
					return;
				size += piece;
			}
			CHECK_SLICE(slice_make(text, size), rows[i].json);
		}
}

CASE("too little room writes nothing half")
{
	struct slice control = SLICE("\x01"), euro = SLICE("\xe2\x82\xac");
	char text[8] = "zzzzzzz";

	CHECK_NUMBER(escape_json(&control, text, 5), 0);
	CHECK_NUMBER(control.size, 1);
	CHECK_NUMBER(escape_json(&euro, text, 2), 0);
	CHECK_NUMBER(escape_json(&euro, text, 0), 0);
	CHECK_NUMBER(euro.size, 3);
	CHECK_SLICE(slice_of(text), "zzzzzzz");
}

/* Eight bytes are looked at at once: each value must stop them in each place. */
CASE("every byte in every place among plain ones")
{
	for (unsigned value = 0; value < 256; value++) {
		char byte = (char)value, alone[8];
		struct slice rest = slice_make(&byte, 1);
		size_t alone_size = escape_json(&rest, alone, sizeof(alone));

		for (size_t place = 0; place < 24; place++) {
			char plain[24], text[64], expected[64];
			size_t size;

			memset(plain, 'a' + (int)place, sizeof(plain));
			memcpy(expected, plain, place);
			memcpy(expected + place, alone, alone_size);
			memcpy(expected + place + alone_size, plain, 23 - place);
			plain[place] = byte;
			rest = slice_make(plain, sizeof(plain));
			size = escape_json(&rest, text, sizeof(text));
			CHECK_NUMBER(size, 23 + alone_size);
			CHECK(memcmp(text, expected, size) == 0);
		}
	}
}

CHECK_MAIN()
