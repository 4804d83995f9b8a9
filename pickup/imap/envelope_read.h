/* What an ENVELOPE says (mime/envelope.h), for who searches it. */
#ifndef RINGPOST_IMAP_ENVELOPE_READ_H
#define RINGPOST_IMAP_ENVELOPE_READ_H

#include "base/arena.h"
#include "base/slice.h"

enum envelope_field { /* in their order */
	ENVELOPE_DATE,
	ENVELOPE_SUBJECT,
	ENVELOPE_FROM,
	ENVELOPE_SENDER,
	ENVELOPE_REPLY_TO,
	ENVELOPE_TO,
	ENVELOPE_CC,
	ENVELOPE_BCC,
	ENVELOPE_IN_REPLY_TO,
	ENVELOPE_MESSAGE_ID,
};

/*
 * The field in UTF-8, encoded words decoded; of addresses "Name <mailbox@host>, …".
 * In the arena or ENVELOPE; at NULL: it is not there.
 */
struct slice envelope_text(
	struct arena *arena, struct slice envelope, enum envelope_field field);

#endif
