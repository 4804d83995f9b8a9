/*
 * The IMAP dialogue's policy over accounts and the store: who somebody is says
 * account/login.h, and the mail is that account's.
 */
#ifndef RINGPOST_IMAP_SERVER_ACCOUNT_POLICY_H
#define RINGPOST_IMAP_SERVER_ACCOUNT_POLICY_H

#include "account/identity.h"
#include "base/config.h"
#include "imap_server/server.h"

/* All of it is kept until the session has ended. */
struct imap_account_options {
	struct accounts *accounts;
	const struct config *config;
	const struct config_texts *mechanisms; /* of the listener */
	bool plaintext;			       /* logins without TLS */
	int64_t delay_ms;		       /* of the first failed login */
	uint64_t sessions_max; /* of an account, with POP3's; 0: no limit.
				  Then the conversation has none */
	struct store *store;
	struct store_port *port; /* this worker's */
};

/* What policy_context points to: of one session, zeroed but for OPTIONS, and the
 * caller's until the session has ended. */
struct login;
struct imap_account {
	const struct imap_account_options *options;
	struct identity identity;
	struct login *login; /* an attempt under way */
	struct slice shared; /* the configuration's, in its one form */
};

extern const struct imap_policy imap_account_policy;

#endif
