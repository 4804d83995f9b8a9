/*
 * The decision of RCPT: whether mail for somebody is taken, and what is done
 * with it.
 */
#ifndef RINGPOST_RECEIVE_CHOICE_H
#define RINGPOST_RECEIVE_CHOICE_H

#include "feedback/verp.h"
#include "mail/address.h"
#include "receive/session.h"

enum choice_kind {
	CHOICE_MAIL,	  /* goes on, as the routes say */
	CHOICE_RETURN,	  /* to an envelope sender of ours: something came back */
	CHOICE_COMPLAINT, /* to an address for complaints */
	CHOICE_LEAVING,	  /* to the address to leave a list by */
};

struct choice {
	enum choice_kind kind;
	struct slice address;	 /* "user@example.com", where it goes to */
	struct slice domain;	 /* of it, lower case, A-labels */
	struct slice tenant;	 /* whose mail it is; or empty */
	struct verp_token token; /* CHOICE_RETURN: what it is about */
};

/* Postmaster and abuse, in any case. */
bool choice_is_office(struct slice mailbox);
/* Whether PATH looks like an address of ours that nobody has to make up: it is not
 * for blocklists to say who may write to it. */
bool choice_is_for_returns(
	const struct smtp_session *session, const struct address *path);
/* True: *choice_r, in the command's arena. False: *reply says why not, 5yz for
 * good, 4yz where it cannot be told now. */
bool choice_make(struct smtp_session *session, const struct address *path,
	struct choice *choice_r, struct reply *reply, struct deadline deadline);

#endif
