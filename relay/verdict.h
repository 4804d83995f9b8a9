/*
 * Verdicts: what a peer's reply, or the lack of one, means for a recipient.
 * Delivered, later, or never (RFC 5321 4.2.1, 4.5.4.1, 4.5.3.1.10).
 */
#ifndef RINGPOST_RELAY_VERDICT_H
#define RINGPOST_RELAY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/failure.h"
#include "mail/reply.h"
#include "relay/smtp_delivery.h"

enum verdict_kind {
	VERDICT_NONE, /* not tried */
	VERDICT_DELIVERED,
	VERDICT_LATER,
	VERDICT_NEVER,
	VERDICT_AGAIN, /* at once: only the transaction was too large */
};

struct verdict {
	enum verdict_kind kind;
	enum smtp_stage stage;
	bool host_trouble;   /* it is about the host, not about the message */
	struct reply reply;  /* the peer's; code 0: it was our own decision */
	const char *status;  /* static "4.4.1"; of our own decisions */
	struct slice reason; /* their words */
};

/* SOME_ACCEPTED: others of the same transaction were (452 4.5.3). */
struct verdict verdict_of_reply(
	enum smtp_stage stage, const struct reply *reply, bool some_accepted);
/* No reply: always later. The reason lives in ARENA. */
struct verdict verdict_of_failure(
	enum smtp_stage stage, const struct failure *failure, struct arena *arena);
/* Our own: REASON lives as long as the verdict is used. */
struct verdict verdict_of_ours(
	enum verdict_kind kind, const char *status, struct slice reason);

/* "550 5.1.1 No such user" or "4.4.1 connect to …: refused", at most SIZE bytes
 * with the NUL. */
struct slice verdict_print(const struct verdict *verdict, char *text, size_t size);
/* "5.1.1" */
struct slice verdict_status(const struct verdict *verdict, char text[16]);

#endif
