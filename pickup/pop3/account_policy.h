/*
 * The POP3 dialogue's policy over accounts and the store: who somebody is says
 * account/attempts.h, and his maildrop is the INBOX of that account.
 */
#ifndef RINGPOST_POP3_ACCOUNT_POLICY_H
#define RINGPOST_POP3_ACCOUNT_POLICY_H

#include "account/attempts.h"
#include "pop3/server.h"
#include "store/store.h"

/* All of it is kept until the session has ended. */
struct pop3_account_options {
	struct attempts_options attempts;
	bool apop; /* offered, for app passwords made for it, with and without TLS:
		      no secret is seen on the way */
	struct store *store;
	struct store_port *port; /* this worker's */
};

/* What policy_context points to: of one session, zeroed but for OPTIONS, and the
 * caller's until the session has ended. */
struct pop3_account {
	const struct pop3_account_options *options;
	struct attempts attempts; /* zeroed but for its options, too */
	struct store_account *mail;
};

extern const struct pop3_policy pop3_account_policy;

#endif
