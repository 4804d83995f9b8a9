/* Quoted-printable and base64, and the sizes told before. */
#include "mail/mime_encode.h"

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

/* RFC 2045 6.7, read back. */
static void unquote(struct slice text, struct buffer *out)
{
	for (size_t i = 0; i < text.size; i++) {
		char byte;

		if (text.at[i] != '=') {
			buffer_append_byte(out, text.at[i]);
		} else if (text.at[i + 1] == '\r') {
			i += 2;
		} else {
			unsigned value = 0;

			sscanf(text.at + i + 1, "%2x", &value);
			byte = (char)value;
			buffer_append_byte(out, byte);
			i += 2;
		}
	}
}

CASE("RFC 2045 6.7: quoted-printable")
{
	static const struct {
		const char *body, *text;
	} table[] = {
		{"", ""},
		{"a=b\r\n", "a=3Db\r\n"},
		{"caf\xc3\xa9\r\n", "caf=C3=A9\r\n"},
		{"a \r\nb\t\r\nc ", "a=20\r\nb=09\r\nc=20"},
		{"a b", "a b"},
		{"a\nb\rc\x7f", "a=0Ab=0Dc=7F"},
		{".\r\n..a\r\nFrom me\r\nFromage. From\r\n",
			"=2E\r\n=2E.a\r\n=46rom me\r\nFromage. From\r\n"},
		{"012345678901234567890123456789012345678901234567890123456789012345678"
		 "9"
		 "01234",
			"01234567890123456789012345678901234567890123456789012345678901"
			"234"
			"5678901234"},
		{"012345678901234567890123456789012345678901234567890123456789012345678"
		 "9"
		 "012345",
			"01234567890123456789012345678901234567890123456789012345678901"
			"234"
			"5678901234=\r\n5"},
		{"012345678901234567890123456789012345678901234567890123456789012345678"
		 "9"
		 "012\xe9.",
			"01234567890123456789012345678901234567890123456789012345678901"
			"234"
			"56789012=\r\n=E9."},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct buffer out = {0};

		CHECK(mime_encode_quoted(slice_of(table[i].body), &out));
		CHECK_SLICE(buffer_contents(&out), table[i].text);
		CHECK_NUMBER(mime_quoted_size(slice_of(table[i].body)),
			strlen(table[i].text));
		buffer_finish(&out);
	}
}

CASE("any bytes come back, lines stay within 76, sizes are right")
{
	uint64_t seed = 3;

	for (size_t size = 0; size < 12000; size = size * 3 / 2 + 1) {
		char *body = memory_allocate(size + 1);
		struct slice text = {body, size};
		struct buffer quoted = {0}, back = {0}, coded = {0};
		struct slice rest;

		for (size_t i = 0; i < size; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			body[i] = " .\r\n=xF\xe9\t"[(seed >> 33) % 9];
		}
		CHECK(mime_encode_quoted(text, &quoted));
		CHECK_NUMBER(mime_quoted_size(text), buffer_size(&quoted));
		unquote(buffer_contents(&quoted), &back);
		CHECK(slice_equal(buffer_contents(&back), text));
		for (rest = buffer_contents(&quoted); rest.at;)
			CHECK(slice_cut(&rest, '\n').size <= 77);
		CHECK(mime_encode_base64(text, &coded));
		CHECK_NUMBER(mime_base64_size(size), buffer_size(&coded));
		for (rest = buffer_contents(&coded); rest.at;)
			CHECK(slice_cut(&rest, '\n').size <= 77);
		buffer_finish(&quoted);
		buffer_finish(&back);
		buffer_finish(&coded);
		memory_free(body);
	}
}

CASE("the buffer's cap")
{
	struct buffer out;
	char body[5000] = {0};

	buffer_init(&out, 5000);
	CHECK(!mime_encode_quoted(slice_make(body, sizeof(body)), &out));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	buffer_clear(&out);
	CHECK(!mime_encode_base64(slice_make(body, sizeof(body)), &out));
	buffer_finish(&out);
	failure_clear();
}

CHECK_MAIN()
