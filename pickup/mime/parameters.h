/*
 * Parameters of MIME's header fields (RFC 2045 5.1, RFC 2231), read for showing:
 * what makes no sense is passed over.
 */
#ifndef RINGPOST_MIME_PARAMETERS_H
#define RINGPOST_MIME_PARAMETERS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"

#define MIME_PARAMETERS_MAX 100

struct mime_parameter_list {
	struct slice rest;
	struct arena *arena;
	unsigned seen;
};

/* VALUE from its first ';' on; *word_r is what stands before ("attachment"). */
struct mime_parameter_list mime_parameters(
	struct arena *arena, struct slice value, struct slice *word_r);
/* The next one: its name as written ("filename*0*"), its value unquoted. */
bool mime_parameters_next(
	struct mime_parameter_list *list, struct slice *name_r, struct slice *value_r);
struct mime_parameter {
	struct slice name, value;
};
/*
 * All of LIST, in the arena: those that are in pieces ("name*0*", "name*1", …) are one
 * ("name*", or "name" where none of them is percent-encoded), as IMAP wants them (RFC
 * 2231 8).
 */
void mime_parameters_join(struct mime_parameter_list *list,
	const struct mime_parameter **parameters_r, size_t *count_r);
/*
 * The parameter NAME in UTF-8: continuations joined, percent and charset decoded
 * (RFC 2231), encoded words, too, which many write there. Empty: none.
 */
struct slice mime_parameter_text(
	struct arena *arena, struct slice value, struct slice name);

#endif
