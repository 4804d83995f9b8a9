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

/*
 * Counts the notification REPORT is for, once Redis answers. True: it is one too
 * many, and kept: he is told later. False: it is to be sent, and where it could
 * not be counted, too: to be told too often is better than not at all.
 */
bool digest_take(
	struct relay *relay, const struct report *report, struct deadline deadline);

/* One worker of each node looks for periods that are over. */
void digest_start(struct relay *relay);
void digest_stop(struct relay *relay);

#endif
