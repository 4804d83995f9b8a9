/* Lines packed and unpacked: whole, damaged, too many. */
#include "../check.h"

#include <string.h>

#include "base/memory.h"
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

#define MANY 73728

static char many[MANY];
static uint32_t dice;

static uint32_t throw(uint32_t sides)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) % sides;
}

static void check_round_trip(
	struct packer *packer, struct unpacker *unpacker, size_t size)
{
	struct slice whole = slice_make(many, size);
	struct slice packed = packer_pack(packer, whole);

	CHECK(packed.size < size || !size);
	CHECK(!packed.size || slice_equal(unpacker_lines(unpacker, packed), whole));
}

/* Lines with values of all lengths, fields that are there or not, long ones too. */
static size_t lines_of_all_kinds(size_t most)
{
	static const char *const kinds[] = {"accepted", "delivered", "delayed", "held"};
	static const char filler[] = "abcdefghij\\\"klmnopqrstuvwxyz0123456789@.,:";
	size_t size = 0;

	for (unsigned i = 0; size + 2000 < most; i++) {
		int more = snprintf(many + size, most - size,
			"{\"id\":\"8fda0a518a87-%x\",\"event\":\"%s\",\"message\":"
			"\"m%u\"%s,\"rcpt\":\"%.*s@shop.example\"%s%.*s\"}\n",
			i * 17, kinds[throw(ARRAY_COUNT(kinds))], throw(1u << 20),
			throw(3) ? "" : ",\"tenant\":\"x\"", (int) throw(30), filler,
			throw(2) ? ",\"reply\":\"250 ok " : ",\"host\":\"",
			(int) throw(12), filler + throw(30));

		size += (size_t)more;
		if (throw(40) == 0) {
			memset(many + size, 'x', 1500);
			size += 1500;
		}
	}
	return size;
}

CASE("whatever the lines are, they come out as they went in")
{
	static const char alphabet[] = "\"\"a\n,";
	struct packer *packer = packer_create(MANY);
	struct unpacker *unpacker = unpacker_create(MANY);

	for (dice = 0; dice < 400; dice++) {
		uint32_t seed = dice;

		dice *= 2654435761;
		check_round_trip(packer, unpacker,
			lines_of_all_kinds(2500 + throw(MANY - 2500)));
		for (size_t i = 0, of = 2 + throw(4); i < MANY; i++)
			many[i] = seed % 3 ? alphabet[throw((uint32_t)of)]
					   : (char) throw(256);
		check_round_trip(packer, unpacker, throw(MANY));
		/* Far back, long, and up to the last byte. */
		memcpy(many + MANY / 2, many, MANY / 2);
		check_round_trip(packer, unpacker, MANY - throw(2));
		dice = seed;
	}
	memset(many, '"', MANY);
	check_round_trip(packer, unpacker, MANY);
	memset(many, '\n', MANY);
	check_round_trip(packer, unpacker, MANY);
	packer_destroy(&packer);
	unpacker_destroy(&unpacker);
}

CHECK_MAIN()
