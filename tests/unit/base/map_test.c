/* Hash maps: find, replace, remove, visit; and the hash itself. */
#include "check.h"

#include "base/map.h"
#include "base/siphash.h"
#include "random_seeded.h"

#define MANY 20000

static int values[MANY];

static struct slice key_of(int i, char text[16])
{
	return slice_make(text, (size_t)snprintf(text, 16, "key %d", i));
}

CASE("zeroed memory is an empty map")
{
	struct map map = {0};
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	CHECK(map_find(&map, SLICE("a")) == NULL);
	CHECK(map_remove(&map, SLICE("a")) == NULL);
	CHECK(!map_next(&map, &cursor, &key, &value));
	map_finish(&map);
	map_finish(&map);
}

CASE("keys are bytes, copied, and may be empty")
{
	struct map map = {0};
	char key[] = "a";

	CHECK(map_set(&map, slice_of(key), &values[0]) == NULL);
	key[0] = 'b';
	CHECK(map_find(&map, SLICE("a")) == &values[0]);
	CHECK(map_find(&map, SLICE("b")) == NULL);
	CHECK(map_set(&map, SLICE("a\0"), &values[1]) == NULL);
	CHECK(map_set(&map, SLICE_EMPTY, &values[2]) == NULL);
	CHECK(map_find(&map, SLICE("a")) == &values[0]);
	CHECK(map_find(&map, SLICE("a\0")) == &values[1]);
	CHECK(map_find(&map, SLICE("")) == &values[2]);
	CHECK_NUMBER(map.count, 3);
	CHECK(map_set(&map, SLICE("a"), &values[3]) == &values[0]);
	CHECK_NUMBER(map.count, 3);
	CHECK(map_remove(&map, SLICE("a")) == &values[3]);
	CHECK(map_remove(&map, SLICE("a")) == NULL);
	CHECK_NUMBER(map.count, 2);
	map_finish(&map);
	CHECK_NUMBER(map.count, 0);
}

CASE("many keys come, go and stay themselves")
{
	struct map map = {0};
	char text[16];

	for (int i = 0; i < MANY; i++)
		CHECK(map_set(&map, key_of(i, text), &values[i]) == NULL);
	CHECK_NUMBER(map.count, MANY);
	for (int i = 0; i < MANY; i += 2)
		CHECK(map_remove(&map, key_of(i, text)) == &values[i]);
	CHECK_NUMBER(map.count, MANY / 2);
	for (int i = 0; i < MANY; i++)
		CHECK(map_find(&map, key_of(i, text)) == (i % 2 ? &values[i] : NULL));
	map_finish(&map);
}

CASE("a visit sees each entry once, also when it is removed meanwhile")
{
	static bool seen[MANY];
	struct map map = {0};
	struct map_cursor cursor = {0};
	struct slice key;
	char text[16];
	void *value;

	for (int i = 0; i < MANY; i++)
		map_set(&map, key_of(i, text), &values[i]);
	while (map_next(&map, &cursor, &key, &value)) {
		long i = (int *)value - values;

		CHECK(!seen[i]);
		seen[i] = true;
		CHECK(slice_equal(key, key_of((int)i, text)));
		if (i % 3 == 0)
			CHECK(map_remove(&map, key_of((int)i, text)) == value);
	}
	CHECK(!map_next(&map, &cursor, &key, &value));
	for (int i = 0; i < MANY; i++)
		CHECK(seen[i]);
	CHECK_NUMBER(map.count, MANY - (MANY + 2) / 3);
	map_finish(&map);
}

CASE("SipHash-2-4: the test values of the paper, appendix A, and of no bytes")
{
	struct siphash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	char bytes[15];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	CHECK(siphash_24(key, slice_make(bytes, 15)) == 0xa129ca6149be45e5);
	CHECK(siphash_24(key, SLICE_EMPTY) == 0x726fdb47dd0e0e31);
}

CASE("SipHash-1-3: values other implementations give")
{
	static const struct {
		const char *text;
		uint64_t hash;
	} rows[] = {
		{"a", 0x407448d2b89b1813},
		{"abcdefg", 0x6db12aae9070f506},
		{"abcdefgh", 0x3f7b849c0b8e35ea},
		{"hello, world of mail queues", 0xcb7ec79a007f137a},
	};
	struct siphash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(siphash_13((struct siphash_key){0, 0}, slice_of(rows[i].text)) ==
			rows[i].hash);
	CHECK(siphash_13(key, SLICE_EMPTY) == 0xabac0158050fc4dc);
}

CASE("the process's hash is stable, and spreads")
{
	unsigned counts[64] = {0};
	char text[16];

	CHECK(map_hash(SLICE("a")) == map_hash(SLICE("a")));
	CHECK(map_hash(SLICE("a")) != map_hash(SLICE("b")));
	for (int i = 0; i < 6400; i++)
		counts[map_hash(key_of(i, text)) % 64]++;
	for (int i = 0; i < 64; i++)
		CHECK(counts[i] > 40 && counts[i] < 180);
}

CHECK_MAIN()
