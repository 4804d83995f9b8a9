/* MIME bodies made of texts and files. */
#include "mail/compose.h"

#include "check.h"

static void check_whole(const struct compose *compose, const char *want)
{
	struct buffer out = {0};

	CHECK(compose_write(compose, &out));
	CHECK_SLICE(buffer_contents(&out), want);
	buffer_finish(&out);
}

CASE("a text: as it is, or quoted, its line ends CRLF")
{
	check_whole(&(struct compose){.text = SLICE("a\nb\rc\r\nd")},
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\na\r\nb\r\nc\r\nd\r\n");
	check_whole(&(struct compose){.html = SLICE("<p>é")},
		"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=A9\r\n");
	check_whole(&(struct compose){.text = SLICE("日本語")},
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n5pel5pys6KqeDQo=\r\n");
}

CASE("many line ends of one kind take no longer than others")
{
	static char text[1 << 20];
	struct buffer out = {0};

	memset(text, '\r', sizeof(text));
	CHECK(compose_write(
		&(struct compose){.text = slice_make(text, sizeof(text))}, &out));
	CHECK(buffer_size(&out) > 2 * sizeof(text));
	buffer_finish(&out);
}

#define M "=_0_00000000000000010000000000000002"
#define R "=_1_00000000000000010000000000000002"
#define A "=_2_00000000000000010000000000000002"

CASE("RFC 2046 5.1, RFC 2387: text, HTML with a picture, a file")
{
	static const struct compose_file files[] = {
		{SLICE("text/csv"), SLICE("a.csv"), SLICE_EMPTY, SLICE("x")},
		{SLICE("image/png"), SLICE_EMPTY, SLICE("l@g"), SLICE("yz")},
	};

	check_whole(&(struct compose){.text = SLICE("t"),
			    .html = SLICE("h"),
			    .files = files,
			    .file_count = 2,
			    .chance = {1, 2}},
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; boundary=\"" M "\"\r\n\r\n--" M "\r\n"
		"Content-Type: multipart/alternative; boundary=\"" A "\"\r\n\r\n"
		"--" A "\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\nt\r\n--" A "\r\n"
		"Content-Type: multipart/related; boundary=\"" R "\";\r\n"
		" type=\"text/html\"\r\n\r\n--" R "\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\nh\r\n--" R "\r\n"
		"Content-Type: image/png\r\nContent-Disposition: inline\r\n"
		"Content-ID: <l@g>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
		"eXo=\r\n--" R "--\r\n--" A "--\r\n--" M "\r\n"
		"Content-Type: text/csv;\r\n name=\"a.csv\"\r\n"
		"Content-Disposition: attachment;\r\n filename=\"a.csv\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--" M "--\r\n");
}

CASE("RFC 2046 5.2.1: a message is not encoded, or is bytes")
{
	static const struct compose_file files[] = {
		{SLICE("message/rfc822"), SLICE("a.eml"), SLICE_EMPTY,
			SLICE("A: b\r\n\r\nc\r\n")},
		{SLICE("message/rfc822"), SLICE("b.eml"), SLICE_EMPTY,
			SLICE("A: \xfc\r\n")},
	};
	struct buffer out = {0};
	struct slice text;

	CHECK(compose_write(
		&(struct compose){.text = SLICE(""), .files = files, .file_count = 2},
		&out));
	text = buffer_contents(&out);
	CHECK(slice_find(text, SLICE("7bit\r\n\r\nA: b\r\n\r\nc\r\n")) < text.size);
	CHECK(slice_find(text, SLICE("application/octet-stream;\r\n name=\"b.eml\"")) <
		text.size);
	buffer_finish(&out);
}

CASE("media types")
{
	CHECK(compose_type_is_valid(SLICE("image/svg+xml")));
	CHECK(compose_type_is_valid(
		SLICE("text/calendar; method=REQUEST; charset=\"x y\"")));
	CHECK(!compose_type_is_valid(SLICE("text")));
	CHECK(!compose_type_is_valid(SLICE("text/")));
	CHECK(!compose_type_is_valid(SLICE("text/plain\r\nX: y")));
	CHECK(!compose_type_is_valid(SLICE("text/plain; a=b c")));
	CHECK(!compose_type_is_valid(SLICE("text/plain; a=\"b\\\"")));
	CHECK(!compose_type_is_valid(SLICE("multipart/mixed; boundary=x")));
	CHECK_SLICE(compose_type_of(SLICE("A.PDF")), "application/pdf");
	CHECK_SLICE(compose_type_of(SLICE("a")), "application/octet-stream");
}

CHECK_MAIN()
