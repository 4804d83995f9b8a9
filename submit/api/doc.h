/*
 * JSON documents that came from outside (RFC 8259), read: bounded in depth, no name
 * twice in an object. A struct doc is one value; all of them go with the first.
 */
#ifndef RINGPOST_API_DOC_H
#define RINGPOST_API_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define DOC_DEPTH_MAX 32

struct doc;

/* NULL with FAILURE_DATA, saying what is wrong and where. Needs little stack. */
struct doc *doc_parse(struct slice text);
void doc_free(struct doc **doc);

enum doc_kind {
	DOC_NONE,
	DOC_TEXT,
	DOC_NUMBER,
	DOC_FRACTION,
	DOC_TRUTH,
	DOC_LIST,
	DOC_OBJECT
};

/* NULL and JSON's null are NONE; what a value is not, it has none of. */
enum doc_kind doc_kind(const struct doc *doc);
struct slice doc_text(const struct doc *doc); /* UTF-8; valid as long as the value */
int64_t doc_number(const struct doc *doc);
bool doc_truth(const struct doc *doc);
/* Of a list or an object; the member NAME, or NULL; the one at INDEX. */
size_t doc_count(const struct doc *doc);
const struct doc *doc_get(const struct doc *object, const char *name);
const struct doc *doc_get_slice(const struct doc *object, struct slice name);
const struct doc *doc_at(const struct doc *list, size_t index);
/* Members one after the other, in their order: *AT begins as NULL. */
bool doc_next(const struct doc *object, void **at, struct slice *name_r,
	const struct doc **value_r);
/* A text, number or truth as text, into TEXT of 32 bytes where it is none yet. */
struct slice doc_print(const struct doc *doc, char text[32]);

#endif
