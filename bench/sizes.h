/* Sizes of messages, chosen by weight, as a command line names them. */
#ifndef RINGPOST_BENCH_SIZES_H
#define RINGPOST_BENCH_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/mix.h"

/* Zeroed memory is a list of none. */
struct sizes {
	uint64_t *at;
	struct mix mix;
};

/* "4k", "4k:9,64k:1"; false with FAILURE_CONFIG, which names --size. */
bool sizes_read(struct sizes *sizes, const char *list);
/* The one that CHANCE, any 64 bits, falls on. */
uint64_t sizes_pick(const struct sizes *sizes, uint64_t chance);
void sizes_finish(struct sizes *sizes);

#endif
