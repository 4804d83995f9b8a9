/* JSON documents (RFC 8259): what is taken, as what, and what is not. */
#include "api/doc.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

static void check_text(const char *json, const char *want)
{
	struct arena arena = {0};
	const struct doc *doc = doc_parse(&arena, slice_of(json));

	CHECK_NUMBER(doc_kind(doc), DOC_TEXT);
	CHECK_SLICE(doc_text(doc), want);
	arena_finish(&arena);
}

CASE("RFC 8259 7: texts, escapes, surrogate pairs")
{
	check_text("\"\"", "");
	check_text(" \"a b\" ", "a b");
	check_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t");
	check_text("\"\\u00e9\\u20AC\\ud834\\udd1ex\"", "\u00e9\u20ac\U0001d11ex");
	check_text("\"gr\u00fc\u00df\\u0041\"", "gr\u00fc\u00df"
						"A");
}

/* What stands at each place of a text of each length is seen. */
CASE("a text goes on in steps, and each of its characters counts")
{
	static const struct {
		const char *json, *text; /* text NULL: it is none */
	} cases[] = {{"\\n", "\n"}, {"\\\"", "\""}, {"\u00fc", "\u00fc"},
		{"\x7f", "\x7f"}, {"~", "~"}, {" ", " "}, {"\x1f", NULL},
		{"\x80", NULL}, {"\xff", NULL}};
	static const char filler[] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL";

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		for (int size = 0; size < 40; size++)
			for (int at = 0; at <= size; at++) {
				struct arena arena = {0};
				char json[100], want[100];
				const struct doc *doc;

				snprintf(json, sizeof(json), "\"%.*s%s%.*s\"", at,
					filler, cases[i].json, size - at, filler);
				snprintf(want, sizeof(want), "%.*s%s%.*s", at, filler,
					cases[i].text ? cases[i].text : "", size - at,
					filler);
				doc = doc_parse(&arena, slice_of(json));
				CHECK((doc != NULL) == (cases[i].text != NULL));
				if (doc && cases[i].text)
					CHECK_SLICE(doc_text(doc), want);
				arena_finish(&arena);
			}
}

static void check_wrong(const char *json, const char *why)
{
	struct arena arena = {0};

	CHECK(doc_parse(&arena, slice_of(json)) == NULL);
	CHECK_SLICE(slice_of(failure_last()->text), why);
	arena_finish(&arena);
}

CASE("what is no JSON, and where")
{
	check_wrong("", "line 1, column 1: a value was expected");
	check_wrong("{", "line 1, column 2: a name in quotes was expected");
	check_wrong("{\"a\"}", "line 1, column 5: ':' was expected");
	check_wrong("{\"a\":1,}", "line 1, column 8: a name in quotes was expected");
	check_wrong("[1,]", "line 1, column 4: a value was expected");
	check_wrong("[1\n 2]", "line 2, column 2: ',' or ']' was expected");
	check_wrong("{\"a\":1,\"a\":2}",
		"line 1, column 11: the same name twice in an object");
	check_wrong("1 2", "line 1, column 3: there is more behind its end");
	check_wrong("01", "line 1, column 3: a value was expected");
	check_wrong("1.", "line 1, column 3: a number ends in its point");
	check_wrong("-", "line 1, column 2: a value was expected");
	check_wrong("1e", "line 1, column 3: a number has no exponent");
	check_wrong("nul", "line 1, column 1: a value was expected");
	check_wrong("\"a", "line 1, column 3: a text has no end");
	check_wrong("\"a\\\"", "line 1, column 5: a text has no end");
	check_wrong("\"a\nb\"", "line 1, column 3: a control character in a text");
	check_wrong("\"\xff\"", "line 1, column 2: a text is not UTF-8");
	check_wrong("\"\xc0\x80\"", "line 1, column 2: a text is not UTF-8");
	check_wrong("\"\\u0000\"", "line 1, column 2: \\u0000 has no place in a text");
	check_wrong("\"\\ud800\"", "line 1, column 2: half a surrogate pair");
	check_wrong("\"\\udc00\\ud800\"", "line 1, column 2: half a surrogate pair");
	check_wrong("\"\\ud800\\u0041\"", "line 1, column 2: half a surrogate pair");
	check_wrong("\"\\u12g4\"", "line 1, column 2: \\u has four hexadecimal digits");
	check_wrong("\"\\x\"", "line 1, column 2: a backslash with nothing behind it "
			       "that is known");
}

CASE("depth, and many members, none of them twice")
{
	struct arena arena = {0};
	char text[200] = "";
	struct buffer large = {0};
	const struct doc *doc;

	memset(text, '[', 33);
	memset(text + 33, ']', 33);
	CHECK(doc_parse(&arena, slice_of(text)) == NULL);
	CHECK(doc_parse(&arena, slice_part(slice_of(text), 1, 64)) != NULL);
	for (int i = 0; i < 20000; i++)
		buffer_append_format(&large, "%s\"n%d\":%d", i ? "," : "{", i, i);
	buffer_append_byte(&large, '}');
	doc = doc_parse(&arena, buffer_contents(&large));
	CHECK_NUMBER(doc_count(doc), 20000);
	CHECK_NUMBER(doc_number(doc_get(doc, "n19999")), 19999);
	buffer_truncate(&large, buffer_size(&large) - 1);
	buffer_append(&large, SLICE(",\"n7\":1}"));
	CHECK(doc_parse(&arena, buffer_contents(&large)) == NULL);
	buffer_finish(&large);
	arena_finish(&arena);
}

CASE("values and what they are not")
{
	struct arena arena = {0};
	const struct doc *doc = doc_parse(&arena,
		SLICE("{\"n\":-12, \"f\":1.5e3,\"t\":true,\"z\":null,\"l\":[1,\"x\"],"
		      "\"big\":123456789012345678901234567890}"));
	const struct doc *list = doc_get(doc, "l");

	CHECK_NUMBER(doc_number(doc_get(doc, "n")), -12);
	CHECK_NUMBER(doc_kind(doc_get(doc, "f")), DOC_FRACTION);
	CHECK_SLICE(doc_print(doc_get(doc, "f")), "1.5e3");
	CHECK_NUMBER(doc_kind(doc_get(doc, "big")), DOC_FRACTION);
	CHECK(doc_truth(doc_get(doc, "t")) && !doc_truth(doc_get(doc, "n")));
	CHECK_NUMBER(doc_kind(doc_get(doc, "z")), DOC_NONE);
	CHECK(doc_get(doc, "y") == NULL && doc_get(NULL, "y") == NULL);
	CHECK_NUMBER(doc_count(list), 2);
	CHECK_SLICE(doc_text(doc_next(list, doc_next(list, NULL))), "x");
	CHECK(doc_next(list, doc_next(list, doc_next(list, NULL))) == NULL);
	CHECK_SLICE(doc_name(doc_next(doc, NULL)), "n");
	arena_finish(&arena);
}

CHECK_MAIN()
