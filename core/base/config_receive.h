/*
 * Receiving (listeners of role `receive`, port 25): whose mail is taken, from
 * whom, and what becomes of what is not authentic. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_RECEIVE_H
#define RINGPOST_BASE_CONFIG_RECEIVE_H

#include "base/config_items.h"

/* Who has a mailbox in a domain of ours. */
enum config_recipients {
	CONFIG_RECIPIENTS_LISTED,   /* `mailboxes`, and no others */
	CONFIG_RECIPIENTS_ACCOUNTS, /* whose an account says it is, too */
	CONFIG_RECIPIENTS_PROBED,   /* whom the next server takes, when asked */
	CONFIG_RECIPIENTS_ANY,
};

struct config_local {
	struct config_mark mark;
	char *domain; /* lower case; ".example.com": all below it */
	enum config_recipients recipients;
	struct config_texts mailboxes; /* local parts; always good */
	char *detail; /* separates what a mailbox's owner may add; "": nothing */
	char *tenant; /* whose mail it is; NULL: nobody's in particular */
};

/* What becomes of a message that failed a check. */
enum config_judgement {
	CONFIG_JUDGE_MARK, /* Authentication-Results says so, no more */
	CONFIG_JUDGE_QUARANTINE,
	CONFIG_JUDGE_REFUSE,
};

struct config_receive {
	struct config_local *domains;
	size_t domain_count;
	char *postmaster; /* of us; NULL: nobody could be */
	uint64_t message_size, recipients, messages_per_session, hops;
	uint64_t errors; /* of a session, then 421 */
	int64_t command_timeout_ms, data_timeout_ms, message_timeout_ms,
		session_timeout_ms;
	int64_t greeting_pause_ms;
	/* Of an address (IPv6: a /64); 0: no limit. */
	uint64_t sessions_per_address, messages_per_hour, recipients_per_hour,
		errors_per_address;
	struct config_networks exempt; /* from those, and from checks */
	struct config_texts blocklists;
	enum config_judgement spf_fail, dmarc_quarantine, dmarc_reject;
	enum config_judgement reverse_fail; /* the client has no name of its own */
	struct config_texts arc_trusted;    /* domains whose seal is believed */
	char *arc_seal; /* whose key seals what is passed on; NULL: it is not */
	char *quarantine_header;
	int64_t probe_keep_ms, probe_timeout_ms;
};

struct config_section;

/* config_schema_receive.c */
extern const struct config_section receive_section;

#endif
