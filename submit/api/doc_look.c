/* Looking into a document. */
#include "api/doc_core.h"

enum doc_kind doc_kind(const struct doc *doc)
{
	return doc ? doc->kind : DOC_NONE;
}

struct slice doc_text(const struct doc *doc)
{
	return doc_kind(doc) == DOC_TEXT ? doc->text : SLICE_EMPTY;
}

int64_t doc_number(const struct doc *doc)
{
	return doc_kind(doc) == DOC_NUMBER ? doc->number : 0;
}

bool doc_truth(const struct doc *doc)
{
	return doc_kind(doc) == DOC_TRUTH && doc->truth;
}

size_t doc_count(const struct doc *doc)
{
	return doc ? doc->count : 0;
}

const struct doc *doc_get_slice(const struct doc *object, struct slice name)
{
	if (doc_kind(object) != DOC_OBJECT)
		return NULL;
	for (const struct doc *child = object->first; child; child = child->next)
		if (slice_equal(child->name, name))
			return child;
	return NULL;
}

const struct doc *doc_get(const struct doc *object, const char *name)
{
	return doc_get_slice(object, slice_of(name));
}

const struct doc *doc_next(const struct doc *doc, const struct doc *before)
{
	if (before)
		return before->next;
	return doc ? doc->first : NULL;
}

struct slice doc_name(const struct doc *member)
{
	return member->name;
}

struct slice doc_print(const struct doc *doc)
{
	switch (doc_kind(doc)) {
	case DOC_TEXT:
	case DOC_NUMBER:
	case DOC_FRACTION:
		return doc->text;
	case DOC_TRUTH:
		return doc->truth ? SLICE("true") : SLICE("false");
	default:
		return SLICE_EMPTY;
	}
}
