/* The first words of a message, for lists (RFC 8970), and its text for searching. */
#ifndef RINGPOST_MIME_PREVIEW_H
#define RINGPOST_MIME_PREVIEW_H

#include "base/arena.h"
#include "mime/tree.h"

#define PREVIEW_CHARACTERS 200

/* UTF-8, white space collapsed, in the arena; empty: it has no text. */
struct slice preview_of(
	struct arena *arena, struct slice message, const struct mime_entity *entity);
/* The text of a part: decoded, UTF-8, of HTML without its tags; at most MOST bytes
 * of it are decoded. Empty: it is no text. In the arena or the message. */
struct slice entity_text(struct arena *arena, struct slice message,
	const struct mime_entity *entity, size_t most);

#endif
