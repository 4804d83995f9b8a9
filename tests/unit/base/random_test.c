/* Randomness: every size is filled, nothing repeats, bounds are even. */
#include "check.h"

#include <pthread.h>

#include "base/random.h"

CASE("every byte of every size is filled, and none beyond")
{
	for (size_t size = 0; size < 700; size++) {
		unsigned char bytes[704] = {0}, any[704] = {0};

		for (int round = 0; round < 12; round++) {
			random_fill(bytes, size);
			for (size_t i = 0; i < size; i++)
				any[i] |= bytes[i];
		}
		for (size_t i = 0; i < size; i++)
			if (!CHECK(any[i] != 0))
				return;
		CHECK(bytes[size] == 0);
	}
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void *draw_many(void *to)
{
	uint64_t *numbers = to;

	for (int i = 0; i < 5000; i++)
		numbers[i] = random_u64();
	return NULL;
}

CASE("two threads draw no number twice")
{
	static uint64_t numbers[10000];
	pthread_t thread;

	pthread_create(&thread, NULL, draw_many, numbers);
	draw_many(numbers + 5000);
	pthread_join(thread, NULL);
	qsort(numbers, 10000, sizeof(numbers[0]), compare);
	for (int i = 1; i < 10000; i++)
		CHECK(numbers[i] != numbers[i - 1]);
}

CASE("bounds are kept, and reached evenly")
{
	static const uint64_t bounds[] = {
		1, 2, 3, 1000, (uint64_t)1 << 63, ((uint64_t)1 << 63) + 1, UINT64_MAX};
	unsigned counts[6] = {0};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		for (int k = 0; k < 200; k++)
			CHECK(random_below(bounds[i]) < bounds[i]);
	for (int i = 0; i < 60000; i++)
		counts[random_below(6)]++;
	for (int i = 0; i < 6; i++)
		CHECK(counts[i] > 9000 && counts[i] < 11000);
}

CHECK_MAIN()
