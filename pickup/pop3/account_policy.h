/*
 * The POP3 dialogue's policy over accounts and the store: who somebody is says
 * account/login.h, and his maildrop is the INBOX of that account.
 */
#ifndef RINGPOST_POP3_ACCOUNT_POLICY_H
#define RINGPOST_POP3_ACCOUNT_POLICY_H

#include "account/identity.h"
#include "base/config.h"
#include "pop3/server.h"
#include "store/store.h"

/* All of it is kept until the session has ended. */
struct pop3_account_options {
	struct accounts *accounts;
	const struct config *config;
	const struct config_texts *mechanisms; /* of the listener */
	bool plaintext;			       /* logins without TLS */
	bool apop; /* offered, for app passwords made for it, with and without TLS:
		      no secret is seen on the way */
	int64_t delay_ms;      /* of the first failed login */
	uint64_t sessions_max; /* of an account, with IMAP's; 0: no limit.
				  Then the conversation has none */
	struct store *store;
	struct store_port *port; /* this worker's */
};

/* What policy_context points to: of one session, zeroed but for OPTIONS, and the
 * caller's until the session has ended. */
struct login;
struct pop3_account {
	const struct pop3_account_options *options;
	struct identity identity;
	struct login *login; /* an attempt under way */
	struct store_account *mail;
};

extern const struct pop3_policy pop3_account_policy;

#endif
