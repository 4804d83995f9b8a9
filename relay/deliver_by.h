/*
 * DELIVERBY (RFC 2852): a message with a time by which it is to be delivered,
 * and what becomes of it then: returned, or its sender told. Pure.
 */
#ifndef RINGPOST_RELAY_DELIVER_BY_H
#define RINGPOST_RELAY_DELIVER_BY_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/capability.h"
#include "mail/extension.h"
#include "queue/envelope.h"

/* Its time is over and it is to be returned. */
bool deliver_by_is_over(const struct envelope *envelope, int64_t now_ms);
/* When to look at it again that is due at DUE_MS: not after its time. */
int64_t deliver_by_due_ms(
	const struct envelope *envelope, int64_t now_ms, int64_t due_ms);
/* Whether this peer may have it (RFC 2852 4.1.4): one that is to be returned goes
 * only to who knows DELIVERBY, and can do it in what is left. */
bool deliver_by_admits(const struct envelope *envelope, const struct capabilities *peer,
	int64_t now_ms);
/* " BY=…" for MAIL, the time that is left. */
struct smtp_extensions deliver_by_left(const struct envelope *envelope, int64_t now_ms);
/* Whether the sender is told that it was delayed: once its time is over. */
bool deliver_by_tells_delay(const struct envelope *envelope,
	const struct recipient *recipient, int64_t now_ms);
/* … that it was relayed: to who does not know DELIVERBY, and with a trace. */
bool deliver_by_tells_relay(const struct envelope *envelope,
	const struct recipient *recipient, bool peer_knows);

#endif
