/* Encoded bodies and words: what RFC 2045 and 2047 show, and what others make
 * of it. */
#include "mail/mime_decode.h"

#include "check.h"
#include "mail/mime_part.h"

#define E_ACUTE "\xc3\xa9"

static const struct {
	const char *encoding, *body, *plain;
	size_t most;
} bodies[] = {
	{"7bit", "a=41", "a=41", 100},
	{"", "as it is", "as it", 5},
	{"base64", "aGVsbG8=\r\n", "hello", 100},
	{"BASE64", "aGVs\r\nbG8gd29ybGQ=", "hello world", 100},
	{"base64", "aGVsbG8gd29ybGQ", "hello world", 100}, /* no padding */
	{"base64", "aGVs*&bG8=", "hello", 100},
	{"base64", "aGk=aGk=", "hihi", 100}, /* in pieces */
	{"base64", "aGVsbG8=", "hel", 3},
	{"base64", "====", "", 100},
	{"quoted-printable", "caf=C3=A9 =3D =\r\nx", "caf" E_ACUTE " = x", 100},
	{"quoted-printable", "soft =  \r\nbreak=", "soft break", 100},
	{"quoted-printable", "=ZZ =4 =c3=a9", "=ZZ =4 " E_ACUTE, 100},
	{"quoted-printable", "=41=42=43", "AB", 2},
	{"quoted-printable", "soft=\nbreak", "softbreak", 100},
};

CASE("RFC 2045 6.7, 6.8: bodies")
{
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct arena arena = {0};

		CHECK_SLICE(mime_decode(&arena, slice_of(bodies[i].encoding),
				    slice_of(bodies[i].body), bodies[i].most),
			bodies[i].plain);
		arena_finish(&arena);
	}
}

static const struct {
	const char *value, *plain;
} words[] = {
	{" plain text\r\n folded ", "plain text folded"},
	{"=?US-ASCII?Q?Keith_Moore?= <a@b>", "Keith Moore <a@b>"},
	{"=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr" E_ACUTE " Pirard"},
	{"=?utf-8?b?w6k=?=\r\n =?utf-8?B?w6k=?= x", E_ACUTE E_ACUTE " x"},
	{"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
	{"=?utf-8*en?Q?a?=", "a"},
	{"=?utf-8?X?a?= =?utf-8?Q?open", "=?utf-8?X?a?= =?utf-8?Q?open"},
	{"=?windows-1251?B?wvvx?=", "\xd0\x92\xd1\x8b\xd1\x81"},
	{"=?koi8-r?Q?=F7=D9?=", "\xd0\x92\xd1\x8b"},
	{"=?gb2312?Q?abc?=", "abc"},
	{"=?", "=?"},
};

CASE("RFC 2047: words of headers")
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct arena arena = {0};

		CHECK_SLICE(mime_decode_words(&arena, slice_of(words[i].value)),
			words[i].plain);
		arena_finish(&arena);
	}
}

static const struct {
	const char *html, *text;
} pages[] = {
	{"<p>a&lt;b@c&gt;</p>d<br/>e", "\na<b@c>\nd\ne"},
	{"<style>x{}</style>a<!-- <p> b -->c", "ac"},
	{"<head><title>t</title></head>a", "a"},
	{"<script>if (a</b) x</script>y<script>z", "y"},
	{"a&nbsp;b&unknown;c&", "a b&unknown;c&"},
	{"&#252;&#xFC;&#X20ac;&#128512;&#39;&#34;&#64;",
		"\xc3\xbc\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80'\"@"},
	{"&#0;&#1;&#160;&#xd800;&#1114112;&#;&#x;&#1x;&#99999999999;&#65",
		"&#0;  &#xd800;&#1114112;&#;&#x;&#1x;&#99999999999;&#65"},
	{"a\nb<", "a b"},
	{"<b>a</b>\tb <i", "a b "},
};

CASE("the text of HTML")
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct arena arena = {0};

		CHECK_SLICE(
			mime_html_text(&arena, slice_of(pages[i].html)), pages[i].text);
		arena_finish(&arena);
	}
}

CASE("RFC 2045 5.1: parameters")
{
	static const char value[] = "text/plain; Charset=\"utf-8\"; format=flowed;"
				    " long=abcdefgh; format=fixed (comment)";
	char text[5];

	CHECK_SLICE(mime_parameter(slice_of(value), "charset", text, sizeof(text)),
		"utf-8");
	CHECK_SLICE(mime_parameter(slice_of(value), "format", text, sizeof(text)),
		"fixed"); /* the one that fits */
	CHECK_SLICE(mime_parameter(slice_of(value), "long", text, sizeof(text)), "");
	CHECK_SLICE(mime_parameter(slice_of(value), "none", text, sizeof(text)), "");
	CHECK_SLICE(mime_parameter(SLICE_EMPTY, "none", text, sizeof(text)), "");
}

CHECK_MAIN()
