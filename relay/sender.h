/*
 * Who a peer is told a message is from: its sender, or an address of ours that
 * says what a bounce is about (verp.h), as bounces, tenant and route would have
 * it. Notifications stay without one.
 */
#ifndef RINGPOST_RELAY_SENDER_H
#define RINGPOST_RELAY_SENDER_H

#include "base/arena.h"
#include "base/config_bounces.h"
#include "queue/message.h"

struct site;
struct verp_secret;

struct sender {
	enum config_verp verp; /* NONE: its own; nothing below is set */
	struct slice domain;
	const struct verp_secret *secret; /* NULL: not known yet */
	int64_t valid_ms;
};

/* Of ENTRY by way of SITE. To be used at once: it holds nothing. */
struct sender sender_of(const struct site *site, const struct entry *entry);
/* Whether recipients may travel together. */
bool sender_is_shared(const struct sender *sender);
/* The address, in ARENA, for a transaction with COUNT recipients, of whom the
 * first is RECIPIENT; at NULL: the message's own. */
struct slice sender_write(const struct sender *sender, const struct envelope *envelope,
	const struct recipient *recipient, size_t count, struct arena *arena);

#endif
