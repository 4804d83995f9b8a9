/* What the files of a message in hand offer each other: arrival.c, arrival_end.c. */
#ifndef RINGPOST_RECEIVE_ARRIVAL_PARTS_H
#define RINGPOST_RECEIVE_ARRIVAL_PARTS_H

#include "receive/arrival.h"

#define CHECKS_MS 30000 /* for DNS to answer; the rest is a temperror */

/* The content is complete; false with the arrival's refusal. */
bool arrival_content_end(struct smtp_session *session, struct deadline deadline);
/* arrival_return.c: what came back is taken, or has to come again. */
void arrival_take_return(
	struct smtp_session *session, struct reply *reply, struct deadline deadline);
/* The same for who asks to leave a list. */
void arrival_take_leaving(
	struct smtp_session *session, struct reply *reply, struct deadline deadline);
/* arrival_seal.c: before the first byte of the content, once its checks have begun. */
void arrival_seal_begin(struct smtp_session *session);
/* The ARC set for the header in PIECES, which is as it goes out; in the arrival's
 * arena; empty where there is to be none, or it cannot be made. */
struct slice arrival_seal(struct smtp_session *session, const struct slice *pieces,
	size_t count, struct deadline deadline);
/* The queue or the store said no: the fiber's last failure as a reply. */
struct reply arrival_store_refusal(void);

#endif
