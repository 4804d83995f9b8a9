/* Encodings: the RFC's examples, every length, everything malformed. */
#include "check.h"

#include "base/encode.h"
#include "base/memory.h"

static const struct {
	const char *plain, *base64;
} base64_rows[] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
	{"\xfb\xff\xbf", "+/+/"},
};

CASE("RFC 4648 10: base64")
{
	struct arena arena = {0};

	for (size_t i = 0; i < ARRAY_COUNT(base64_rows); i++) {
		struct slice plain = slice_of(base64_rows[i].plain), back;
		char text[16];

		CHECK_NUMBER(base64_encode(plain, text), BASE64_SIZE(plain.size));
		CHECK_SLICE(base64_encode_in(&arena, plain), base64_rows[i].base64);
		CHECK(base64_decode_in(&arena, slice_of(base64_rows[i].base64), &back));
		CHECK_SLICE(back, base64_rows[i].plain);
	}
	arena_finish(&arena);
}

CASE("RFC 4648 3: what is not base64")
{
	static const char *const rows[] = {"Z", "Zg", "Zg=", "Zg===", "=",
		"====", "Z===", "Zg==Zg==", "Zm8=Zm8=", "Zm=8", "=m8=", "Zm9v\n",
		"Zm9v\r\n", " Zm9v", "Zm 9v", "Zm9-", "Zm9_", "Zm9\x80",
		"Zh==", "Zm9=", "Zg=A", "Zm9vY"};
	struct arena arena = {0};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice bytes = SLICE("kept");

		if (!CHECK(!base64_decode_in(&arena, slice_of(rows[i]), &bytes)))
			fprintf(stderr, "\twith «%s»\n", rows[i]);
		CHECK_SLICE(bytes, "kept");
	}
	CHECK(!base64_decode_in(&arena, SLICE("Zm\0v"), &(struct slice){0}));
	arena_finish(&arena);
}

CASE("base64 and hex of every length come back")
{
	char bytes[256], text[512], back[512];
	size_t size;

	for (int i = 0; i < 256; i++)
		bytes[i] = (char)(i * 7 + 3);
	for (size_t length = 0; length <= sizeof(bytes); length++) {
		struct slice plain = slice_make(bytes, length);

		size = base64_encode(plain, text);
		CHECK_NUMBER(size, BASE64_SIZE(length));
		CHECK(base64_decode(slice_make(text, size), back, &size));
		CHECK(slice_equal(slice_make(back, size), plain));
		hex_encode(plain, text);
		CHECK(hex_decode(slice_make(text, 2 * length), back));
		CHECK(slice_equal(slice_make(back, length), plain));
	}
}

CASE("hex")
{
	char text[8], bytes[4];

	hex_encode(SLICE("\x01\xab\xff\x00"), text);
	CHECK_SLICE(slice_make(text, 8), "01abff00");
	CHECK(hex_decode(SLICE("01aBFf"), bytes));
	CHECK(slice_equal(slice_make(bytes, 3), SLICE("\x01\xab\xff")));
	CHECK(!hex_decode(SLICE("0"), bytes));
	CHECK(!hex_decode(SLICE("0g"), bytes));
	CHECK(!hex_decode(SLICE("G0"), bytes));
	CHECK(!hex_decode(SLICE("0x"), bytes));
	CHECK(!hex_decode(SLICE(" 1"), bytes));
}

CASE("base32: digits, order, limits")
{
	char text[13], previous[13] = "000000000000";
	uint64_t value = 77;

	base32_encode(0, 3, text);
	CHECK_SLICE(slice_make(text, 3), "000");
	base32_encode(31, 1, text);
	CHECK_SLICE(slice_make(text, 1), "z");
	base32_encode(0x123456789abcdef, 12, text);
	CHECK(base32_decode(slice_make(text, 12), &value));
	CHECK(value == 0x123456789abcdef);
	base32_encode(UINT64_MAX, 2, text);
	CHECK_SLICE(slice_make(text, 2), "zz");
	base32_encode(UINT64_MAX, 13, text);
	CHECK_SLICE(slice_make(text, 13), "fzzzzzzzzzzzz");
	for (uint64_t v = 0; v < (uint64_t)1 << 60; v = v * 3 + 1) {
		base32_encode(v, 12, text);
		CHECK(memcmp(previous, text, 12) <= 0);
		memcpy(previous, text, 12);
		CHECK(base32_decode(slice_make(text, 12), &value) && value == v);
	}
}

CASE("base32: what is no number")
{
	static const char *const rows[] = {
		"", "i", "l", "o", "u", "A", "-", "0000000000000", "0 ", "\x80"};
	uint64_t value = 77;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		CHECK(!base32_decode(slice_of(rows[i]), &value));
	CHECK(!base32_decode(SLICE("0\0"), &value));
	CHECK_NUMBER(value, 77);
}

CHECK_MAIN()
