/*
 * The client's own name: one its address has in DNS that leads back to the
 * address. Whoever sends mail is expected to have one.
 */
#ifndef RINGPOST_RECEIVE_CALLER_H
#define RINGPOST_RECEIVE_CALLER_H

#include <stdbool.h>

#include "mail/address.h"
#include "mail/reply.h"
#include "run/deadline.h"
#include "serve/smtp_server.h"

/*
 * Looks for it, once a session, into struct receiving_session. True with *reply
 * (550 5.7.25) when there is none and the configuration says that such mail for
 * PATH is refused; never for postmaster and abuse, who can be told.
 */
bool caller_is_refused(struct smtp_session *session, const struct address *path,
	struct reply *reply, struct deadline deadline);

/* Somebody else is there now. */
void caller_forget(struct smtp_session *session);

#endif
