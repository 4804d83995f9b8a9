/* A message's BODY and BODYSTRUCTURE (RFC 9051 7.5.2): its tree, for clients. */
#ifndef RINGPOST_MIME_STRUCTURE_H
#define RINGPOST_MIME_STRUCTURE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "mime/tree.h"

/* Appends the structure; EXTENDED: BODYSTRUCTURE, with the extension data. */
void structure_write(const struct mime_entity *entity, bool extended,
	struct arena *arena, struct buffer *out);

#endif
