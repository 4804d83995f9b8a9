/*
 * Randomness that repeats. List ../random_seeded.c among the test's sources: it
 * is linked in place of base/random.c. Seeded with 0 until told.
 */
#ifndef RINGPOST_TESTS_RANDOM_SEEDED_H
#define RINGPOST_TESTS_RANDOM_SEEDED_H

#include <stdint.h>

/* All threads draw from the one sequence that SEED begins. */
void random_seeded_set(uint64_t seed);

#endif
