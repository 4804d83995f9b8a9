/* Writes a message anew for 7-bit transport, part after part; see mime.h. */
#include "mail/mime.h"

#include <stdbool.h>

#include "base/arena.h"
#include "mail/mime_encode.h"
#include "mail/mime_walk.h"
#include "mail/text_scan.h"

struct conversion {
	struct mime_walk walk;
	struct buffer *out;
};

static bool write_entity(struct conversion *conversion, struct arena *arena);
static bool write_leaf(struct conversion *conversion, const struct mime_entity *entity);
static bool write_multipart(
	struct conversion *conversion, const struct mime_entity *entity);
static bool write_opaque(struct conversion *conversion,
	const struct mime_entity *entity, const char *reason);
static bool write_relabelled(
	struct conversion *conversion, const struct mime_entity *entity);
static bool write_header(struct conversion *conversion,
	const struct mime_entity *entity, struct slice encoding);
static bool write_until(
	struct conversion *conversion, const struct mime_delimiter *next);
static bool write_filler(struct conversion *conversion, struct slice text);
static bool put(struct conversion *conversion, struct slice bytes);

static enum mime_verdict write_anew(
	struct slice message, bool binary, struct buffer *out, const char **reason_r)
{
	size_t before = buffer_size(out);
	struct arena arena = {0}, scratch = {0};
	struct conversion *conversion;
	bool done = true;

	conversion = ARENA_NEW(&arena, struct conversion);
	conversion->out = out;
	conversion->walk.message = message;
	conversion->walk.is_message = true;
	conversion->walk.binary = binary;
	if (mime_walk_find_high(&conversion->walk, 0) == message.size) {
		arena_finish(&arena);
		return MIME_SEVEN_BIT;
	}
	while (done && !conversion->walk.ended) {
		done = write_entity(conversion, &scratch);
		arena_reset(&scratch);
	}
	if (!done) {
		buffer_truncate(out, before);
		*reason_r = conversion->walk.reason;
	}
	arena_finish(&scratch);
	arena_finish(&arena);
	return done ? MIME_CONVERTED : MIME_REFUSED;
}

enum mime_verdict mime_to_seven_bit(
	struct slice message, struct buffer *out, const char **reason_r)
{
	return write_anew(message, false, out, reason_r);
}

enum mime_verdict mime_from_binary(
	struct slice message, struct buffer *out, const char **reason_r)
{
	return write_anew(message, true, out, reason_r);
}

/* One entity with its header, and all up to where the next one begins. */
static bool write_entity(struct conversion *conversion, struct arena *arena)
{
	struct mime_entity entity;

	if (!mime_walk_read(&conversion->walk, arena, &entity))
		return false;
	switch (entity.kind) {
	case MIME_LEAF:
		return write_leaf(conversion, &entity);
	case MIME_MULTIPART:
		return write_multipart(conversion, &entity);
	case MIME_MESSAGE:
		return write_relabelled(conversion, &entity) &&
		       mime_walk_enter(&conversion->walk, SLICE_EMPTY, false);
	case MIME_SIGNED:
		return write_opaque(conversion, &entity, "it is signed or encrypted");
	case MIME_FIXED:
		return write_opaque(conversion, &entity,
			"a part that may not be encoded holds 8-bit text");
	}
	return false;
}

static bool write_leaf(struct conversion *conversion, const struct mime_entity *entity)
{
	struct mime_walk *walk = &conversion->walk;
	struct mime_delimiter next;
	struct slice body;
	bool quoted, done;

	mime_walk_find(walk, &next);
	body = slice_part(walk->message, walk->at, next.content_end - walk->at);
	if (!mime_walk_has_high(walk, walk->at, next.content_end)) {
		if (!walk->binary || entity->encoded ||
			!entity->header.counts[HEADER_CONTENT_TRANSFER_ENCODING])
			return write_opaque(conversion, entity, NULL);
		return write_header(conversion, entity, SLICE("7bit")) &&
		       put(conversion, body) && write_until(conversion, &next);
	}
	if (entity->encoded)
		return mime_walk_refuse(walk, "a part is 8-bit though it is encoded");
	quoted = !walk->binary && mime_quoted_size(body) <= mime_base64_size(body.size);
	if (!write_header(conversion, entity,
		    quoted ? SLICE("quoted-printable") : SLICE("base64")))
		return false;
	done = quoted ? mime_encode_quoted(body, conversion->out)
		      : mime_encode_base64(body, conversion->out);
	if (!done)
		return mime_walk_refuse(walk, "it becomes too large");
	/* Where no delimiter brings one, the last line still needs its end. */
	if (!next.found && !quoted && !put(conversion, SLICE("\r\n")))
		return false;
	return write_until(conversion, &next);
}

static bool write_multipart(
	struct conversion *conversion, const struct mime_entity *entity)
{
	struct mime_walk *walk = &conversion->walk;
	struct slice boundary = {entity->type.boundary, entity->type.boundary_size};
	unsigned level = walk->depth;
	struct mime_delimiter next;

	if (!write_relabelled(conversion, entity) ||
		!mime_walk_enter(walk, boundary,
			mime_type_is(&entity->type, "multipart", "digest")))
		return false;
	mime_walk_find(walk, &next);
	if ((!next.found || next.level != level) &&
		mime_walk_has_high(walk, walk->at, next.content_end))
		return mime_walk_refuse(walk, "a multipart has no parts");
	return write_filler(conversion, slice_part(walk->message, walk->at,
						next.content_end - walk->at)) &&
	       write_until(conversion, &next);
}

/* An entity that stays as it is, and is refused for REASON if it is 8-bit. */
static bool write_opaque(struct conversion *conversion,
	const struct mime_entity *entity, const char *reason)
{
	struct mime_walk *walk = &conversion->walk;
	struct mime_delimiter next;

	mime_walk_find(walk, &next);
	if (mime_walk_has_high(walk, walk->at, next.content_end))
		return mime_walk_refuse(walk, reason);
	return put(conversion, entity->head) &&
	       put(conversion, slice_part(walk->message, walk->at,
				       next.content_end - walk->at)) &&
	       write_until(conversion, &next);
}

/* The header of what holds other entities: all in it will be 7-bit. */
static bool write_relabelled(
	struct conversion *conversion, const struct mime_entity *entity)
{
	if (!entity->header.counts[HEADER_CONTENT_TRANSFER_ENCODING])
		return put(conversion, entity->head);
	return write_header(conversion, entity, SLICE("7bit"));
}

static bool write_header(struct conversion *conversion,
	const struct mime_entity *entity, struct slice encoding)
{
	const struct header *header = &entity->header;

	for (size_t i = 0; i < header->count; i++) {
		struct slice whole = header->fields[i].whole;

		if (header->fields[i].known == HEADER_CONTENT_TRANSFER_ENCODING)
			continue;
		if (!put(conversion, whole) || (!slice_ends(whole, SLICE("\n")) &&
						       !put(conversion, SLICE("\r\n"))))
			return false;
	}
	if (entity->is_message && !header->counts[HEADER_MIME_VERSION] &&
		!put(conversion, SLICE("MIME-Version: 1.0\r\n")))
		return false;
	/* RFC 1428 3: who knows what these bytes mean. */
	if (entity->kind == MIME_LEAF && !header->counts[HEADER_CONTENT_TYPE] &&
		!slice_equal(encoding, SLICE("7bit")) &&
		!put(conversion,
			SLICE("Content-Type: text/plain; charset=unknown-8bit\r\n")))
		return false;
	return put(conversion, SLICE("Content-Transfer-Encoding: ")) &&
	       put(conversion, encoding) && put(conversion, SLICE("\r\n\r\n"));
}

/*
 * Behind the content before NEXT: its line, and, if it closes a multipart,
 * what follows up to the next delimiter, until there is an entity or the end.
 */
static bool write_until(
	struct conversion *conversion, const struct mime_delimiter *next)
{
	struct mime_walk *walk = &conversion->walk;
	struct mime_delimiter delimiter = *next;

	for (;;) {
		if (!put(conversion,
			    slice_part(walk->message, delimiter.content_end,
				    delimiter.line_end - delimiter.content_end)))
			return false;
		mime_walk_pass(walk, &delimiter);
		if (walk->ended || !delimiter.closing)
			return true;
		mime_walk_find(walk, &delimiter);
		if (!write_filler(
			    conversion, slice_part(walk->message, walk->at,
						delimiter.content_end - walk->at)))
			return false;
	}
}

/* Text before the first part and behind the last is for nobody (RFC 2046
 * 5.1.1): what is 8-bit in it becomes '?', what is binary is left out. */
static bool write_filler(struct conversion *conversion, struct slice text)
{
	struct mime_walk *walk = &conversion->walk;
	size_t at = (size_t)(text.at - walk->message.at);

	if (walk->binary && mime_walk_has_high(walk, at, at + text.size))
		return true;
	while (text.size) {
		size_t size = text_find_high(text.at, text.size);

		if (!put(conversion, slice_part(text, 0, size)))
			return false;
		if (size < text.size && !put(conversion, SLICE("?")))
			return false;
		text = slice_from(text, size + 1);
	}
	return true;
}

static bool put(struct conversion *conversion, struct slice bytes)
{
	return buffer_append(conversion->out, bytes) ||
	       mime_walk_refuse(&conversion->walk, "it becomes too large");
}
