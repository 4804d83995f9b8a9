/* CRC32C against the vectors of RFC 3720 appendix B.4, and at every cut. */
#include "base/crc32c.h"

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

CHECK_MAIN()
