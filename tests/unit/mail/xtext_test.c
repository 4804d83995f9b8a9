/* xtext and ORCPT: RFC 3461 4, RFC 6533 3. */
#include "mail/xtext.h"

#include "base/memory.h"
#include "check.h"

CASE("RFC 3461 4: decoding is strict and hides no control bytes")
{
	static const struct {
		const char *text;
		const char *bytes; /* NULL: refused */
	} rows[] = {
		{"", ""},
		{"QQ314159", "QQ314159"},
		{"a+2Bb", "a+b"},
		{"a+3Db", "a=b"},
		{"a+20b", "a b"},
		{"+C3+BC", "\xc3\xbc"},
		{"!~", "!~"},
		{"a=b", NULL},
		{"a b", NULL},
		{"a+2bc", NULL}, /* lower-case hex */
		{"a+2", NULL},
		{"a+", NULL},
		{"+", NULL},
		{"+G0", NULL},
		{"+0A", NULL},
		{"a+0D+0Ab", NULL},
		{"+00", NULL},
		{"+7F", NULL},
		{"+09", NULL},
		{"+C2+85", NULL}, /* a C1 control */
		{"+FF", NULL},
		{"\xc3\xbc", NULL},
		{"a\nb", NULL},
		{"a\x7f", NULL},
	};
	char bytes[64];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		size_t size = 0;
		bool right = xtext_decode(slice_of(rows[i].text), bytes, &size);

		if (right != (rows[i].bytes != NULL))
			CHECK_SLICE(slice_of(rows[i].text), "judged rightly");
		if (right)
			CHECK_SLICE(slice_make(bytes, size), rows[i].bytes);
	}
	CHECK(!xtext_decode(SLICE("a\0b"), bytes, &(size_t){0}));
}

CASE("what was encoded decodes, for every printable byte; cuts are harmless")
{
	struct arena arena = {0};
	char all[95];
	struct slice text, again;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(' ' + i);
	text = xtext_encode_in(&arena, slice_make(all, sizeof(all)));
	CHECK(slice_find(text, SLICE("+20")) == 0);
	CHECK(xtext_decode_in(&arena, text, &again));
	CHECK(slice_equal(again, slice_make(all, sizeof(all))));
	for (size_t n = 0; n <= text.size; n++) {
		char *exact = memory_copy_text(slice_part(text, 0, n));

		xtext_decode_in(&arena, slice_make(exact, n), &again);
		memory_free(exact);
	}
	arena_finish(&arena);
}

static const struct orcpt_row {
	const char *value;
	bool utf8;
	const char *type, *address; /* NULL: refused */
	const char *plain, *raw;    /* as sent without and with SMTPUTF8 */
} orcpts[] = {
	/* RFC 3461 10 */
	{"rfc822;Bob@Big-Bucks.example.com", false, "rfc822",
		"Bob@Big-Bucks.example.com", "rfc822;Bob@Big-Bucks.example.com",
		"rfc822;Bob@Big-Bucks.example.com"},
	{"RFC822;a+2Bb@example.com", false, "RFC822", "a+b@example.com",
		"RFC822;a+2Bb@example.com", "RFC822;a+2Bb@example.com"},
	{"x400;/g=x/", false, NULL, NULL, NULL, NULL},
	{"x400;/g+3Dx/", false, "x400", "/g=x/", "x400;/g+3Dx/", "x400;/g+3Dx/"},
	/* RFC 6533 3 */
	{"utf-8;j\\x{F6}rg@example.com", false, "utf-8", "j\xc3\xb6rg@example.com",
		"utf-8;j\\x{F6}rg@example.com", "utf-8;j\xc3\xb6rg@example.com"},
	{"utf-8;\\x{20AC}\\x{10FFFF}@e", false, "utf-8",
		"\xe2\x82\xac\xf4\x8f\xbf\xbf@e", "utf-8;\\x{20AC}\\x{10FFFF}@e",
		"utf-8;\xe2\x82\xac\xf4\x8f\xbf\xbf@e"},
	{"utf-8;a\\x{2B}b\\x{5C}\\x{3D}@e", false, "utf-8", "a+b\\=@e",
		"utf-8;a\\x{2B}b\\x{5C}\\x{3D}@e", "utf-8;a\\x{2B}b\\x{5C}\\x{3D}@e"},
	{"utf-8;\xe2\x82\xac@e", true, "utf-8", "\xe2\x82\xac@e", "utf-8;\\x{20AC}@e",
		"utf-8;\xe2\x82\xac@e"},
	{"utf-8;\\x{F0000}@e", true, "utf-8", "\xf3\xb0\x80\x80@e",
		"utf-8;\\x{F0000}@e", "utf-8;\xf3\xb0\x80\x80@e"},
	{"utf-8;\xe2\x82\xac@e", false, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{A}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{0A}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{0000A}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{85}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{2028}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{D800}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{110000}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{0000041}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{20ac}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{20AC", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\x{}@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\\n@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;a+41@e", true, NULL, NULL, NULL, NULL},
	{"utf-8;\xff@e", true, NULL, NULL, NULL, NULL},
	{"rfc822;j+C3+B6rg@example.com", true, NULL, NULL, NULL, NULL},
	{"rfc822;a+0Ab@example.com", false, NULL, NULL, NULL, NULL},
	{"rfc822;", false, NULL, NULL, NULL, NULL},
	{"rfc822", false, NULL, NULL, NULL, NULL},
	{";a@b", false, NULL, NULL, NULL, NULL},
	{"rfc 822;a@b", false, NULL, NULL, NULL, NULL},
	{"", false, NULL, NULL, NULL, NULL},
};

CASE("RFC 3461 4.2, RFC 6533 3: ORCPT read and written, and every cut")
{
	for (size_t i = 0; i < ARRAY_COUNT(orcpts); i++) {
		const struct orcpt_row *row = &orcpts[i];
		struct arena arena = {0};
		struct orcpt orcpt = {.type = SLICE_EMPTY};
		bool right = orcpt_parse(
			&arena, slice_of(row->value), row->utf8, &orcpt);

		if (right != (row->type != NULL))
			CHECK_SLICE(slice_of(row->value), "judged rightly");
		if (right) {
			CHECK_SLICE(orcpt.type, row->type);
			CHECK_SLICE(orcpt.address, row->address);
			CHECK_SLICE(orcpt_format(&arena, &orcpt, false), row->plain);
			CHECK_SLICE(orcpt_format(&arena, &orcpt, true), row->raw);
		}
		for (size_t n = 0; n < strlen(row->value); n++) {
			char *exact = memory_copy_text(slice_make(row->value, n));

			orcpt_parse(&arena, slice_make(exact, n), row->utf8, &orcpt);
			memory_free(exact);
		}
		arena_finish(&arena);
	}
}

CASE("RFC 3461 4.2: 500 characters")
{
	struct arena arena = {0};
	struct orcpt orcpt;
	char value[ORCPT_MAX + 1];

	memset(value, 'a', sizeof(value));
	memcpy(value, "rfc822;", 7);
	CHECK(orcpt_parse(&arena, slice_make(value, ORCPT_MAX), false, &orcpt));
	CHECK(!orcpt_parse(&arena, slice_make(value, ORCPT_MAX + 1), false, &orcpt));
	arena_finish(&arena);
}

CHECK_MAIN()
