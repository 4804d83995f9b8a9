/*
 * Which reaction a receiver's reply calls for: the lists of a shaping snapshot,
 * compiled once, matched against each refusal. Pure.
 */
#ifndef RINGPOST_SHAPING_REACTION_MATCH_H
#define RINGPOST_SHAPING_REACTION_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "mail/reply.h"
#include "shaping/reaction.h"

#define REACTION_PATTERN_MAX 1000 /* bytes */

/* Whether TEXT can be used as a pattern; false with FAILURE_CONFIG. */
bool reaction_pattern_check(const char *text);

/* Lists by their ids, with their patterns; the lists outlive it. */
struct reaction_book;
struct reaction_book *reaction_book_create(size_t count,
	const struct reaction_list *(*list)(const void *of, size_t id), const void *of);
void reaction_book_destroy(struct reaction_book **book);

/*
 * The first of LISTS, in order, that answers to REPLY, and *list_r it is in;
 * NULL: none, or one that says to do nothing. Takes no more time than its limits
 * allow, whatever the pattern and the text.
 */
const struct reaction *reaction_match(const struct reaction_book *book,
	const struct reaction_list *const *lists, size_t count,
	const struct reply *reply, const struct reaction_list **list_r);

/* "suspend for 10m", "connections 1 for 30m" into TEXT. */
struct slice reaction_print(const struct reaction *reaction, char *text, size_t size);
const char *reaction_scope_name(enum reaction_scope scope);

/* reaction_pattern.c, the only file that knows PCRE2: NULL with FAILURE_CONFIG;
 * what matching takes, made when first needed (zeroed memory is none yet). */
struct reaction_pattern;
struct reaction_matcher {
	void *data, *context, *stack;
};
struct reaction_pattern *reaction_pattern_create(const char *text);
void reaction_pattern_destroy(struct reaction_pattern **pattern);
bool reaction_pattern_matches(const struct reaction_pattern *pattern, struct slice text,
	struct reaction_matcher *matcher);
void reaction_matcher_finish(struct reaction_matcher *matcher);

#endif
