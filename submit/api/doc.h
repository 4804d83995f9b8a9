/*
 * JSON documents that came from outside (RFC 8259), read strictly: UTF-8, no name
 * twice in an object, bounded in depth and in values. Long texts are not copied.
 */
#ifndef RINGPOST_API_DOC_H
#define RINGPOST_API_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

#define DOC_DEPTH_MAX  32
#define DOC_VALUES_MAX 500000
#define DOC_NAME_MAX   128

struct doc; /* a value */

/* Values are in ARENA, texts there or in TEXT. NULL with FAILURE_DATA, saying what is
 * wrong and where. */
struct doc *doc_parse(struct arena *arena, struct slice text);

enum doc_kind {
	DOC_NONE,
	DOC_TEXT,
	DOC_NUMBER, /* whole, of 64 bits */
	DOC_FRACTION,
	DOC_TRUTH,
	DOC_LIST,
	DOC_OBJECT,
};

/* NULL and JSON's null are NONE; what a value is not, it has none of. */
enum doc_kind doc_kind(const struct doc *doc);
struct slice doc_text(const struct doc *doc); /* UTF-8 */
int64_t doc_number(const struct doc *doc);
bool doc_truth(const struct doc *doc);
/* Of a list or an object. */
size_t doc_count(const struct doc *doc);
/* The member NAME, or NULL. */
const struct doc *doc_get(const struct doc *object, const char *name);
const struct doc *doc_get_slice(const struct doc *object, struct slice name);
/* Elements or members one after the other: behind BEFORE, NULL: the first. */
const struct doc *doc_next(const struct doc *doc, const struct doc *before);
/* A member's name; a NUL stands behind it. */
struct slice doc_name(const struct doc *member);
/* A text, number or truth as text; at NULL for all else. */
struct slice doc_print(const struct doc *doc);

#endif
