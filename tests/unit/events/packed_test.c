/* Lines packed and unpacked: whole, damaged, too many. */
#include "../check.h"

#include <string.h>

#include "events/packed.h"

#define LINES_MAX 20000

static char lines[LINES_MAX];

static struct slice some_lines(void)
{
	size_t size = 0;

	for (unsigned i = 0; size + 200 < LINES_MAX; i++)
		size += (size_t)snprintf(lines + size, LINES_MAX - size,
			"{\"id\":\"8fda0a518a87-%x\",\"event\":\"delivered\",\"rcpt\":"
			"\"user%u@shop.example\"}\n",
			i, i * 7919 % 1000);
	return slice_make(lines, size);
}

CASE("they come out as they went in, far smaller between")
{
	struct packer *packer = packer_create(LINES_MAX);
	struct unpacker *unpacker = unpacker_create(LINES_MAX);
	struct slice whole = some_lines(), packed;

	for (int i = 0; i < 3; i++) {
		packed = packer_pack(packer, whole);
		CHECK(packed.size > 0 && packed.size < whole.size / 4);
		CHECK(slice_equal(unpacker_lines(unpacker, packed), whole));
	}
	CHECK_NUMBER(packer_pack(packer, slice_part(whole, 0, 500)).size, 0);
	packer_destroy(&packer);
	unpacker_destroy(&unpacker);
	packer_destroy(&packer);
	unpacker_destroy(&unpacker);
}

CASE("what is damaged, cut or too large has no lines")
{
	struct packer *packer = packer_create(LINES_MAX);
	struct unpacker *unpacker = unpacker_create(LINES_MAX);
	struct unpacker *small = unpacker_create(1000);
	struct slice packed = packer_pack(packer, some_lines());
	char bytes[LINES_MAX];

	CHECK_NUMBER(unpacker_lines(small, packed).size, 0);
	for (size_t size = 0; size < packed.size; size++)
		CHECK_NUMBER(
			unpacker_lines(unpacker, slice_part(packed, 0, size)).size, 0);
	/* Bytes that are others may be others' lines, but never too many. */
	for (size_t at = 0; at < packed.size; at++) {
		memcpy(bytes, packed.at, packed.size);
		bytes[at] ^= 0x5a;
		CHECK(unpacker_lines(unpacker, slice_make(bytes, packed.size)).size <=
			LINES_MAX);
	}
	packer_destroy(&packer);
	unpacker_destroy(&unpacker);
	unpacker_destroy(&small);
}

CHECK_MAIN()
