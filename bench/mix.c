/* Weighted choices, the same for the same number each time. */
#include "bench/mix.h"

#include "base/failure.h"
#include "base/memory.h"

bool mix_add(struct mix *mix, uint64_t weight)
{
	uint64_t before = mix->count ? mix->ends[mix->count - 1] : 0;

	if (weight == 0 || weight > MIX_WEIGHT_MAX)
		return fail(FAILURE_CONFIG, "a weight is 1 to %d", MIX_WEIGHT_MAX);
	if (mix->count == MIX_MAX)
		return fail(FAILURE_CONFIG, "more than %d choices", MIX_MAX);
	mix->ends = memory_resize(mix->ends, (mix->count + 1) * sizeof(*mix->ends));
	mix->ends[mix->count++] = before + weight;
	return true;
}

size_t mix_pick(const struct mix *mix, uint64_t chance)
{
	uint64_t at;
	size_t i = 0;

	if (mix->count < 2)
		return 0;
	at = chance % mix->ends[mix->count - 1];
	while (at >= mix->ends[i])
		i++;
	return i;
}

void mix_finish(struct mix *mix)
{
	memory_free(mix->ends);
	*mix = (struct mix){0};
}

uint64_t mix_take_weight(struct slice *text)
{
	size_t colon = slice_index_last(*text, ':');
	uint64_t weight;

	if (colon == text->size || !slice_to_u64(slice_from(*text, colon + 1), &weight))
		return 1;
	text->size = colon;
	return weight;
}

/* SplitMix64's output function, over a counter. */
uint64_t mix_scatter(uint64_t seed, uint64_t number)
{
	uint64_t x = seed + (number + 1) * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}
