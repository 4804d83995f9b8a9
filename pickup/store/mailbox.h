/*
 * Mailboxes by name: made, renamed, removed, listed (RFC 9051 6.3).
 *
 * Names are UTF-8 in NFC, at most MAILBOX_NAME_MAX bytes, '/' between levels, no
 * empty level, no control characters; INBOX (whatever its case) is always there.
 * Each function waits for the disk, and says why not: *fault_r and the failure.
 */
#ifndef RINGPOST_STORE_MAILBOX_H
#define RINGPOST_STORE_MAILBOX_H

#include "store/store.h"

#define MAILBOX_NAME_MAX   1000
#define MAILBOX_LEVELS_MAX 20
#define MAILBOXES_MAX	   10000 /* of an account */

/* RFC 6154, RFC 8457 */
enum mailbox_use {
	MAILBOX_NO_USE,
	MAILBOX_ALL,
	MAILBOX_ARCHIVE,
	MAILBOX_DRAFTS,
	MAILBOX_FLAGGED,
	MAILBOX_JUNK,
	MAILBOX_SENT,
	MAILBOX_TRASH,
	MAILBOX_IMPORTANT,
	MAILBOX_USES
};

struct mailbox_entry {
	struct slice name;
	enum mailbox_use use;
	bool there;	 /* else only subscribed to, or above one that is there */
	bool selectable; /* and there */
	bool subscribed;
	bool has_children;
	uint64_t id; /* OBJECTID (RFC 8474): never given to another */
	uint32_t uidvalidity, uidnext;
	uint64_t highest_modseq;
	uint32_t messages, unseen, deleted, recent;
	uint64_t size;
	unsigned rights; /* of who asks (rights.h) */
};

/* All of them by name, INBOX first. COUNTS: with the last two lines of numbers. Of
 * another's, those that RIGHT_LOOKUP shows. */
bool mailbox_list(struct store_port *port, struct store_account *account, bool counts,
	struct arena *arena, const struct mailbox_entry **list_r, size_t *count_r,
	struct deadline deadline);
/* For qsort of entries: by name, INBOX first. */
int mailbox_compare(const void *a, const void *b);
/* One of them. */
bool mailbox_status(struct store_port *port, struct store_account *account,
	struct slice name, struct mailbox_entry *entry_r, enum store_fault *fault_r,
	struct deadline deadline);
/* With the levels above it. */
bool mailbox_create(struct store_port *port, struct store_account *account,
	struct slice name, enum mailbox_use use, enum store_fault *fault_r,
	struct deadline deadline);
/* What is below it stays, and then it cannot be selected any more. */
bool mailbox_remove(struct store_port *port, struct store_account *account,
	struct slice name, enum store_fault *fault_r, struct deadline deadline);
/* With what is below it. INBOX: its messages go, it stays. */
bool mailbox_rename(struct store_port *port, struct store_account *account,
	struct slice from, struct slice to, enum store_fault *fault_r,
	struct deadline deadline);
bool mailbox_subscribe(struct store_port *port, struct store_account *account,
	struct slice name, bool subscribe, enum store_fault *fault_r,
	struct deadline deadline);

/* Whether NAME may be one; "inbox/x" becomes "INBOX/x", in the arena. */
bool mailbox_name_prepare(struct slice name, struct arena *arena, struct slice *name_r);

#endif
