/*
 * Patterns: regular expressions as Perl's, compiled once, over text from
 * strangers. A match takes no more time than its limits allow, whatever the
 * pattern and the text. Thread safe.
 */
#ifndef RINGPOST_BASE_PATTERN_H
#define RINGPOST_BASE_PATTERN_H

#include <stdbool.h>

#include "base/pattern_needs.h"
#include "base/slice.h"

#define PATTERN_MAX 1000 /* bytes */

struct pattern;

/* Of any case (ASCII letters), anywhere in the text, whose lines are one to it.
 * NULL with FAILURE_CONFIG. */
struct pattern *pattern_create(const char *text);
void pattern_destroy(struct pattern **pattern);
/* Whether TEXT can be used as one; false with FAILURE_CONFIG. */
bool pattern_check(const char *text);

/* False also where a limit was reached. */
bool pattern_matches(const struct pattern *pattern, struct slice text);
/* False: it does not match the text that TRIGRAMS are of, and need not be tried.
 * For many patterns over one text: most are told so in nanoseconds. */
bool pattern_may_match(
	const struct pattern *pattern, const struct pattern_trigrams *trigrams);

#endif
