/* Tag lists, "v=1; a=b; …" (RFC 6376 section 3.2): signatures and key records. */
#ifndef RINGPOST_DKIM_TAGS_H
#define RINGPOST_DKIM_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

#define DKIM_TAGS_MAX 32

struct dkim_tag {
	struct slice name;
	struct slice value; /* without the white space around it */
	struct slice span;  /* all between "=" and ";" */
};

struct dkim_tags {
	size_t count;
	struct dkim_tag at[DKIM_TAGS_MAX];
};

/*
 * Strict: names are a letter and letters, digits, underscores; each is there
 * once; values have no ";" and no control characters but folds. Bytes beyond
 * ASCII are taken (RFC 8616). Slices lie in TEXT. False with FAILURE_DATA and
 * what is wrong.
 */
bool dkim_tags_parse(struct slice text, struct dkim_tags *tags_r);
/* The tag, its name in exact case, or NULL. */
const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags, struct slice name);
/* Its value, or SLICE_EMPTY. */
struct slice dkim_tags_value(const struct dkim_tags *tags, const char *name);

/* Cuts the next part off a list such as "a : b": BYTE between, white space and
 * folds around it left out. Like slice_cut otherwise. */
struct slice dkim_list_cut(struct slice *list, char byte);
/* Whether WORD is in the list. */
bool dkim_list_has(struct slice list, char byte, struct slice word);

/* Base64 with white space anywhere, decoded in the arena; false: it is not, or
 * it is empty. */
bool dkim_base64_decode(struct arena *arena, struct slice text, struct slice *bytes_r);

#endif
