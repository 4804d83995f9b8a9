/* Sets of UIDs: added in any order, read and written (RFC 9051 9). */
#include "state/uid_set.h"

#include "check.h"

static void check_read(const char *text, uint32_t largest, const char *wanted)
{
	struct arena arena = {0};
	struct buffer out = {0};
	struct uid_set set;

	CHECK(uid_set_read(slice_of(text), largest, &arena, &set) == (wanted != NULL));
	if (wanted) {
		uid_set_write(&set, &out);
		CHECK_SLICE(buffer_contents(&out), wanted);
	}
	buffer_finish(&out);
	arena_finish(&arena);
}

CASE("sequence-set, RFC 9051 9")
{
	check_read("1", 10, "1");
	check_read("2,4:7,9,12:*", 15, "2,4:7,9,12:15");
	check_read("*:4,5:7", 10, "4:10");
	check_read("7:5,6", 10, "5:7");
	check_read("*", 0, "1");
	check_read("3,2,1", 3, "1:3");
	check_read("4294967295,1:4294967294", 9, "1:4294967295");
	check_read("1:3,5,4", 9, "1:5");
	check_read("0", 10, NULL);
	check_read("01", 10, NULL);
	check_read("", 10, NULL);
	check_read("1,", 10, NULL);
	check_read("1:", 10, NULL);
	check_read("1:2:3", 10, NULL);
	check_read("4294967296", 10, NULL);
	check_read("a", 10, NULL);
	check_read("1 ,2", 10, NULL);
}

CASE("the same as a table of booleans, whatever is added")
{
	unsigned seed = 1;

	for (int round = 0; round < 200; round++) {
		struct arena arena = {0};
		struct uid_set set = {.count = 0};
		bool there[66] = {false};
		uint64_t size = 0;

		for (int i = 0; i < 20; i++) {
			uint32_t first = 1 + (uint32_t)rand_r(&seed) % 64;
			uint32_t last = 1 + (uint32_t)rand_r(&seed) % 64;

			if (i % 3)
				last = first;
			uid_set_add(&set, &arena, first, last);
			for (uint32_t u = first < last ? first : last;
				u <= (first < last ? last : first); u++)
				there[u] = true;
		}
		for (uint32_t u = 1; u <= 65; u++) {
			CHECK(uid_set_has(&set, u) == there[u]);
			if (there[u])
				CHECK_NUMBER(uid_set_nth(&set, size), u);
			size += there[u];
		}
		CHECK_NUMBER(uid_set_size(&set), size);
		CHECK_NUMBER(uid_set_nth(&set, size), 0);
		for (size_t i = 1; i < set.count; i++)
			CHECK(set.at[i].first > set.at[i - 1].last + 1);
		arena_finish(&arena);
	}
}

CHECK_MAIN()
