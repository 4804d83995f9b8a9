/* Randomness that repeats, linked in place of base/random.c. */
#include "random_seeded.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/random.h"

static _Atomic uint64_t drawn;

void random_seeded_set(uint64_t seed)
{
	drawn = seed * 0x9e3779b97f4a7c15;
}

/* A counter in odd steps, mixed well enough for tests; never for keys. */
static uint64_t draw(void)
{
	uint64_t x = atomic_fetch_add(&drawn, 0x9e3779b97f4a7c15);

	for (int round = 0; round < 3; round++) {
		x ^= x >> 32;
		x *= 0xd6e8feb86659fd93;
	}
	return x ^ x >> 32;
}

void random_fill(void *at, size_t size)
{
	unsigned char *to = at;
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++) {
		if (i % 8 == 0)
			word = draw();
		to[i] = (unsigned char)(word >> (8 * (i % 8)));
	}
}
