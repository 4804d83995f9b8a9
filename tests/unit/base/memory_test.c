/* Allocation: zeroed, never NULL, and a clear end when there is no more. */
#include "check.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

struct pair {
	int first;
	struct slice second;
};

CASE("memory is zeroed, also when none is asked for")
{
	unsigned char *bytes = memory_allocate(100);
	struct pair *pairs = memory_allocate_array(3, sizeof(*pairs));
	void *none = memory_allocate(0), *nothing = memory_allocate_array(0, 8);

	for (int i = 0; i < 100; i++)
		CHECK_NUMBER(bytes[i], 0);
	CHECK(pairs[2].first == 0 && pairs[2].second.at == NULL);
	CHECK(none && nothing);
	memory_free(bytes);
	memory_free(pairs);
	memory_free(none);
	memory_free(nothing);
	memory_free(NULL);
}

CASE("resizing keeps the bytes")
{
	char *text = memory_resize(NULL, 3);

	memcpy(text, "abc", 3);
	text = memory_resize(text, 100000);
	CHECK(memcmp(text, "abc", 3) == 0);
	text = memory_resize(text, 2);
	CHECK(memcmp(text, "ab", 2) == 0);
	text = memory_resize(text, 0);
	CHECK(text != NULL);
	memory_free(text);
}

CASE("copies and formatted text end in NUL")
{
	char *copy = memory_copy_text(slice_part(SLICE("abcdef"), 1, 3));
	char *empty = memory_copy_text(SLICE_EMPTY);
	char *text = memory_format("%s-%d", "x", 42);

	CHECK_SLICE(slice_of(copy), "bcd");
	CHECK_SLICE(slice_of(empty), "");
	CHECK_SLICE(slice_of(text), "x-42");
	memory_free(copy);
	memory_free(empty);
	memory_free(text);
}

CASE("wiping")
{
	char secret[8] = "secret";

	memory_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		CHECK_NUMBER(secret[i], 0);
	memory_wipe(NULL, 0);
}

CASE("from a member to what holds it")
{
	struct pair pair;

	CHECK(CONTAINER_OF(&pair.second, struct pair, second) == &pair);
	CHECK_NUMBER(ARRAY_COUNT(((int[]){1, 2, 3})), 3);
}

/* What a child that runs BODY says, and how it ends. */
static int outcome_of(void (*body)(void), char *said, size_t size)
{
	int ends[2], status;
	ssize_t got;
	pid_t child;

	if (!CHECK(pipe(ends) == 0))
		return 0;
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		body();
		_exit(0);
	}
	close(ends[1]);
	got = read(ends[0], said, size - 1);
	said[got > 0 ? got : 0] = '\0';
	close(ends[0]);
	waitpid(child, &status, 0);
	return status;
}

static void want_too_much(void)
{
	memory_free(memory_allocate(SIZE_MAX / 2));
}

static void want_an_overflow(void)
{
	memory_free(memory_allocate_array(SIZE_MAX / 2, 3));
}

static void resize_too_much(void)
{
	memory_free(memory_resize(NULL, SIZE_MAX / 2));
}

/* Address sanitizers end the process in their own words. */
CASE("without memory the process ends and says so")
{
	static void (*const bodies[])(void) = {
		want_too_much, want_an_overflow, resize_too_much};
	char said[256];

	for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
		int status = outcome_of(bodies[i], said, sizeof(said));

		CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 0);
#ifndef __SANITIZE_ADDRESS__
		CHECK_NUMBER(WEXITSTATUS(status), 71);
		CHECK(slice_starts(slice_of(said), SLICE("ringpost: out of memory (")));
		CHECK(slice_ends(slice_of(said), SLICE("bytes wanted), ending\n")));
#endif
	}
}

/* A sanitizer's keeps what is freed. */
static bool malloc_is_the_real_one(void)
{
	return mallinfo2().arena > 0;
}

static size_t resident_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	CHECK(file && fscanf(file, "%*u %zu", &pages) == 1);
	if (file)
		fclose(file);
	return pages;
}

/* Every hundredth stays, so that the heap's end cannot come down. */
CASE("what a burst left free is given back")
{
	enum { COUNT = 20000, SIZE = 4000 };
	static char *all[COUNT];
	size_t before;

	memory_tune();
	for (size_t i = 0; i < COUNT; i++) {
		all[i] = memory_resize(NULL, SIZE);
		memset(all[i], 1, SIZE);
	}
	for (size_t i = 0; i < COUNT; i++)
		if (i % 100)
			memory_free(all[i]);
	before = resident_pages();
	memory_give_back();
	if (malloc_is_the_real_one())
		CHECK(resident_pages() * 2 < before);
	memory_give_back(); /* and not again: nothing has grown */
	for (size_t i = 0; i < COUNT; i += 100) {
		CHECK_NUMBER(all[i][SIZE - 1], 1);
		memory_free(all[i]);
	}
}

CHECK_MAIN()
