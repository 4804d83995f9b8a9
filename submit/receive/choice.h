/*
 * The decision of RCPT: whether mail for somebody is taken, and what is done
 * with it.
 */
#ifndef RINGPOST_RECEIVE_CHOICE_H
#define RINGPOST_RECEIVE_CHOICE_H

#include "mail/address.h"
#include "receive/session.h"

enum choice_kind {
	CHOICE_MAIL, /* goes on, as the routes say */
};

struct choice {
	enum choice_kind kind;
	struct slice address; /* "user@example.com", where it goes to */
	struct slice domain;  /* of it, lower case, A-labels */
	struct slice tenant;  /* whose mail it is; or empty */
};

/* Postmaster and abuse, in any case. */
bool choice_is_office(struct slice mailbox);
/* True: *choice_r, in the command's arena. False: *reply says why not, 5yz for
 * good, 4yz where it cannot be told now. */
bool choice_make(struct smtp_session *session, const struct address *path,
	struct choice *choice_r, struct reply *reply, struct deadline deadline);

#endif
