/*
 * Messages of ours to senders of mail: from <>, signed where there is a key, and
 * in the queue like any other (RFC 3461 6.1).
 */
#ifndef RINGPOST_RELAY_NOTICE_H
#define RINGPOST_RELAY_NOTICE_H

#include "relay/relay_core.h"

/* Where mail for PATH, a sender's, is sent, in ARENA; false: nowhere. */
bool notice_find_domain(const struct relay *relay, struct slice path,
	struct arena *arena, struct slice *domain_r);
/*
 * Commits TEXT, a whole message, as MESSAGE, whose envelope has its id and what
 * it demands of the way (UTF-8, 8 bits, TLS), to PATH. False with a failure: it
 * is not known to be in the queue.
 */
bool notice_commit(struct relay *relay, struct message *message, struct slice text,
	struct slice path, struct slice domain, struct deadline deadline);

#endif
