/*
 * Probes: whether the server that mail of a domain goes to takes it for somebody,
 * asked with MAIL FROM:<> and RCPT TO, and no message.
 */
#ifndef RINGPOST_RELAY_PROBE_H
#define RINGPOST_RELAY_PROBE_H

#include "base/arena.h"
#include "mail/reply.h"
#include "relay/relay.h"

/*
 * True: *reply_r is the reply to RCPT TO:<ADDRESS>, its text in ARENA; of a route
 * that discards, ours. False: nobody could be asked; FAILURE_DNS, NETWORK,
 * TIMEOUT, … A refusal before RCPT says nothing about ADDRESS, and is FAILURE_DATA.
 */
bool relay_probe(struct relay *relay, struct slice domain, struct slice address,
	struct arena *arena, struct reply *reply_r, struct deadline deadline);

#endif
