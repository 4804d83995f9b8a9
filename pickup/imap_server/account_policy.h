/*
 * The IMAP dialogue's policy over accounts and the store: who somebody is says
 * account/attempts.h, and the mail is that account's.
 */
#ifndef RINGPOST_IMAP_SERVER_ACCOUNT_POLICY_H
#define RINGPOST_IMAP_SERVER_ACCOUNT_POLICY_H

#include "account/attempts.h"
#include "imap_server/server.h"

/* All of it is kept until the session has ended. */
struct imap_account_options {
	struct attempts_options attempts;
	struct store *store;
	struct store_port *port; /* this worker's */
};

/* What policy_context points to: of one session, zeroed but for OPTIONS, and the
 * caller's until the session has ended. */
struct imap_account {
	const struct imap_account_options *options;
	struct attempts attempts; /* zeroed but for its options, too */
	struct slice shared;	  /* the configuration's, in its one form */
};

extern const struct imap_policy imap_account_policy;

#endif
