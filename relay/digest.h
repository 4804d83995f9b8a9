/*
 * No more than so many notifications to one sender in a period, over all nodes
 * (bounces.notifications): those beyond are kept in Redis, counted and the first
 * of them in words, and he is told of them in one message when it is over.
 *
 * rp:notified:SINCE UNTIL SENDER is a hash: `sent`, `lines`, a count by action,
 * `to`, l0 … ; rp:notified, sorted by when to tell, has the names of those that
 * are to be told.
 */
#ifndef RINGPOST_RELAY_DIGEST_H
#define RINGPOST_RELAY_DIGEST_H

#include "relay/report.h"

enum digest_answer {
	DIGEST_SEND,   /* it is not one too many */
	DIGEST_KEPT,   /* durably: he is told later */
	DIGEST_FAILED, /* it is not known, with a failure */
};

/* Counts the notification REPORT is for. */
enum digest_answer digest_take(
	struct relay *relay, const struct report *report, struct deadline deadline);

/* One worker of each node looks for periods that are over. */
void digest_start(struct relay *relay);
void digest_stop(struct relay *relay);

#endif
