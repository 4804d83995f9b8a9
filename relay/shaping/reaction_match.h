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

#endif
