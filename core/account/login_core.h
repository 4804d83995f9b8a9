/* The inside of an attempt to log in: between login.c and login_check.c. */
#ifndef RINGPOST_ACCOUNT_LOGIN_CORE_H
#define RINGPOST_ACCOUNT_LOGIN_CORE_H

#include "account/login.h"
#include "mail/sasl_server.h"

struct login {
	struct login_options options;
	struct identity *identity;
	struct sasl_server *server; /* NULL: no SASL */
	enum sasl_mechanism mechanism;
	const char *command; /* of the protocol, where it is no SASL; or NULL */
	int64_t begun_us, answer_us;
	struct arena arena;
	struct account account;	       /* name empty: there is none, or it may not */
	struct slice name;	       /* prepared; empty: not known yet */
	const struct account_app *app; /* of the account: the only one that will do,
					  or the one that did; NULL: none */
	int64_t token_expires_ms;      /* 0: no token, or it does not say */
	enum login_verdict failure;    /* what LOGIN_WRONG is, more exactly */
	const char *reason;	       /* it failed, for the event */
};

/* What SASL asks for, found out; false: that cannot be done now. */

/* SCRAM and CRAM-MD5: what the account keeps, or what nobody has. */
bool login_give_account(
	struct login *login, enum sasl_progress *progress_r, struct deadline deadline);
/* OAUTHBEARER and XOAUTH2. */
bool login_give_token_verdict(
	struct login *login, enum sasl_progress *progress_r, struct deadline deadline);
/* An app password, or the account's own; verified before, or hashed now. SAID is
 * a name as sasl_identity makes it, PASSWORD as sasl_prepare. */
bool login_check_password(struct login *login, struct slice said, struct slice password,
	bool *right_r, struct deadline deadline);
/* APOP, with the app passwords that can be had back; SAID as above. */
bool login_check_digest(struct login *login, struct slice said, struct slice stamp,
	struct slice digest, bool *right_r, struct deadline deadline);

#endif
