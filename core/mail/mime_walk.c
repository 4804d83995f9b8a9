/* Finds the entities of a MIME message; see mime_walk.h. */
#include "mail/mime_walk.h"

#include <string.h>

#include "mail/text_facts.h"
#include "mail/text_scan.h"

#define FIELDS_MAX 10000

static struct slice find_head(const struct mime_walk *walk);
static bool is_any_delimiter(const struct mime_walk *walk, size_t line, size_t line_end,
	struct mime_delimiter *found_r);
static bool is_delimiter_of(
	const struct mime_level *level, struct slice text, bool *closing_r);
static void classify(const struct mime_walk *walk, struct mime_entity *entity);
static enum mime_kind kind_of(const struct mime_type *type, bool encoded);
static size_t end_of_line(struct slice message, size_t at);

bool mime_walk_refuse(struct mime_walk *walk, const char *reason)
{
	walk->reason = reason;
	return false;
}

/* Also NUL, a CR or LF alone, and where a line becomes too long. */
static size_t find_odd(struct slice message, size_t from)
{
	size_t line = from;

	for (size_t i = from; i < message.size; i++) {
		unsigned char c = (unsigned char)message.at[i];
		bool after_cr = i > 0 && message.at[i - 1] == '\r';

		if (c == '\n' && after_cr) {
			line = i + 1;
			continue;
		}
		if (c > 127 || c == '\0' || c == '\n' ||
			(c == '\r' &&
				(i + 1 == message.size || message.at[i + 1] != '\n')) ||
			(c != '\r' && i - line >= TEXT_LINE_MAX))
			return i;
	}
	return message.size;
}

size_t mime_walk_find_high(const struct mime_walk *walk, size_t from)
{
	if (walk->binary)
		return find_odd(walk->message, from);
	return from +
	       text_find_high(walk->message.at + from, walk->message.size - from);
}

bool mime_walk_has_high(struct mime_walk *walk, size_t from, size_t to)
{
	if (from > walk->high_at || !walk->high_known) {
		walk->high_known = true;
		walk->high_at = mime_walk_find_high(walk, from);
	}
	return walk->high_at < to;
}

bool mime_walk_read(
	struct mime_walk *walk, struct arena *arena, struct mime_entity *entity_r)
{
	struct header_end end = {0};
	struct mime_entity entity = {.is_message = walk->is_message};

	if (++walk->parts > MIME_PARTS_MAX)
		return mime_walk_refuse(walk, "it has too many parts");
	entity.head = find_head(walk);
	header_end_find(&end, entity.head);
	header_end_finish(&end);
	entity.head.size = end.body_at;
	if (mime_walk_has_high(walk, walk->at, walk->at + entity.head.size))
		return mime_walk_refuse(walk, "its header holds 8-bit text");
	if (!header_scan(arena, slice_part(entity.head, 0, end.size), FIELDS_MAX, 0,
		    &entity.header))
		return mime_walk_refuse(walk, "its header is too large");
	classify(walk, &entity);
	walk->at += entity.head.size;
	*entity_r = entity;
	return true;
}

bool mime_walk_enter(struct mime_walk *walk, struct slice boundary, bool digest)
{
	struct mime_level *level = &walk->levels[walk->depth];

	if (walk->depth == MIME_DEPTH_MAX)
		return mime_walk_refuse(walk, "its parts are nested too deeply");
	level->digest = digest;
	level->boundary_size = (unsigned char)boundary.size;
	if (boundary.size)
		memcpy(level->boundary, boundary.at, boundary.size);
	walk->depth++;
	walk->is_message = !boundary.size;
	return true;
}

void mime_walk_find(const struct mime_walk *walk, struct mime_delimiter *next_r)
{
	struct slice message = walk->message;
	size_t line = walk->at;

	*next_r = (struct mime_delimiter){
		.content_end = message.size, .line_end = message.size};
	while (line < message.size) {
		size_t line_end = end_of_line(message, line), from;
		const char *dashes;

		if (is_any_delimiter(walk, line, line_end, next_r))
			return;
		/* From its CRLF on, if it has one: in binary content an LF alone is
		 * no line's end. */
		from = line_end < 2 ? 0 : line_end - 2;
		dashes = memmem(message.at + from, message.size - from, "\r\n--", 4);
		if (!dashes)
			return;
		line = (size_t)(dashes - message.at) + 2;
	}
}

void mime_walk_pass(struct mime_walk *walk, const struct mime_delimiter *next)
{
	walk->at = next->line_end;
	walk->is_message = false;
	walk->ended = !next->found;
	if (walk->ended)
		return;
	walk->depth = next->level + !next->closing;
	walk->digest_part = walk->levels[next->level].digest;
}

/* The header with its blank line, or up to the line that ends the part. */
static struct slice find_head(const struct mime_walk *walk)
{
	struct slice message = walk->message;
	struct mime_delimiter next;
	size_t line = walk->at, line_end;

	for (; line < message.size; line = line_end) {
		line_end = end_of_line(message, line);
		if (line_end - line == 2 && message.at[line] == '\r') {
			line = line_end;
			break;
		}
		if (is_any_delimiter(walk, line, line_end, &next)) {
			line = next.content_end;
			break;
		}
	}
	return slice_part(message, walk->at, line - walk->at);
}

/* In binary content, what ends otherwise or holds a CR or NUL is no line. */
static bool is_text_line(struct slice line)
{
	size_t size = line.size;

	if (slice_ends(line, SLICE("\r\n")))
		size -= 2;
	else if (slice_ends(line, SLICE("\n")))
		return false;
	line = slice_part(line, 0, size);
	return size <= TEXT_LINE_MAX && slice_index(line, '\r') == size &&
	       slice_index(line, '\0') == size;
}

static bool is_any_delimiter(const struct mime_walk *walk, size_t line, size_t line_end,
	struct mime_delimiter *found_r)
{
	struct slice whole = slice_part(walk->message, line, line_end - line);
	struct slice text = mime_delimiter_text(whole);

	if (!text.size || !is_text_line(whole))
		return false;
	for (unsigned level = walk->depth; level-- > 0;) {
		bool closing;

		if (!is_delimiter_of(&walk->levels[level], text, &closing))
			continue;
		*found_r = (struct mime_delimiter){.found = true,
			.content_end = line,
			.line_end = line_end,
			.level = level,
			.closing = closing};
		/* Its CRLF belongs to the delimiter (RFC 2046 5.1.1). */
		if (line >= walk->at + 2 && walk->message.at[line - 2] == '\r')
			found_r->content_end -= 2;
		return true;
	}
	return false;
}

/* TEXT is not empty. */
static bool is_delimiter_of(
	const struct mime_level *level, struct slice text, bool *closing_r)
{
	size_t size = level->boundary_size;

	*closing_r = text.size != size;
	if (!size || (*closing_r && text.size != size + 2) ||
		*text.at != level->boundary[0])
		return false;
	return !memcmp(text.at, level->boundary, size) &&
	       (!*closing_r || !memcmp(text.at + size, "--", 2));
}

static void classify(const struct mime_walk *walk, struct mime_entity *entity)
{
	const struct header_field *field = header_find(
		&entity->header, HEADER_CONTENT_TRANSFER_ENCODING);
	struct slice encoding = field ? mime_encoding_parse(field->value) : SLICE_EMPTY;

	entity->encoded = field && !slice_equal_nocase(encoding, SLICE("7bit")) &&
			  !slice_equal_nocase(encoding, SLICE("8bit")) &&
			  !slice_equal_nocase(encoding, SLICE("binary"));
	field = header_find(&entity->header, HEADER_CONTENT_TYPE);
	if (field && mime_type_parse(field->value, &entity->type))
		entity->kind = kind_of(&entity->type, entity->encoded);
	else if (!field && !entity->is_message && walk->digest_part)
		entity->kind = entity->encoded ? MIME_FIXED : MIME_MESSAGE;
}

static enum mime_kind kind_of(const struct mime_type *type, bool encoded)
{
	if (mime_type_is(type, "multipart", NULL)) {
		if (mime_type_is(type, "multipart", "signed") ||
			mime_type_is(type, "multipart", "encrypted"))
			return MIME_SIGNED;
		return encoded || !type->boundary_size ? MIME_FIXED : MIME_MULTIPART;
	}
	if (!mime_type_is(type, "message", NULL))
		return MIME_LEAF;
	if (mime_type_is(type, "message", "rfc822"))
		return encoded ? MIME_FIXED : MIME_MESSAGE;
	/* RFC 6532 3.7, RFC 6533: these may be encoded, other messages may not. */
	if (slice_starts_nocase(type->subtype, SLICE("global")))
		return MIME_LEAF;
	return MIME_FIXED;
}

/* Index behind the line's LF. */
static size_t end_of_line(struct slice message, size_t at)
{
	const char *lf = memchr(message.at + at, '\n', message.size - at);

	return lf ? (size_t)(lf - message.at) + 1 : message.size;
}
