/* White space and comments of header fields, RFC 5322 3.2.2. */
#include "mail/cfws.h"

#include "base/memory.h"

#include "check.h"

CASE("what is skipped, and what is left")
{
	static const struct {
		const char *text, *rest;
		bool good;
	} cases[] = {
		{"", "", true},
		{"a b", "a b", true},
		{" \t\r\n a", "a", true},
		{"(one)a", "a", true},
		{"(one) (two) a (three)", "a (three)", true},
		{"(with (one (inside)) it)a", "a", true},
		{"(a \\) and a \\\\)b", "b", true},
		{"(\\()b", "b", true},
		{"()", "", true},
		{")a", ")a", true},
		{"(no end", "", false},
		{" (no (end)", "", false},
		{"(no end\\", "", false},
		{"(no end\\)", "", false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct slice rest = slice_of(cases[i].text);

		CHECK(cfws_skip(&rest) == cases[i].good);
		CHECK_SLICE(rest, cases[i].rest);
	}
}

CASE("a single comment")
{
	struct slice rest = SLICE("(a(b)) c");

	CHECK(cfws_skip_comment(&rest));
	CHECK_SLICE(rest, " c");
	rest = SLICE("(a");
	CHECK(!cfws_skip_comment(&rest));
	CHECK_SLICE(rest, "(a");
}

CHECK_MAIN()
