/*
 * Attempts to deliver a message that is traced, as spans: how long it waited, what the
 * attempt's time went to, and the notification about it.
 */
#ifndef RINGPOST_RELAY_SPANS_H
#define RINGPOST_RELAY_SPANS_H

#include "relay/outcome.h"

/* Of a message that message_is_traced, its attempt counted and not yet noted. */
void spans_attempt(struct relay *relay, const struct entry *entry,
	const struct verdict *verdicts, const struct attempt *attempt);
/* Its sender was told of that in message NOTICE (DONE), or could not be. */
void spans_bounce(const struct entry *entry, const struct message_id *notice,
	int64_t began_us, bool done);

#endif
