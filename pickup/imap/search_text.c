/* The keys of a search that look at text; see search.h. Texts are decoded once a
 * message, when the first key asks. */
#include "imap/search_core.h"
#include "imap/texts.h"
#include "imap/unicode.h"
#include "mail/date.h"
#include "mime/tree.h"

struct search_texts {
	bool has_header, has_all;
	struct texts texts; /* its fields; all of it */
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

static const struct texts *all_texts(struct search_message *message)
{
	struct search_texts *texts = texts_of(message);

	if (!texts->has_all)
		texts_read(message->arena, message->message, &texts->texts);
	texts->has_all = texts->has_header = true;
	return &texts->texts;
}

static const struct header *header_of(struct search_message *message)
{
	struct search_texts *texts = texts_of(message);

	if (texts->has_header)
		return &texts->texts.fields;
	texts->has_header = true;
	if (message->header.at)
		(void)header_scan(
			message->arena, message->header, 0, 0, &texts->texts.fields);
	else
		texts->texts.fields =
			mime_tree(message->arena, message->message)->header;
	return &texts->texts.fields;
}

bool search_header(const struct search_node *node, struct search_message *message)
{
	const struct header *header = header_of(message);
	const struct header_field *field = NULL;

	while ((field = header_find_text(header, node->key->name, field))) {
		if (!node->text.size ||
			unicode_has(texts_field(message->arena, field), node->text))
			return true;
	}
	return false;
}

bool search_body(const struct search_node *node, struct search_message *message)
{
	const struct texts *texts = all_texts(message);

	if (!node->text.size)
		return true;
	if (node->kind == IMAP_KEY_TEXT && unicode_has(texts->header, node->text))
		return true;
	for (size_t i = 0; i < texts->part_count; i++) {
		if (unicode_has(texts->parts[i], node->text))
			return true;
	}
	return false;
}
