/*
 * Patterns over texts: what a text is told to lack is never there; a match ends.
 */
#include "base/pattern.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* The first line is the pattern. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size), line = slice_cut(&text, '\n');
	struct pattern_trigrams trigrams;
	char source[PATTERN_MAX + 10];
	struct pattern *pattern;

	if (!slice_to_text(line, source, sizeof(source)))
		return 0;
	pattern = pattern_create(source);
	if (!pattern)
		return 0;
	pattern_trigrams_of(text, &trigrams);
	HOLD(pattern_may_match(pattern, &trigrams) || !pattern_matches(pattern, text));
	pattern_destroy(&pattern);
	return 0;
}
