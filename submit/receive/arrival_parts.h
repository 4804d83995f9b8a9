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
/* The queue or the store said no: the fiber's last failure as a reply. */
struct reply arrival_store_refusal(void);

#endif
