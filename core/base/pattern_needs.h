/*
 * What a text must hold for a pattern to match it: of each way through the pattern
 * a piece of plain letters. A text that has none of the pieces need not be tried,
 * and that is most texts for most patterns.
 *
 * Pieces are looked for by their trigrams in a small set made of the text once, so
 * now and then one seems to be there that is not; never the other way round.
 */
#ifndef RINGPOST_BASE_PATTERN_NEEDS_H
#define RINGPOST_BASE_PATTERN_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define PATTERN_TRIGRAM_BITS 4096

/* A text's trigrams, without regard to the case of ASCII letters. */
struct pattern_trigrams {
	uint64_t bits[PATTERN_TRIGRAM_BITS / 64];
};
void pattern_trigrams_of(struct slice text, struct pattern_trigrams *trigrams_r);

struct pattern_needs;
/* Of a pattern that compiles without regard to case; NULL: it cannot be told, or
 * any text may do. */
struct pattern_needs *pattern_needs_create(const char *pattern);
void pattern_needs_destroy(struct pattern_needs **needs);
/* False: no text with these matches. NEEDS may be NULL. */
bool pattern_needs_are_met(
	const struct pattern_needs *needs, const struct pattern_trigrams *trigrams);

#endif
