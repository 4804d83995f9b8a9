/* Who a message says it is from: the mailboxes of From (RFC 5322 3.6.2). */
#ifndef RINGPOST_MAIL_AUTHOR_H
#define RINGPOST_MAIL_AUTHOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

#define AUTHORS_MAX 32

/*
 * Finds the addresses ("local@domain", slices in ARENA) in the value of a From
 * field: display names, comments (nested), quoted strings, groups and folds are
 * passed over as RFC 5322 3.4 has them. True with at least one; false when it
 * cannot be understood, holds none, or more than AUTHORS_MAX.
 */
bool authors_find(struct slice value, struct arena *arena, struct slice **list_r,
	size_t *count_r);

#endif
