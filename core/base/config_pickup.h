/*
 * Mailboxes and who reads them (listeners of the roles `pop3` and `imap`). Member
 * names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_PICKUP_H
#define RINGPOST_BASE_CONFIG_PICKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config_retention.h"
#include "base/config_texts.h"

struct config_pickup {
	char *directory;		    /* NULL: "mail" in state_directory */
	uint64_t quota, quota_messages;	    /* of accounts without their own; 0: none */
	struct config_texts quota_warnings; /* in percent */
	bool quota_notice;		    /* into their INBOX */
	struct config_mailbox *mailboxes;   /* of new accounts */
	size_t mailbox_count;
	struct config_retention *retention;
	size_t retention_count;
	int64_t retention_interval_ms;
	uint64_t free_space;   /* below this, no message comes */
	uint64_t message_size; /* of APPEND */
	uint64_t sessions;     /* all listeners, POP3 and IMAP */
	uint64_t sessions_per_account, sessions_per_address; /* 0: no limit */
	uint64_t errors;	  /* in a row, then the end */
	int64_t login_timeout_ms; /* from the connection on */
	int64_t pop3_idle_timeout_ms, imap_idle_timeout_ms;
	bool apop;
	bool search_index;    /* for IMAP's SEARCH */
	char *shared_account; /* whose mailboxes are "Shared/…"; NULL: there is none */
};

struct config_section;

extern const struct config_section pickup_section; /* config_schema_pickup.c */

#endif
