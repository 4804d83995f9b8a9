/* JSON by jansson. */
#include "api/doc.h"

#include <jansson.h>
#include <stdio.h>

#include "base/failure.h"

static json_t *json_of(const struct doc *doc)
{
	return (json_t *)(uintptr_t)doc;
}

static struct doc *doc_of(json_t *json)
{
	return (struct doc *)(void *)json;
}

/* The parser calls itself for each level, on a small stack: counted before. */
static bool is_flat(struct slice text)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '[' || c == '{') {
			if (++depth > DOC_DEPTH_MAX)
				return false;
		} else if ((c == ']' || c == '}') && depth) {
			depth--;
		}
	}
	return true;
}

struct doc *doc_parse(struct slice text)
{
	json_error_t error;
	json_t *json;

	if (!is_flat(text)) {
		fail(FAILURE_DATA, "it is nested more than %d deep", DOC_DEPTH_MAX);
		return NULL;
	}
	json = json_loadb(
		text.at ? text.at : "", text.size, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail(FAILURE_DATA, "line %d, column %d: %s", error.line, error.column,
			error.text);
	return doc_of(json);
}

void doc_free(struct doc **doc)
{
	json_decref(json_of(*doc));
	*doc = NULL;
}

enum doc_kind doc_kind(const struct doc *doc)
{
	if (!doc)
		return DOC_NONE;
	switch (json_typeof(json_of(doc))) {
	case JSON_STRING:
		return DOC_TEXT;
	case JSON_INTEGER:
		return DOC_NUMBER;
	case JSON_REAL:
		return DOC_FRACTION;
	case JSON_TRUE:
	case JSON_FALSE:
		return DOC_TRUTH;
	case JSON_ARRAY:
		return DOC_LIST;
	case JSON_OBJECT:
		return DOC_OBJECT;
	default:
		return DOC_NONE;
	}
}

struct slice doc_text(const struct doc *doc)
{
	json_t *json = json_of(doc);

	if (!json_is_string(json))
		return SLICE_EMPTY;
	return slice_make(json_string_value(json), json_string_length(json));
}

int64_t doc_number(const struct doc *doc)
{
	return json_integer_value(json_of(doc));
}

bool doc_truth(const struct doc *doc)
{
	return json_is_true(json_of(doc));
}

size_t doc_count(const struct doc *doc)
{
	json_t *json = json_of(doc);

	return json_is_object(json) ? json_object_size(json) : json_array_size(json);
}

const struct doc *doc_get(const struct doc *object, const char *name)
{
	return doc_of(json_object_get(json_of(object), name));
}

const struct doc *doc_get_slice(const struct doc *object, struct slice name)
{
	char text[128];

	if (!slice_to_text(name, text, sizeof(text)))
		return NULL;
	return doc_get(object, text);
}

const struct doc *doc_at(const struct doc *list, size_t index)
{
	return doc_of(json_array_get(json_of(list), index));
}

bool doc_next(const struct doc *object, void **at, struct slice *name_r,
	const struct doc **value_r)
{
	json_t *json = json_of(object);

	*at = *at ? json_object_iter_next(json, *at) : json_object_iter(json);
	if (!*at)
		return false;
	*name_r = slice_of(json_object_iter_key(*at));
	*value_r = doc_of(json_object_iter_value(*at));
	return true;
}

struct slice doc_print(const struct doc *doc, char text[32])
{
	switch (doc_kind(doc)) {
	case DOC_TEXT:
		return doc_text(doc);
	case DOC_NUMBER:
		snprintf(text, 32, "%lld", (long long)doc_number(doc));
		return slice_of(text);
	case DOC_FRACTION:
		snprintf(text, 32, "%.15g", json_real_value(json_of(doc)));
		return slice_of(text);
	case DOC_TRUTH:
		return doc_truth(doc) ? SLICE("true") : SLICE("false");
	default:
		return SLICE_EMPTY;
	}
}
