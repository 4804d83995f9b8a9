/* JSON values: jansson behind value.h. */
#include "report/value.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/failure.h"
#include "base/memory.h"

static json_t *json_of(const struct value *value)
{
	return (json_t *)(uintptr_t)value;
}

static struct value *value_of(json_t *json)
{
	return (struct value *)json;
}

static void wipe_and_free(void *at)
{
	if (at)
		memory_wipe(at, malloc_usable_size(at));
	free(at);
}

void value_prepare(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
	json_object_seed(0);
}

struct value *value_parse(struct slice text)
{
	json_error_t error;
	json_t *json = json_loadb(text.at ? text.at : "", text.size, 0, &error);

	if (!json)
		fail(FAILURE_DATA, "not JSON: %s", error.text);
	return value_of(json);
}

/* As many digits as a number of ours was written with, at the least: 0.069, where
 * 17 would show what a double makes of it. */
#define PRECISION JSON_REAL_PRECISION(15)

static int append(const char *bytes, size_t size, void *into)
{
	return buffer_append(into, slice_make(bytes, size)) ? 0 : -1;
}

bool value_print(const struct value *value, struct buffer *into)
{
	return json_dump_callback(json_of(value), append, into,
		       JSON_COMPACT | JSON_ENCODE_ANY | PRECISION) == 0;
}

bool value_print_indented(const struct value *value, struct buffer *into)
{
	return json_dump_callback(json_of(value), append, into,
		       JSON_INDENT(2) | JSON_ENCODE_ANY | PRECISION) == 0 &&
	       buffer_append_byte(into, '\n');
}

struct value *value_copy(const struct value *value)
{
	return value_of(json_deep_copy(json_of(value)));
}

void value_release(struct value **value)
{
	json_decref(json_of(*value));
	*value = NULL;
}

struct value *value_object(void)
{
	return value_of(json_object());
}

struct value *value_list(void)
{
	return value_of(json_array());
}

/* What is not UTF-8 somewhere loses all its bytes above ASCII. */
static json_t *make_text(struct slice text)
{
	json_t *json = json_stringn(text.at ? text.at : "", text.size);
	struct buffer clean = {0};

	if (json)
		return json;
	for (size_t i = 0; i < text.size; i++)
		buffer_append(&clean, (unsigned char)text.at[i] < 0x80
					      ? slice_part(text, i, 1)
					      : SLICE("\xef\xbf\xbd"));
	json = json_stringn(clean.bytes + clean.start, buffer_size(&clean));
	buffer_finish(&clean);
	return json;
}

struct value *value_of_text(struct slice text)
{
	return value_of(make_text(text));
}

struct value *value_of_number(int64_t number)
{
	return value_of(json_integer(number));
}

struct value *value_of_truth(bool truth)
{
	return value_of(json_boolean(truth));
}

void value_remove(struct value *object, const char *name)
{
	json_object_del(json_of(object), name);
}

void value_set(struct value *object, const char *name, struct value *item)
{
	json_object_set_new(json_of(object), name, json_of(item));
}

void value_set_text(struct value *object, const char *name, struct slice text)
{
	json_object_set_new(json_of(object), name, make_text(text));
}

void value_set_number(struct value *object, const char *name, int64_t number)
{
	json_object_set_new(json_of(object), name, json_integer(number));
}

void value_set_truth(struct value *object, const char *name, bool truth)
{
	json_object_set_new(json_of(object), name, json_boolean(truth));
}

void value_append(struct value *list, struct value *item)
{
	json_array_append_new(json_of(list), json_of(item));
}

void value_append_text(struct value *list, struct slice text)
{
	json_array_append_new(json_of(list), make_text(text));
}

const struct value *value_get(const struct value *object, const char *name)
{
	return value_of(json_object_get(json_of(object), name));
}

bool value_has(const struct value *object, const char *name)
{
	return value_get(object, name) != NULL;
}

struct slice value_text(const struct value *value)
{
	return slice_make(
		json_string_value(json_of(value)), json_string_length(json_of(value)));
}

bool value_is_number(const struct value *value)
{
	return json_is_integer(json_of(value));
}

int64_t value_number(const struct value *value)
{
	return json_integer_value(json_of(value));
}

bool value_truth(const struct value *value)
{
	return json_is_true(json_of(value));
}

size_t value_count(const struct value *list)
{
	return json_array_size(json_of(list));
}

const struct value *value_at(const struct value *list, size_t index)
{
	return value_of(json_array_get(json_of(list), index));
}

bool value_has_text(const struct value *list, struct slice text)
{
	for (size_t i = 0; i < value_count(list); i++)
		if (slice_equal(value_text(value_at(list, i)), text))
			return true;
	return false;
}

void value_join(const struct value *list, const char *between, struct buffer *into)
{
	for (size_t i = 0; i < value_count(list); i++) {
		if (i)
			buffer_append(into, slice_of(between));
		buffer_append(into, value_text(value_at(list, i)));
	}
}

struct slice value_get_text(const struct value *object, const char *name)
{
	return value_text(value_get(object, name));
}

int64_t value_get_number(const struct value *object, const char *name)
{
	return value_number(value_get(object, name));
}

bool value_get_truth(const struct value *object, const char *name)
{
	return value_truth(value_get(object, name));
}

void value_each(const struct value *object,
	void (*visit)(void *context, const char *name, const struct value *item),
	void *context)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_of(object), name, item)
		visit(context, name, value_of(item));
}

void value_add_up(void *sum, const char *name, const struct value *item)
{
	value_set_number(sum, name, value_get_number(sum, name) + value_number(item));
}
