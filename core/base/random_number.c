/* Random numbers made of random_fill's bytes, wherever those come from. */
#include "base/random.h"

#include <assert.h>

uint64_t random_u64(void)
{
	uint64_t value;

	random_fill(&value, sizeof(value));
	return value;
}

/* Values below the remainder of 2^64 would favour the small results. */
uint64_t random_below(uint64_t bound)
{
	uint64_t value, remainder;

	assert(bound);
	remainder = -bound % bound;
	do
		value = random_u64();
	while (value < remainder);
	return value % bound;
}
