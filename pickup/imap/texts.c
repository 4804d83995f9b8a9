/* Collects and decodes the text of messages; see texts.h. */
#include "imap/texts.h"

#include "base/buffer.h"
#include "mail/mime_decode.h"
#include "mime/preview.h"

struct slice texts_field(struct arena *arena, const struct header_field *field)
{
	return mime_decode_words(arena, header_unfold(arena, field->value));
}

/* All fields, decoded, a line each. */
static struct slice header_text(struct arena *arena, const struct header *header)
{
	struct buffer out = {0};
	struct slice text;

	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];

		if (!field->name.size) {
			buffer_append(&out, field->whole);
			continue;
		}
		buffer_append(&out, field->name);
		buffer_append(&out, SLICE(": "));
		buffer_append(&out, texts_field(arena, field));
		buffer_append_byte(&out, '\n');
	}
	text = arena_copy(arena, buffer_contents(&out));
	buffer_finish(&out);
	return text;
}

static void add_part(struct arena *arena, struct texts *texts, struct slice text)
{
	struct slice *parts;

	if (!text.size)
		return;
	parts = arena_grow(arena, texts->parts, texts->part_count, sizeof(*parts));
	parts[texts->part_count++] = text;
	texts->parts = parts;
}

/* The next in the order they stand there; NULL: there is none. */
static const struct mime_entity *next_entity(const struct mime_entity *entity)
{
	if (entity->first)
		return entity->first;
	while (entity && !entity->next)
		entity = entity->parent;
	return entity ? entity->next : NULL;
}

void texts_read(struct arena *arena, struct slice message, struct texts *texts_r)
{
	const struct mime_entity *root = mime_tree(arena, message);

	*texts_r = (struct texts){
		.fields = root->header, .header = header_text(arena, &root->header)};
	for (const struct mime_entity *entity = root; entity;
		entity = next_entity(entity)) {
		if (entity != root)
			add_part(arena, texts_r, header_text(arena, &entity->header));
		if (entity->shape == MIME_SHAPE_TEXT)
			add_part(arena, texts_r,
				entity_text(arena, message, entity, TEXTS_PART_MOST));
	}
}
