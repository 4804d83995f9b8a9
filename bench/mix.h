/*
 * Weighted choices, the same for the same number each time: so a message can
 * be made again from its number alone.
 */
#ifndef RINGPOST_BENCH_MIX_H
#define RINGPOST_BENCH_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define MIX_MAX	       1000
#define MIX_WEIGHT_MAX 1000000

/* Zeroed memory is a mix of nothing. */
struct mix {
	uint64_t *ends; /* sums of the weights so far */
	size_t count;
};

/* False with FAILURE_CONFIG: weight 0 or too large, too many choices. */
bool mix_add(struct mix *mix, uint64_t weight);
/* The index that CHANCE, any 64 bits, falls on. */
size_t mix_pick(const struct mix *mix, uint64_t chance);
void mix_finish(struct mix *mix);

/* Takes ":9" off the end of TEXT; 1 when there is none. */
uint64_t mix_take_weight(struct slice *text);
/* 64 bits that look like chance, made of SEED and NUMBER. */
uint64_t mix_scatter(uint64_t seed, uint64_t number);

#endif
