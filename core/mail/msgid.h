/* Message-IDs (RFC 5322 3.6.4) for messages that came without one. */
#ifndef RINGPOST_MAIL_MSGID_H
#define RINGPOST_MAIL_MSGID_H

#include "base/arena.h"
#include "base/slice.h"

/*
 * "<QUEUE_ID@HOSTNAME>" in the arena: unique because the queue id is. Bytes
 * that may not stand in one become '-'.
 */
struct slice msgid_make(
	struct arena *arena, struct slice queue_id, struct slice hostname);

/*
 * The first "<…@…>" in the value of a Message-ID field, angle brackets and
 * all, in VALUE; empty when there is none.
 */
struct slice msgid_parse(struct slice value);

#endif
