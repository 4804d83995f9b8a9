/*
 * One exchange of AUTH: between auth.c (the dialogue, and what becomes of those
 * who fail) and auth_check.c (whether they are who they say).
 */
#ifndef RINGPOST_SUBMIT_AUTH_H
#define RINGPOST_SUBMIT_AUTH_H

#include "mail/sasl_server.h"
#include "account/account_cache.h"
#include "submit/session.h"

struct exchange {
	struct smtp_session *session;
	struct submission_session *self;
	struct sasl_server *server;
	enum sasl_mechanism mechanism;
	int64_t begun_us;
	struct arena arena;
	struct account account;	       /* name empty: there is none, or it may not */
	struct slice name;	       /* prepared; empty: not known yet */
	const struct account_app *app; /* of the account: the only one that will do,
					  or the one that did; NULL: none */
	int64_t token_expires_ms;      /* 0: no token, or it does not say */
	const char *reason;	       /* it failed, for the event */
};

/* Each answers what the server's side of the exchange asks for, and gives its
 * progress; false with *reply when that cannot be told now. */

/* SCRAM and CRAM-MD5: what the account keeps, or what nobody has. */
bool auth_give_account(struct exchange *exchange, enum sasl_progress *progress_r,
	struct reply *reply, struct deadline deadline);
/* PLAIN and LOGIN: an app password, or the account's own; verified before, or
 * hashed now. */
bool auth_give_verdict(struct exchange *exchange, enum sasl_progress *progress_r,
	struct reply *reply, struct deadline deadline);
/* OAUTHBEARER and XOAUTH2. */
bool auth_check_token(struct exchange *exchange, enum sasl_progress *progress_r,
	struct reply *reply, struct deadline deadline);

#endif
