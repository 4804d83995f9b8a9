/* Content-Type, Content-Transfer-Encoding and delimiter lines. */
#include "mail/mime_part.h"

#include "base/memory.h"
#include "check.h"

CASE("RFC 2045 5.1, RFC 2046 5.1.1: types and boundaries")
{
	static const struct {
		const char *value, *type, *subtype, *boundary;
	} table[] = {
		{" text/plain", "text", "plain", ""},
		{"text/plain; charset=us-ascii (Plain text)", "text", "plain", ""},
		{"multipart/mixed; boundary=gc0p4Jq0M2Yt08j34c0p", "multipart", "mixed",
			"gc0p4Jq0M2Yt08j34c0p"},
		{"multipart/mixed; boundary=\"gc0pJq0M:08jU534c0p\"", "multipart",
			"mixed", "gc0pJq0M:08jU534c0p"},
		{" (c) Multipart (d) / (e) Mixed ;\r\n\tcharset=x;\r\n\tBoundary (f) = "
		 "\"a \\\"b\"",
			"Multipart", "Mixed", "a \"b"},
		{"multipart/mixed boundary=a", "multipart", "mixed", ""},
		{"multipart/mixed;;; boundary=a;boundary=b", "multipart", "mixed", "a"},
		{"multipart/mixed; junk; boundary=a", "multipart", "mixed", "a"},
		{"multipart/mixed; x=\";\"; boundary=\"=_a\"", "multipart", "mixed",
			"=_a"},
		{"multipart/mixed; boundary=\"a \"", "multipart", "mixed", ""},
		{"multipart/mixed; boundary=\"\"", "multipart", "mixed", ""},
		{"multipart/mixed; boundary=\"open", "multipart", "mixed", "open"},
		{"multipart/mixed; boundary="
		 "012345678901234567890123456789012345678901234567890123456789012345678"
		 "9",
			"multipart", "mixed",
			"01234567890123456789012345678901234567890123456789012345678901"
			"234567"
			"89"},
		{"multipart/mixed; boundary="
		 "012345678901234567890123456789012345678901234567890123456789012345678"
		 "90",
			"multipart", "mixed", ""},
		{"multipart/mixed; boundary="
		 "\"0123456789012345678901234567890123456789012345678901234567890123456"
		 "7"
		 "890\"",
			"multipart", "mixed", ""},
		{"text", "", "", ""},
		{"text/", "", "", ""},
		{"/plain", "", "", ""},
		{"", "", "", ""},
		{"te\xc3\xa9/plain", "", "", ""},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct mime_type type;
		bool parsed = mime_type_parse(slice_of(table[i].value), &type);

		CHECK(parsed == (*table[i].type != '\0'));
		CHECK_SLICE(type.type, table[i].type);
		CHECK_SLICE(type.subtype, table[i].subtype);
		CHECK_SLICE(slice_make(type.boundary, type.boundary_size),
			table[i].boundary);
	}
	struct mime_type type;
	CHECK(mime_type_parse(SLICE("TEXT/Html"), &type));
	CHECK(mime_type_is(&type, "text", "html"));
	CHECK(mime_type_is(&type, "text", NULL));
	CHECK(!mime_type_is(&type, "text", "plain"));
	CHECK(!mime_type_is(&type, "image", NULL));
}

CASE("RFC 2045 6.1: encodings")
{
	CHECK_SLICE(mime_encoding_parse(SLICE(" 8bit ")), "8bit");
	CHECK_SLICE(mime_encoding_parse(SLICE("\r\n (c) BASE64 (d)")), "BASE64");
	CHECK_SLICE(mime_encoding_parse(SLICE("")), "");
}

CASE("RFC 2046 5.1.1: delimiters")
{
	static const char *const table[][2] = {
		{"--a\r\n", "a"},
		{"--a", "a"},
		{"--a \t\r\n", "a"},
		{"--a b--\r\n", "a b--"},
		{"-- a\r\n", " a"},
		{"-----\r\n", "---"},
		{"--\r\n", ""},
		{"--", ""},
		{" --a\r\n", ""},
		{"-a\r\n", ""},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		CHECK_SLICE(mime_delimiter_text(slice_of(table[i][0])), table[i][1]);
}

CHECK_MAIN()
