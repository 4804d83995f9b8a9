/* CRC32C against the vectors of RFC 3720 appendix B.4, and at every cut. */
#include "base/crc32c.h"

#include "base/memory.h"

#include "check.h"

CASE("RFC 3720 B.4: the known answers")
{
	char bytes[32];

	memset(bytes, 0, sizeof(bytes));
	CHECK_NUMBER(crc32c(0, slice_make(bytes, 32)), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	CHECK_NUMBER(crc32c(0, slice_make(bytes, 32)), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		bytes[i] = (char)i;
	CHECK_NUMBER(crc32c(0, slice_make(bytes, 32)), 0x46dd794e);
	CHECK_NUMBER(crc32c(0, SLICE("123456789")), 0xe3069283);
}

CASE("in two parts it is the same")
{
	struct slice text = SLICE("the quick brown fox jumps over the lazy dog");

	for (size_t cut = 0; cut <= text.size; cut++)
		CHECK_NUMBER(crc32c(crc32c(0, slice_part(text, 0, cut)),
				     slice_from(text, cut)),
			crc32c(0, text));
}

static uint32_t bit_by_bit(const char *at, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= (unsigned char)at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
	}
	return ~crc;
}

CASE("of every size, those included that are summed in three places at once")
{
	enum { SIZE = 7000 };
	char *bytes = memory_allocate(SIZE);
	uint32_t state = 1;

	for (size_t i = 0; i < SIZE; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (char)(state >> 24);
	}
	for (size_t size = 0; size < SIZE; size += size < 1300 ? 1 : 61) {
		struct slice all = slice_make(bytes + size % 7, size);

		CHECK_NUMBER(crc32c(0, all), bit_by_bit(all.at, size));
		CHECK_NUMBER(crc32c(crc32c(0, slice_part(all, 0, size / 2)),
				     slice_from(all, size / 2)),
			crc32c(0, all));
	}
	memory_free(bytes);
}

CHECK_MAIN()
