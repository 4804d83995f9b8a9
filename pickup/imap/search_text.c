/* The keys of a search that look at text; see search.h. Texts are decoded once a
 * message, when the first key asks. */
#include "imap/search_core.h"
#include "imap/unicode.h"
#include "mail/date.h"
#include "mail/mime_decode.h"
#include "mime/preview.h"
#include "mime/tree.h"

struct search_texts {
	bool has_header, has_body;
	struct header header; /* the message's */
	struct slice header_text;
	const struct slice *parts; /* decoded texts, and headers of parts */
	size_t part_count;
};

static struct search_texts *texts_of(struct search_message *message)
{
	if (!message->texts)
		message->texts = ARENA_NEW(message->arena, struct search_texts);
	return message->texts;
}

/* Of the Date field as it was written, whatever its zone (RFC 9051 6.4.4). */
bool search_sent(const struct search_node *node, struct search_message *message)
{
	struct slice text = envelope_text(
		message->arena, message->facts->envelope, ENVELOPE_DATE);
	struct mail_date date;
	int64_t local_ms;

	if (!date_parse(text, &date))
		return false;
	local_ms = date.wall_ms + (int64_t)date.zone_minutes * 60000;
	return local_ms >= node->from_ms && local_ms < node->to_ms;
}

bool search_envelope(const struct search_node *node, struct search_message *message)
{
	struct slice text = envelope_text(
		message->arena, message->facts->envelope, node->field);

	return text.at && unicode_has(text, node->text);
}

static const struct mime_entity *read_tree(struct search_message *message)
{
	return mime_tree(message->arena, message->message);
}

static const struct header *header_of(struct search_message *message)
{
	struct search_texts *texts = texts_of(message);
	struct slice block = message->header;

	if (texts->has_header)
		return &texts->header;
	texts->has_header = true;
	if (!block.at) {
		const struct mime_entity *root = read_tree(message);

		texts->header = root->header;
	} else {
		(void)header_scan(message->arena, block, 0, 0, &texts->header);
	}
	return &texts->header;
}

static struct slice decoded(struct arena *arena, const struct header_field *field)
{
	return mime_decode_words(arena, header_unfold(arena, field->value));
}

bool search_header(const struct search_node *node, struct search_message *message)
{
	const struct header *header = header_of(message);
	const struct header_field *field = NULL;

	while ((field = header_find_text(header, node->key->name, field))) {
		if (!node->text.size ||
			unicode_has(decoded(message->arena, field), node->text))
			return true;
	}
	return false;
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
		buffer_append(&out, decoded(arena, field));
		buffer_append_byte(&out, '\n');
	}
	text = arena_copy(arena, buffer_contents(&out));
	buffer_finish(&out);
	return text;
}

static void add_part(
	struct search_message *message, struct search_texts *texts, struct slice text)
{
	struct slice *parts;

	if (!text.size)
		return;
	parts = arena_grow(
		message->arena, texts->parts, texts->part_count, sizeof(*parts));
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

static void read_texts(struct search_message *message, struct search_texts *texts)
{
	const struct mime_entity *root = read_tree(message);

	texts->has_body = texts->has_header = true;
	texts->header = root->header;
	texts->header_text = header_text(message->arena, &root->header);
	for (const struct mime_entity *entity = root; entity;
		entity = next_entity(entity)) {
		if (entity != root)
			add_part(message, texts,
				header_text(message->arena, &entity->header));
		if (entity->shape == MIME_SHAPE_TEXT)
			add_part(message, texts,
				entity_text(message->arena, message->message, entity,
					SEARCH_PART_MOST));
	}
}

bool search_body(const struct search_node *node, struct search_message *message)
{
	struct search_texts *texts = texts_of(message);

	if (!texts->has_body)
		read_texts(message, texts);
	if (!node->text.size)
		return true;
	if (node->kind == IMAP_KEY_TEXT && unicode_has(texts->header_text, node->text))
		return true;
	for (size_t i = 0; i < texts->part_count; i++) {
		if (unicode_has(texts->parts[i], node->text))
			return true;
	}
	return false;
}
