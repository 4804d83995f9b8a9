/*
 * Mailboxes that accounts begin with (pickup.mailboxes), and how long mail is kept
 * in them (pickup.retention): an entry of each. Member names are the YAML's.
 */
#ifndef RINGPOST_BASE_CONFIG_RETENTION_H
#define RINGPOST_BASE_CONFIG_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config_items.h"

/* What a mailbox is for (RFC 6154, RFC 8457); the words are the YAML's, the order is
 * that of enum mailbox_use. */
enum config_use {
	CONFIG_USE_ANY,
	CONFIG_USE_ALL,
	CONFIG_USE_ARCHIVE,
	CONFIG_USE_DRAFTS,
	CONFIG_USE_FLAGGED,
	CONFIG_USE_JUNK,
	CONFIG_USE_SENT,
	CONFIG_USE_TRASH,
	CONFIG_USE_IMPORTANT,
};

struct config_retention {
	struct config_mark mark;
	char *account; /* a name or "@domain"; NULL: all */
	char *mailbox; /* with '*' and '%'; NULL: all */
	enum config_use use;
	int64_t age_ms; /* 0: any, and so on */
	uint64_t messages, size;
	bool flagged; /* flagged ones go, too */
};

/* That accounts have from their beginning on. */
struct config_mailbox {
	struct config_mark mark;
	char *name;
	enum config_use use; /* CONFIG_USE_ANY: none in particular */
};

struct config_section;

/* config_schema_retention.c */
extern const struct config_section retention_section, mailbox_section;

/* "80": 1 to 100. */
bool config_form_percent(const char *text);

#endif
