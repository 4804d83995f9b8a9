/*
 * Takes a message apart, as far as reports need it: the text for people, the
 * parts for programs, the header of the message that came back.
 *
 * What is returned is not entered: a report in it is not ours.
 */
#include <string.h>

#include "base/memory.h"
#include "mail/mime_decode.h"
#include "mail/mime_walk.h"
#include "mail/report_core.h"
#include "mail/report_text.h"

enum role {
	ROLE_NONE,
	ROLE_TEXT,
	ROLE_HTML,
	ROLE_STATUS,
	ROLE_FEEDBACK,
	ROLE_RECEIPT,
	ROLE_ORIGINAL,
};

static const struct {
	const char *type, *subtype;
	enum role role;
} roles[] = {
	{"text", "plain", ROLE_TEXT},
	{"text", "html", ROLE_HTML},
	{"text", "rfc822-headers", ROLE_ORIGINAL},
	{"text", "rfc822-header", ROLE_ORIGINAL},
	{"message", "delivery-status", ROLE_STATUS},
	{"message", "global-delivery-status", ROLE_STATUS},
	{"message", "feedback-report", ROLE_FEEDBACK},
	{"message", "disposition-notification", ROLE_RECEIPT},
	{"message", "global-disposition-notification", ROLE_RECEIPT},
	{"message", "rfc822", ROLE_ORIGINAL},
	{"message", "rfc822-headers", ROLE_ORIGINAL},
	{"message", "global", ROLE_ORIGINAL},
	{"message", "global-headers", ROLE_ORIGINAL},
};

struct taking {
	struct arena *arena;  /* of what is kept */
	struct arena scratch; /* of one part's header */
	struct mime_walk walk;
	struct report_parts *parts;
	struct slice html;
};

static enum role role_of(const struct mime_entity *entity)
{
	if (!entity->type.type.size)
		return ROLE_TEXT;
	for (size_t i = 0; i < ARRAY_COUNT(roles); i++) {
		if (mime_type_is(&entity->type, roles[i].type, roles[i].subtype))
			return roles[i].role;
	}
	return ROLE_NONE;
}

/* CONTENT out of its encoding and, of text, its character set. */
static struct slice decode(struct taking *taking, const struct mime_entity *entity,
	struct slice content, size_t most)
{
	struct slice type = header_value(&entity->header, HEADER_CONTENT_TYPE);
	struct slice encoding = mime_encoding_parse(
		header_value(&entity->header, HEADER_CONTENT_TRANSFER_ENCODING));
	char charset[40];

	content = mime_decode(taking->arena, encoding, content, most);
	return mime_to_utf8(taking->arena,
		mime_parameter(type, "charset", charset, sizeof(charset)), content);
}

/* Texts follow each other: some say more in a second one. */
static void add_text(struct taking *taking, struct slice text)
{
	struct slice *all = &taking->parts->text;
	char *both;

	text = slice_part(text, 0, REPORT_PROSE_MAX - all->size);
	if (!all->size) {
		*all = text;
		return;
	}
	if (!text.size || all->size + 1 >= REPORT_PROSE_MAX)
		return;
	both = arena_take(taking->arena, all->size + text.size + 1);
	memcpy(both, all->at, all->size);
	both[all->size] = '\n';
	memcpy(both + all->size + 1, text.at, text.size);
	*all = slice_part(
		slice_make(both, all->size + text.size + 1), 0, REPORT_PROSE_MAX);
}

/* The header of what was returned; a message that begins with its blank line
 * has none. */
static struct slice returned_header(struct slice content)
{
	struct header_end end = {0};

	content = slice_part(content, 0, REPORT_HEADER_MAX);
	while (slice_starts(content, SLICE("\r\n")))
		content = slice_from(content, 2);
	if (!header_end_find(&end, content))
		header_end_finish(&end);
	return slice_part(content, 0, end.size);
}

static void take_part(
	struct taking *taking, const struct mime_entity *entity, struct slice content)
{
	struct report_parts *parts = taking->parts;
	enum role role = role_of(entity);

	if (role == ROLE_RECEIPT)
		parts->receipt = true;
	if (role == ROLE_TEXT && !parts->original.size)
		add_text(taking, decode(taking, entity, content, REPORT_PROSE_MAX));
	if (role == ROLE_HTML && !taking->html.size)
		taking->html = decode(taking, entity, content, 4 * REPORT_PROSE_MAX);
	if (role == ROLE_STATUS && !parts->status.size)
		parts->status = decode(taking, entity, content, REPORT_STATUS_MAX);
	if (role == ROLE_FEEDBACK && !parts->feedback.size)
		parts->feedback = decode(taking, entity, content, REPORT_STATUS_MAX);
	if (role == ROLE_ORIGINAL && !parts->original.size)
		parts->original = returned_header(
			decode(taking, entity, content, REPORT_HEADER_MAX));
}

/* One entity; false: there is no other. */
static bool take_entity(struct taking *taking)
{
	struct mime_walk *walk = &taking->walk;
	struct mime_delimiter next;
	struct mime_entity entity;
	bool inside;

	if (!mime_walk_read(walk, &taking->scratch, &entity))
		return false;
	inside = (entity.kind == MIME_MULTIPART || entity.kind == MIME_SIGNED) &&
		 entity.type.boundary_size;
	if (inside &&
		!mime_walk_enter(walk,
			(struct slice){entity.type.boundary, entity.type.boundary_size},
			mime_type_is(&entity.type, "multipart", "digest")))
		return false;
	mime_walk_find(walk, &next);
	if (!inside)
		take_part(taking, &entity,
			slice_part(
				walk->message, walk->at, next.content_end - walk->at));
	mime_walk_pass(walk, &next);
	return !walk->ended && walk->parts < REPORT_PARTS_MAX;
}

/* The header, which others look at, too. */
static void read_header(
	struct arena *arena, struct slice message, struct report_parts *parts)
{
	struct header_end end = {0};
	struct mime_type type;

	if (!header_end_find(&end, message))
		header_end_finish(&end);
	if (!header_scan(arena, slice_part(message, 0, end.size), REPORT_FIELDS_MAX, 0,
		    &parts->header))
		parts->header = (struct header){0};
	parts->is_report = mime_type_parse(
				   header_value(&parts->header, HEADER_CONTENT_TYPE),
				   &type) &&
			   mime_type_is(&type, "multipart", "report");
}

void report_parts_find(
	struct arena *arena, struct slice message, struct report_parts *parts_r)
{
	struct taking *taking = NEW(struct taking);

	*parts_r = (struct report_parts){0};
	message = slice_part(message, 0, REPORT_BYTES_MAX);
	read_header(arena, message, parts_r);
	taking->arena = arena;
	taking->parts = parts_r;
	taking->walk.message = message;
	taking->walk.is_message = true;
	/* Bytes above 127 are nothing special here: none is looked for. */
	taking->walk.high_known = true;
	taking->walk.high_at = SIZE_MAX;
	while (take_entity(taking))
		arena_reset(&taking->scratch);
	arena_finish(&taking->scratch);
	if (!slice_trim_all(parts_r->text).size && taking->html.size)
		parts_r->text = slice_part(
			mime_html_text(arena, taking->html), 0, REPORT_PROSE_MAX);
	memory_free(taking);
}
