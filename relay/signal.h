/*
 * What a refusal says about how we send: too fast, over too many connections, too
 * many messages over one. Pure. Where no rule is for it.
 *
 * Greylisting is none of these: it is about a message that is seen for the first
 * time. So words that are not clear count only where a message was tried before.
 */
#ifndef RINGPOST_RELAY_SIGNAL_H
#define RINGPOST_RELAY_SIGNAL_H

#include <stdbool.h>

#include "mail/reply.h"
#include "relay/smtp_stage.h"

enum signal {
	SIGNAL_NONE,
	SIGNAL_RATE,
	SIGNAL_CONNECTIONS,
	SIGNAL_MESSAGES, /* on this connection */
};

enum signal signal_of_reply(
	enum smtp_stage stage, const struct reply *reply, bool tried_before);

#endif
