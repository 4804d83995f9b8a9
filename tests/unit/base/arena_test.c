/* Arenas: zeroed, aligned, apart from each other, kept small. */
#include <string.h>

#include "check.h"

#include "base/arena.h"
#include "base/memory.h"

CASE("zeroed memory is an empty arena")
{
	struct arena arena = {0};

	arena_reset(&arena);
	arena_finish(&arena);
	arena_finish(&arena);
}

static bool is_zero(const unsigned char *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (at[i])
			return false;
	return true;
}

CASE("objects of all sizes are zeroed, aligned and apart")
{
	struct arena arena = {0};

	for (int round = 0; round < 3; round++) {
		unsigned char *taken[600];

		for (size_t i = 0; i < 600; i++) {
			size_t size = i * i / 3;

			taken[i] = arena_take(&arena, size);
			CHECK_NUMBER((uintptr_t)taken[i] % _Alignof(max_align_t), 0);
			CHECK(is_zero(taken[i], size));
			memset(taken[i], (int)i, size);
		}
		for (size_t i = 0; i < 600; i++)
			for (size_t k = 0; k < i * i / 3; k++)
				if (taken[i][k] != (unsigned char)i) {
					CHECK_NUMBER(taken[i][k], (unsigned char)i);
					break;
				}
		CHECK(arena.total >= 599ul * 600 * 1199 / 18);
		arena_reset(&arena);
		CHECK_NUMBER(arena.total, 0);
	}
	arena_finish(&arena);
	CHECK(arena.block == NULL);
}

CASE("copies live in the arena, a NUL behind")
{
	struct arena arena = {0};
	char source[] = "abc";
	struct slice copy = arena_copy(&arena, slice_of(source));
	char *text = arena_copy_text(&arena, slice_part(slice_of(source), 1, 1));
	struct slice made = arena_format(&arena, "%s/%05d", "x", 42);
	struct slice empty = arena_copy(&arena, SLICE_EMPTY);

	memset(source, 'z', 3);
	CHECK_SLICE(copy, "abc");
	CHECK_NUMBER(copy.at[3], 0);
	CHECK_SLICE(slice_of(text), "b");
	CHECK_SLICE(made, "x/00042");
	CHECK_NUMBER(made.at[7], 0);
	CHECK(empty.at != NULL && empty.at[0] == '\0');
	arena_finish(&arena);
}

CASE("a reset arena takes no new memory for the same use")
{
	struct arena arena = {0};
	void *first = arena_take(&arena, 500);

	arena_reset(&arena);
	CHECK(arena_take(&arena, 500) == first);
	CHECK(is_zero(first, 500));
	arena_finish(&arena);
}

CASE("a large object leaves the current block in use, and goes on reset")
{
	struct arena arena = {0};
	char *before = arena_take(&arena, 16), *after;

	memset(arena_take(&arena, 1 << 20), 1, 1 << 20);
	after = arena_take(&arena, 16);
	CHECK_NUMBER(after - before, 16);
	arena_reset(&arena);
	CHECK(arena.block != NULL);
	arena_finish(&arena);

	memset(arena_take(&arena, 1 << 20), 1, 1 << 20);
	arena_reset(&arena);
	CHECK(arena.block == NULL);
	CHECK(arena_take(&arena, 1) != NULL);
	arena_finish(&arena);
}

CASE("typed objects and arrays")
{
	struct arena arena = {0};
	struct slice *one = ARENA_NEW(&arena, struct slice);
	uint64_t *many = arena_take_array(&arena, 1000, sizeof(*many));

	CHECK(one->at == NULL);
	many[999] = 1;
	CHECK_NUMBER(many[0], 0);
	arena_finish(&arena);
}

CASE("an arena that expects little begins small, and grows all the same")
{
	struct arena arena = {0};
	char *first, *more;

	arena_expect(&arena, 40);
	first = arena_copy_text(&arena, SLICE("a name of a few bytes"));
	arena_expect(&arena, 4000); /* it is not empty */
	more = arena_take(&arena, 3000);
	memset(more, 'x', 3000);
	CHECK(strcmp(first, "a name of a few bytes") == 0);
	arena_reset(&arena);
	CHECK(arena_take(&arena, 10) != NULL);
	arena_finish(&arena);
}

CHECK_MAIN()
