/*
 * What senders are told of failures, for whoever else wants to have it: as what
 * comes back later (feedback/returns_told.h).
 */
#ifndef RINGPOST_RELAY_TOLD_H
#define RINGPOST_RELAY_TOLD_H

#include "mail/dsn.h"
#include "relay/relay_core.h"

/* TEXT, the whole notification DSN about ORIGINAL, once for each recipient that
 * failed. False: it has to be told again. */
bool told_pass_on(struct relay *relay, const struct envelope *original,
	const struct dsn *dsn, struct slice text, struct deadline deadline);

#endif
