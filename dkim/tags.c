/* Tag lists (RFC 6376 section 3.2) and the lists and base64 in their values. */
#include "dkim/tags.h"

#include "base/encode.h"
#include "base/failure.h"

static bool add(struct dkim_tags *tags, struct slice spec);

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool dkim_tags_parse(struct slice text, struct dkim_tags *tags_r)
{
	struct slice rest = text;

	tags_r->count = 0;
	while (rest.at) {
		struct slice spec = slice_cut(&rest, ';');

		/* one ";" may stand behind the last tag */
		if (!rest.at && slice_trim_all(spec).size == 0)
			break;
		if (!add(tags_r, spec))
			return false;
	}
	if (tags_r->count == 0)
		return fail(FAILURE_DATA, "no tags");
	return true;
}

const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags, struct slice name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (slice_equal(tags->at[i].name, name))
			return &tags->at[i];
	return NULL;
}

struct slice dkim_tags_value(const struct dkim_tags *tags, const char *name)
{
	const struct dkim_tag *tag = dkim_tags_find(tags, slice_of(name));

	return tag ? tag->value : SLICE_EMPTY;
}

struct slice dkim_list_cut(struct slice *list, char byte)
{
	return slice_trim_all(slice_cut(list, byte));
}

bool dkim_list_has(struct slice list, char byte, struct slice word)
{
	while (list.at)
		if (slice_equal(dkim_list_cut(&list, byte), word))
			return true;
	return false;
}

bool dkim_base64_decode(struct arena *arena, struct slice text, struct slice *bytes_r)
{
	char *dense = arena_take(arena, text.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < text.size; i++)
		if (!is_white(text.at[i]))
			dense[size++] = text.at[i];
	return size > 0 && base64_decode_in(arena, slice_make(dense, size), bytes_r);
}

static bool is_name(struct slice name)
{
	for (size_t i = 0; i < name.size; i++)
		if (!ascii_is_alpha(name.at[i]) &&
			(i == 0 || (!ascii_is_digit(name.at[i]) && name.at[i] != '_')))
			return false;
	return name.size > 0;
}

static bool is_value(struct slice value)
{
	for (size_t i = 0; i < value.size; i++) {
		unsigned char c = (unsigned char)value.at[i];

		if ((c < ' ' && !is_white((char)c)) || c == 0x7f)
			return false;
	}
	return true;
}

static bool add(struct dkim_tags *tags, struct slice spec)
{
	struct slice span = spec, name = slice_trim_all(slice_cut(&span, '='));
	struct dkim_tag *tag;

	if (!span.at || !is_name(name))
		return fail(FAILURE_DATA, "\"%.*s\" is not tag=value",
			SLICE_PRINT(slice_part(slice_trim_all(spec), 0, 40)));
	if (dkim_tags_find(tags, name))
		return fail(FAILURE_DATA, "the tag %.*s= is there twice",
			SLICE_PRINT(name));
	if (!is_value(span))
		return fail(
			FAILURE_DATA, "control characters in %.*s=", SLICE_PRINT(name));
	if (tags->count == DKIM_TAGS_MAX)
		return fail(FAILURE_DATA, "more than %d tags", DKIM_TAGS_MAX);
	tag = &tags->at[tags->count++];
	tag->name = name;
	tag->span = span;
	tag->value = slice_trim_all(span);
	return true;
}
