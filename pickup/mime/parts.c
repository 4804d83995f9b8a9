/* Packs, unpacks and finds the places of parts; see parts.h. */
#include "mime/parts.h"

#include "mail/mime_part.h"
#include "mime/varint.h"

static enum mime_encoding encoding_of(
	const struct mime_entity *entity, struct arena *arena)
{
	static const struct {
		const char *name;
		enum mime_encoding encoding;
	} known[] = {
		{"7bit", MIME_IDENTITY},
		{"8bit", MIME_IDENTITY},
		{"binary", MIME_IDENTITY},
		{"quoted-printable", MIME_QUOTED_PRINTABLE},
		{"base64", MIME_BASE64},
	};
	struct slice said = mime_encoding_parse(
		mime_field(entity, arena, HEADER_CONTENT_TRANSFER_ENCODING));

	/* RFC 2045 6.4: what has parts is as it is. */
	if (!said.size || entity->first)
		return MIME_IDENTITY;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (slice_equal_nocase(said, slice_of(known[i].name)))
			return known[i].encoding;
	}
	return MIME_UNKNOWN_ENCODING;
}

/* Itself, then its children; MIME_TREE_DEPTH bounds how deep. */
void parts_pack(
	const struct mime_entity *entity, struct arena *arena, struct buffer *out)
{
	varint_put(out, (uint64_t)entity->shape << 2 | encoding_of(entity, arena));
	varint_put(out, entity->header_at);
	varint_put(out, entity->header_size);
	varint_put(out, entity->body_size);
	varint_put(out, entity->children);
	for (const struct mime_entity *child = entity->first; child;
		child = child->next)
		parts_pack(child, arena, out);
}

static struct mime_place *unpack(
	struct arena *arena, struct slice *packed, unsigned depth)
{
	struct mime_place *place = ARENA_NEW(arena, struct mime_place), **last;
	uint64_t kind, children;

	if (depth > MIME_TREE_DEPTH + 1 || !varint_take(packed, &kind) ||
		!varint_take(packed, &place->header_at) ||
		!varint_take(packed, &place->header_size) ||
		!varint_take(packed, &place->body_size) ||
		!varint_take(packed, &children) || kind >> 2 > MIME_SHAPE_MESSAGE ||
		children > MIME_TREE_PARTS)
		return NULL;
	place->shape = (enum mime_shape)(kind >> 2);
	place->encoding = (enum mime_encoding)(kind & 3);
	place->body_at = place->header_at + place->header_size;
	last = &place->first;
	for (uint64_t i = 0; i < children; i++) {
		*last = unpack(arena, packed, depth + 1);
		if (!*last)
			return NULL;
		last = &(*last)->next;
	}
	return place;
}

const struct mime_place *parts_unpack(struct arena *arena, struct slice packed)
{
	return unpack(arena, &packed, 0);
}

static const struct mime_place *empty_part(
	struct arena *arena, const struct mime_place *multipart)
{
	struct mime_place *part = ARENA_NEW(arena, struct mime_place);

	part->shape = MIME_SHAPE_TEXT;
	part->header_at = part->body_at = multipart->body_at + multipart->body_size;
	return part;
}

static const struct mime_place *child_of(
	struct arena *arena, const struct mime_place *multipart, uint32_t number)
{
	const struct mime_place *child = multipart->first;

	if (!child && number == 1)
		return empty_part(arena, multipart);
	for (; child && number > 1; number--)
		child = child->next;
	return number ? child : NULL;
}

const struct mime_place *parts_find(struct arena *arena,
	const struct mime_place *message, const uint32_t *numbers, size_t count)
{
	const struct mime_place *at = message;
	bool is_message = true; /* else a part: its parts are those of its message */

	for (size_t i = 0; i < count && at; i++) {
		if (!is_message && at->shape == MIME_SHAPE_MESSAGE) {
			at = at->first;
			is_message = true;
		}
		if (!at)
			return NULL;
		if (at->shape == MIME_SHAPE_MULTI)
			at = child_of(arena, at, numbers[i]);
		else if (!is_message || numbers[i] != 1)
			return NULL;
		is_message = false;
	}
	return at;
}
