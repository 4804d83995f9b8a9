/* Slices: comparing, searching, cutting, numbers. */
#include "check.h"

CASE("a slice over nothing")
{
	CHECK_SLICE(slice_of(NULL), "");
	CHECK_NUMBER(slice_of("abc").size, 3);
	CHECK(slice_equal(SLICE_EMPTY, SLICE("")));
	CHECK(slice_equal(slice_from(SLICE_EMPTY, 3), SLICE_EMPTY));
	CHECK_NUMBER(slice_index(SLICE_EMPTY, 'a'), 0);
	CHECK_NUMBER(slice_index_last(SLICE_EMPTY, 'a'), 0);
	CHECK_NUMBER(slice_find(SLICE_EMPTY, SLICE("a")), 0);
	CHECK(slice_trim(SLICE_EMPTY).size == 0);
	CHECK(slice_starts(SLICE_EMPTY, SLICE_EMPTY) &&
		slice_ends(SLICE_EMPTY, SLICE_EMPTY));
}

CASE("equality, with and without case")
{
	CHECK(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
	CHECK(!slice_equal(SLICE("a\0b"), SLICE("a\0c")));
	CHECK(!slice_equal(SLICE("ab"), SLICE("abc")));
	CHECK(slice_equal_nocase(SLICE("Mail.Example"), SLICE("mAIL.eXAMPLE")));
	CHECK(!slice_equal_nocase(SLICE("a[b"), SLICE("a{b")));
	CHECK(!slice_equal_nocase(SLICE("\xc4"), SLICE("\xe4")));
}

CASE("order: bytes are unsigned, a prefix comes first")
{
	static const char *const ascending[] = {
		"", "A", "Aa", "B", "a", "\x7f", "\x80"};

	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < 7; k++) {
			int order = slice_compare(
				slice_of(ascending[i]), slice_of(ascending[k]));

			CHECK_NUMBER((order > 0) - (order < 0), (i > k) - (i < k));
		}
}

CASE("beginnings and ends")
{
	CHECK(slice_starts(SLICE("MAIL FROM"), SLICE("MAIL")));
	CHECK(!slice_starts(SLICE("MAIL FROM"), SLICE("mail")));
	CHECK(slice_starts_nocase(SLICE("MAIL FROM"), SLICE("mail")));
	CHECK(!slice_starts_nocase(SLICE("MA"), SLICE("MAIL")));
	CHECK(slice_ends(SLICE("a.example"), SLICE(".example")));
	CHECK(!slice_ends(SLICE("example"), SLICE(".example")));
	CHECK(slice_ends_nocase(SLICE("a.EXAMPLE"), SLICE(".example")));
	CHECK(!slice_ends_nocase(SLICE("a.EXAMPLES"), SLICE(".example")));
}

CASE("searching")
{
	CHECK_NUMBER(slice_index(SLICE("a@b@c"), '@'), 1);
	CHECK_NUMBER(slice_index_last(SLICE("a@b@c"), '@'), 3);
	CHECK_NUMBER(slice_index(SLICE("abc"), '@'), 3);
	CHECK_NUMBER(slice_index_last(SLICE("abc"), '@'), 3);
	CHECK_NUMBER(slice_find(SLICE("a\r\n.\r\nb"), SLICE("\r\n.\r\n")), 1);
	CHECK_NUMBER(slice_find(SLICE("abc"), SLICE("bd")), 3);
	CHECK_NUMBER(slice_find(SLICE("abc"), SLICE("abcd")), 3);
	CHECK_NUMBER(slice_find(SLICE("abc"), SLICE("")), 0);
	CHECK_NUMBER(slice_find(SLICE("a\0b"), SLICE("\0b")), 1);
}

CASE("parts are clamped")
{
	CHECK_SLICE(slice_from(SLICE("abc"), 1), "bc");
	CHECK_SLICE(slice_from(SLICE("abc"), 9), "");
	CHECK_SLICE(slice_part(SLICE("abcdef"), 2, 3), "cde");
	CHECK_SLICE(slice_part(SLICE("abc"), 2, SIZE_MAX), "c");
	CHECK_SLICE(slice_part(SLICE("abc"), 4, 1), "");
}

CASE("trimming")
{
	CHECK_SLICE(slice_trim(SLICE(" \t a b\t ")), "a b");
	CHECK_SLICE(slice_trim(SLICE(" \t ")), "");
	CHECK_SLICE(slice_trim(SLICE(" a\r\n")), "a\r\n");
	CHECK_SLICE(slice_trim_all(SLICE("\r\n a \r\n")), "a");
	CHECK_NUMBER(slice_trim(SLICE("\0a\0")).size, 3);
}

CASE("cutting visits every field")
{
	static const struct {
		const char *text;
		const char *fields[4];
		size_t count;
	} rows[] = {
		{"", {""}, 1},
		{"a", {"a"}, 1},
		{"a,b", {"a", "b"}, 2},
		{",", {"", ""}, 2},
		{"a,,b,", {"a", "", "b", ""}, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice rest = slice_of(rows[i].text);
		size_t count = 0;

		while (rest.at) {
			struct slice field = slice_cut(&rest, ',');

			if (CHECK(count < rows[i].count))
				CHECK_SLICE(field, rows[i].fields[count]);
			count++;
		}
		CHECK_NUMBER(count, rows[i].count);
	}
}

CASE("numbers that fit, and nothing else")
{
	static const struct {
		const char *text;
		bool is_u64, is_i64;
		uint64_t u64;
		int64_t i64;
	} rows[] = {
		{"0", true, true, 0, 0},
		{"007", true, true, 7, 7},
		{"9223372036854775807", true, true, INT64_MAX, INT64_MAX},
		{"9223372036854775808", true, false, (uint64_t)INT64_MAX + 1, 0},
		{"18446744073709551615", true, false, UINT64_MAX, 0},
		{"18446744073709551616", false, false, 0, 0},
		{"99999999999999999999", false, false, 0, 0},
		{"-1", false, true, 0, -1},
		{"-0", false, true, 0, 0},
		{"-9223372036854775808", false, true, 0, INT64_MIN},
		{"-9223372036854775809", false, false, 0, 0},
		{"", false, false, 0, 0},
		{"-", false, false, 0, 0},
		{"--1", false, false, 0, 0},
		{"+1", false, false, 0, 0},
		{" 1", false, false, 0, 0},
		{"1 ", false, false, 0, 0},
		{"1k", false, false, 0, 0},
		{"0x1", false, false, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice text = slice_of(rows[i].text);
		uint64_t u64 = 77;
		int64_t i64 = -77;

		CHECK_NUMBER(slice_to_u64(text, &u64), rows[i].is_u64);
		CHECK(u64 == (rows[i].is_u64 ? rows[i].u64 : 77));
		CHECK_NUMBER(slice_to_i64(text, &i64), rows[i].is_i64);
		CHECK(i64 == (rows[i].is_i64 ? rows[i].i64 : -77));
	}
	CHECK(!slice_to_u64(SLICE("1\0"), &(uint64_t){0}));
}

CASE("as C text")
{
	char text[4] = "zzz";

	CHECK(slice_to_text(SLICE("abc"), text, 4));
	CHECK_SLICE(slice_of(text), "abc");
	CHECK(!slice_to_text(SLICE("abcd"), text, 4));
	CHECK_SLICE(slice_of(text), "");
	CHECK(!slice_to_text(SLICE("a\0b"), text, 4));
	CHECK_SLICE(slice_of(text), "");
	CHECK(slice_to_text(SLICE_EMPTY, text, 1));
	CHECK(!slice_to_text(SLICE("a"), text, 0));
}

CASE("ASCII classes hold for all bytes")
{
	for (int i = 0; i < 256; i++) {
		char c = (char)i;
		bool upper = i >= 65 && i <= 90, lower = i >= 97 && i <= 122;
		bool digit = i >= 48 && i <= 57;

		CHECK_NUMBER(ascii_lower(c), upper ? c + 32 : c);
		CHECK_NUMBER(ascii_is_alpha(c), upper || lower);
		CHECK_NUMBER(ascii_is_digit(c), digit);
		CHECK_NUMBER(ascii_is_alnum(c), upper || lower || digit);
	}
}

CHECK_MAIN()
