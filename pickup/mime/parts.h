/*
 * The places of a message's parts, packed: kept beside the message, so that a
 * part is read without the rest (RFC 9051 6.4.5.1).
 */
#ifndef RINGPOST_MIME_PARTS_H
#define RINGPOST_MIME_PARTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "mime/tree.h"

enum mime_encoding {
	MIME_IDENTITY, /* 7bit, 8bit, binary, or not said */
	MIME_QUOTED_PRINTABLE,
	MIME_BASE64,
	MIME_UNKNOWN_ENCODING,
};

struct mime_place {
	enum mime_shape shape;
	enum mime_encoding encoding;
	uint64_t header_at, header_size;
	uint64_t body_at, body_size;
	struct mime_place *first, *next;
};

void parts_pack(
	const struct mime_entity *entity, struct arena *arena, struct buffer *out);
/* The message's place, in the arena; NULL: these are no parts. */
const struct mime_place *parts_unpack(struct arena *arena, struct slice packed);
/*
 * The part that NUMBERS name, "1.2" being {1, 2}; none: the message. NULL: there
 * is no such part. The one part of a multipart without any is empty.
 */
const struct mime_place *parts_find(struct arena *arena,
	const struct mime_place *message, const uint32_t *numbers, size_t count);

#endif
