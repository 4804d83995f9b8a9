/*
 * A message as it is delivered: its header read, its bytes written, with what
 * delivery puts in front of them.
 */
#ifndef RINGPOST_DELIVER_CONTENT_H
#define RINGPOST_DELIVER_CONTENT_H

#include "base/arena.h"
#include "mail/header.h"
#include "queue/message.h"
#include "run/deadline.h"

#define CONTENT_HEADER_MAX (1u << 20) /* of a larger one nothing is looked at */

struct content {
	const struct message *message;
	struct header header;	     /* in the arena it was read with */
	uint64_t rest_at;	     /* where the message goes on behind its header */
	bool headless;		     /* it begins with its text */
	struct slice authentication; /* our own Authentication-Results, of mail that
					came to port 25; or empty */
};

/* Takes bytes on; false with a failure. */
struct content_sink {
	bool (*write)(void *context, struct slice bytes, struct deadline deadline);
	void *context;
};

/* HOSTNAME is ours. False: it cannot be read now, or FAILURE_DATA. */
bool content_read(const struct message *message, struct slice hostname,
	struct arena *arena, struct content *content_r, struct deadline deadline);
/* FRONT, then the message, without the Return-Path of others. */
bool content_write(const struct content *content, struct slice front,
	const struct content_sink *sink, struct deadline deadline);
/* Why it goes round in a loop, for RECIPIENT, in the arena; empty: it does not. */
struct slice content_loop(const struct content *content, struct slice recipient,
	uint64_t hops, struct arena *arena);

#endif
