/* A message's ENVELOPE (RFC 9051 7.5.2): what its header says of it, for lists. */
#ifndef RINGPOST_MIME_ENVELOPE_H
#define RINGPOST_MIME_ENVELOPE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "mail/header.h"

/* Appends "(date subject from sender reply-to to cc bcc in-reply-to message-id)". */
void envelope_write(
	const struct header *header, struct arena *arena, struct buffer *out);

#endif
