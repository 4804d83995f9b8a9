/* A document that came from outside as a value. */
#include "web/doc_value.h"

static struct value *value_from_list(const struct doc *doc)
{
	struct value *list = value_list();

	for (const struct doc *at = doc_next(doc, NULL); at; at = doc_next(doc, at)) {
		struct value *item = value_from_doc(at);

		if (item)
			value_append(list, item);
	}
	return list;
}

static void set_from(struct value *object, const char *name, const struct doc *doc)
{
	struct value *item = value_from_doc(doc);

	if (item)
		value_set(object, name, item);
}

static struct value *value_from_object(const struct doc *doc)
{
	struct value *object = value_object();

	for (const struct doc *at = doc_next(doc, NULL); at; at = doc_next(doc, at))
		set_from(object, doc_name(at).at, at);
	return object;
}

/* No deeper than DOC_DEPTH_MAX. */
struct value *value_from_doc(const struct doc *doc)
{
	switch (doc_kind(doc)) {
	case DOC_NONE:
		return NULL;
	case DOC_NUMBER:
		return value_of_number(doc_number(doc));
	case DOC_TRUTH:
		return value_of_truth(doc_truth(doc));
	case DOC_LIST:
		return value_from_list(doc);
	case DOC_OBJECT:
		return value_from_object(doc);
	case DOC_TEXT:
	case DOC_FRACTION:
		break;
	}
	return value_of_text(doc_print(doc));
}
