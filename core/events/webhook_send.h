/*
 * Sending to one webhook: a fiber that follows the stream from where it was,
 * one request at a time, so that events come in their order. What is not taken
 * is sent again, later and later, and after `retry_for` put among the dead
 * letters; then the next is sent.
 */
#ifndef RINGPOST_EVENTS_WEBHOOK_SEND_H
#define RINGPOST_EVENTS_WEBHOOK_SEND_H

#include "events/webhook.h"
#include "io/dns.h"
#include "run/fiber.h"

struct sender;

struct sender_options {
	const struct webhook *webhook; /* copied */
	struct redis *redis;	       /* of its own: what it reads is large */
	struct dns *dns;
	int64_t since_ms;  /* what is older is not sent, where nothing was yet */
	unsigned *senders; /* how many there are: the more, the rarer each looks */
};

/* NULL with a failure. */
struct sender *sender_open(const struct sender_options *options);
const struct webhook *sender_webhook(const struct sender *sender);
/* What became of it so far; how long its oldest event waits, 0: none does. */
const struct webhook_state *sender_state(const struct sender *sender);
int64_t sender_behind_ms(const struct sender *sender);
/* What is under way is given up, and sent again by whoever goes on. */
void sender_close(struct sender **sender);

#endif
