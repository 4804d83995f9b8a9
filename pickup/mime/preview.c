/* Finds and decodes text in messages; see preview.h. */
#include "mime/preview.h"

#include "mail/mime_decode.h"
#include "mail/mime_part.h"
#include "mime/parameters.h"

#define READ_MOST 16384 /* of a part, for a preview */

struct slice entity_text(struct arena *arena, struct slice message,
	const struct mime_entity *entity, size_t most)
{
	struct slice body = slice_part(message, entity->body_at, entity->body_size);
	struct slice encoding = mime_encoding_parse(
		mime_field(entity, arena, HEADER_CONTENT_TRANSFER_ENCODING));
	struct slice charset;

	if (entity->shape != MIME_SHAPE_TEXT)
		return SLICE_EMPTY;
	charset = mime_parameter_text(arena, entity->type_value, SLICE("charset"));
	body = mime_decode(arena, encoding, body, most);
	body = mime_to_utf8(arena, charset, body);
	return slice_equal_nocase(entity->subtype, SLICE("html"))
		       ? mime_html_text(arena, body)
		       : body;
}

static bool is_attachment(const struct mime_entity *entity, struct arena *arena)
{
	const struct header_field *field = header_find_text(
		&entity->header, SLICE("Content-Disposition"), NULL);
	struct slice word = SLICE_EMPTY;

	if (field)
		(void)mime_parameters(arena, header_unfold(arena, field->value), &word);
	return slice_equal_nocase(word, SLICE("attachment"));
}

/* The first text that is shown; plain rather than what else stands beside it. */
static const struct mime_entity *find_text(
	struct arena *arena, const struct mime_entity *entity)
{
	const struct mime_entity *any = NULL;
	bool alternative = slice_equal_nocase(entity->subtype, SLICE("alternative"));

	if (entity->shape == MIME_SHAPE_TEXT)
		return is_attachment(entity, arena) ? NULL : entity;
	for (const struct mime_entity *child = entity->first; child;
		child = child->next) {
		const struct mime_entity *found = find_text(arena, child);

		if (found && (!alternative || slice_equal_nocase(
						      found->subtype, SLICE("plain"))))
			return found;
		any = any ? any : found;
	}
	return any;
}

/* Bytes of the UTF-8 character at the start of TEXT; 1 for what is none. */
static size_t character_size(struct slice text)
{
	unsigned char c = (unsigned char)text.at[0];
	size_t size = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	return size <= text.size ? size : 1;
}

struct slice preview_of(
	struct arena *arena, struct slice message, const struct mime_entity *entity)
{
	const struct mime_entity *part = find_text(arena, entity);
	struct slice text = part ? entity_text(arena, message, part, READ_MOST)
				 : SLICE_EMPTY;
	char *out = arena_take(arena, PREVIEW_CHARACTERS * 4 + 1);
	size_t size = 0, characters = 0;

	while (text.size && characters < PREVIEW_CHARACTERS) {
		size_t bytes = character_size(text);
		bool space = (unsigned char)text.at[0] <= ' ' || text.at[0] == 0x7f;

		if (!space || (size && out[size - 1] != ' ')) {
			for (size_t i = 0; i < bytes; i++)
				out[size++] = space ? ' ' : text.at[i];
			characters++;
		}
		text = slice_from(text, bytes);
	}
	return slice_trim_all(slice_make(out, size));
}
