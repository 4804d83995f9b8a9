/* Finds and decodes text in messages; see preview.h. */
#include "mime/preview.h"

#include <string.h>

#include "mail/mime_decode.h"
#include "mail/mime_part.h"
#include "mail/text.h"
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

/* Takes a character of TEXT; what is no UTF-8 is U+FFFD, a control a space. */
static struct slice take_character(struct slice *text)
{
	uint32_t code;
	size_t size = text_character(*text, &code);
	struct slice character = slice_part(*text, 0, size);

	if (!size)
		character = SLICE("\xef\xbf\xbd");
	else if (code == ' ' || text_is_control(code))
		character = SLICE(" ");
	*text = slice_from(*text, size ? size : 1);
	return character;
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
		struct slice character = take_character(&text);

		if (*character.at == ' ' && (!size || out[size - 1] == ' '))
			continue;
		memcpy(out + size, character.at, character.size);
		size += character.size;
		characters++;
	}
	return slice_trim_all(slice_make(out, size));
}
