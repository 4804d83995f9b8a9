/* Sizes, times and rates as people write them. */
#include "bench/amount.h"

#include "base/memory.h"
#include "check.h"

CASE("sizes: powers of 1024, or refused")
{
	static const struct {
		const char *text;
		bool is;
		uint64_t bytes;
	} cases[] = {{"0", true, 0}, {"4096", true, 4096}, {"4k", true, 4096},
		{"64K", true, 65536}, {"25m", true, 25ull << 20}, {"1g", true, 1 << 30},
		{"", false, 0}, {"k", false, 0}, {"4kk", false, 0}, {"-1", false, 0},
		{"4.5k", false, 0}, {"4 k", false, 0},
		{"18446744073709551615", false, 0}, {"99999999999g", false, 0}};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		uint64_t bytes = 0;

		CHECK(amount_read_size(slice_of(cases[i].text), &bytes) == cases[i].is);
		CHECK_NUMBER(bytes, cases[i].bytes);
	}
}

CASE("times: with a unit, or seconds")
{
	static const struct {
		const char *text;
		bool is;
		int64_t us;
	} cases[] = {{"10", true, 10000000}, {"1.5s", true, 1500000},
		{"200ms", true, 200000}, {"0.25ms", true, 250}, {"500us", true, 500},
		{"5m", true, 300000000}, {"2h", true, 7200000000}, {"0", true, 0},
		{"1790000000.123", true, 1790000000123000}, {"", false, 0},
		{"s", false, 0}, {"1.", false, 0}, {".5s", false, 0}, {"-1s", false, 0},
		{"10 s", false, 0}, {"10d", false, 0}};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		int64_t us = 0;

		CHECK(amount_read_time(slice_of(cases[i].text), &us) == cases[i].is);
		CHECK_NUMBER(us, cases[i].us);
	}
}

CASE("rates: a second, a minute, an hour, never nothing")
{
	double rate = 0;

	CHECK(amount_read_rate(SLICE("500"), &rate) && rate == 500);
	CHECK(amount_read_rate(SLICE("0.5"), &rate) && rate == 0.5);
	CHECK(amount_read_rate(SLICE("30/m"), &rate) && rate == 0.5);
	CHECK(amount_read_rate(SLICE("3600/h"), &rate) && rate == 1);
	CHECK(amount_read_rate(SLICE("7/s"), &rate) && rate == 7);
	CHECK(!amount_read_rate(SLICE("0"), &rate));
	CHECK(!amount_read_rate(SLICE("7/d"), &rate));
	CHECK(!amount_read_rate(SLICE("x"), &rate));
}

CASE("bits a second: powers of a thousand")
{
	uint64_t bits = 0;

	CHECK(amount_read_bits(SLICE("9600"), &bits) && bits == 9600);
	CHECK(amount_read_bits(SLICE("64k"), &bits) && bits == 64000);
	CHECK(amount_read_bits(SLICE("2.5Mbit/s"), &bits) && bits == 2500000);
	CHECK(amount_read_bits(SLICE("1g/s"), &bits) && bits == 1000000000);
	CHECK(!amount_read_bits(SLICE("999"), &bits));
	CHECK(!amount_read_bits(SLICE("10mb"), &bits));
	CHECK(!amount_read_bits(SLICE("/s"), &bits));
	CHECK(!amount_read_bits(SLICE("9999g"), &bits));
}

CASE("numbers and times as people read them")
{
	char text[AMOUNT_TEXT_SIZE], digits[AMOUNT_DIGITS];

	CHECK_SLICE(slice_of(amount_print_time(870, text)), "870 us");
	CHECK_SLICE(slice_of(amount_print_time(3140, text)), "3.14 ms");
	CHECK_SLICE(slice_of(amount_print_time(31400, text)), "31.4 ms");
	CHECK_SLICE(slice_of(amount_print_time(1200000, text)), "1.20 s");
	CHECK_SLICE(slice_make(digits, amount_print_number(0, digits)), "0");
	CHECK_SLICE(slice_make(digits, amount_print_number(UINT64_MAX, digits)),
		"18446744073709551615");
}

CHECK_MAIN()
