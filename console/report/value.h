/*
 * JSON values, for the admin socket and --json. An object owns what is put
 * into it; what is got from it is valid as long as it. A value belongs to one
 * thread at a time. Text that is not UTF-8 has each such byte replaced by
 * U+FFFD.
 *
 * All getters take NULL, and give NULL, 0, false or an empty text for what is
 * not there or of another kind, so that a chain of them needs no checks.
 */
#ifndef RINGPOST_REPORT_VALUE_H
#define RINGPOST_REPORT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

struct value;

/* Once, before any other call: freed values leave nothing in memory, for some
 * hold passwords. */
void value_prepare(void);

/* NULL with FAILURE_DATA: not JSON, or more behind it. */
struct value *value_parse(struct slice text);
/* In one line, without an end of line; false with FAILURE_LIMIT of INTO. */
bool value_print(const struct value *value, struct buffer *into);
/* For people: on several lines, with one at the end. */
bool value_print_indented(const struct value *value, struct buffer *into);
/* A copy that shares nothing. */
struct value *value_copy(const struct value *value);
void value_release(struct value **value);

struct value *value_object(void);
struct value *value_list(void);
struct value *value_of_text(struct slice text);
struct value *value_of_number(int64_t number);
struct value *value_of_truth(bool truth);
/* Takes ITEM over. */
void value_set(struct value *object, const char *name, struct value *item);
void value_set_text(struct value *object, const char *name, struct slice text);
void value_set_number(struct value *object, const char *name, int64_t number);
void value_set_truth(struct value *object, const char *name, bool truth);
void value_remove(struct value *object, const char *name);
void value_append(struct value *list, struct value *item);
void value_append_text(struct value *list, struct slice text);

const struct value *value_get(const struct value *object, const char *name);
bool value_has(const struct value *object, const char *name);
struct slice value_text(const struct value *value);
int64_t value_number(const struct value *value);
bool value_is_number(const struct value *value); /* a whole one */
bool value_truth(const struct value *value);
size_t value_count(const struct value *list);
const struct value *value_at(const struct value *list, size_t index);
/* Whether the list holds this text. */
bool value_has_text(const struct value *list, struct slice text);
/* The list's texts, with BETWEEN between them. */
void value_join(const struct value *list, const char *between, struct buffer *into);

struct slice value_get_text(const struct value *object, const char *name);
int64_t value_get_number(const struct value *object, const char *name);
bool value_get_truth(const struct value *object, const char *name);

/* The object's entries, in the order they were put in. */
void value_each(const struct value *object,
	void (*visit)(void *context, const char *name, const struct value *item),
	void *context);
/* For value_each: adds ITEM, a number, to the one so named of the object SUM. */
void value_add_up(void *sum, const char *name, const struct value *item);

#endif
