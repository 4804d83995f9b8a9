/*
 * Changes of a mailbox's messages in a transaction, and the same in memory behind
 * it: for operations.
 */
#ifndef RINGPOST_STORE_CHANGE_H
#define RINGPOST_STORE_CHANGE_H

#include "store/guest.h"
#include "store/mailbox_core.h"
#include "state/state.h"
#include "state/uid_set.h"

/* A set of keywords that memory may not know yet. */
struct change_words {
	uint32_t set;
	struct slice words;
};

/* What is done to one mailbox in one operation. Zeroed memory is a start. */
struct change {
	struct operation *operation;
	struct arena *arena; /* the operation's */
	struct database *database;
	int64_t mailbox;
	uint32_t uidnext;
	int64_t now_ms;
	uint64_t modseq;    /* of all that is done in this operation */
	struct record *put; /* new or changed, in order of UID */
	size_t put_count;
	uint32_t *removed; /* in order */
	size_t removed_count;
	/* What its sums grow by. */
	int64_t messages, bytes, unseen, deleted;
	struct change_words *words;
	size_t words_count;
	/* What who asks has seen, where it is another's mailbox. */
	struct guest_row *seen;
	size_t seen_count;
};

void change_begin(struct change *change, struct operation *operation,
	struct database *database, const struct mailbox_row *row);
/* Each false: a failure. */
bool change_set_flags(struct change *change, const struct record *record, uint8_t flags,
	struct slice words);
/* A new message of FILE, which gets a reference: the next UID, put in *record. */
bool change_add(struct change *change, struct record *record, struct slice words);
/* A guest has seen one, or has not, from now on. */
bool change_set_seen(struct change *change, uint32_t uid, bool seen);
/* A message goes; its file, too, with its last one. */
bool change_remove(struct change *change, const struct record *record);
/* The mailbox's row and the account's sums, where anything was done. */
bool change_end(struct change *change);
/* Behind it: refused with STORE_OVERQUOTA, if the account has more than it may. */
bool change_check_quota(struct operation *operation, struct database *database);
/* Behind the commit: into the mailbox, if it is open (publish.c). */
void change_publish(struct store_account *account, const struct change *change);
/* What was published of this mailbox so far is in it at once. */
void change_publish_now(struct store_account *account, int64_t mailbox);
/* When all was published: whoever looks sees it from then on. */
void change_publish_end(struct store_account *account);

/* The words of a set, in ARENA. */
bool change_words_of(struct change *change, uint32_t set, struct slice *words_r);
/* Calls EACH for the messages of UIDS, or all (NULL), from the database; stops
 * where it returns false. */
bool change_each(struct change *change, const struct uid_set *uids,
	bool (*each)(void *context, const struct record *record), void *context);

/* The first LIMIT ones whose UID is not below FIRST; *next_r: where to go on, 0: these
 * were the last. */
bool change_from(struct change *change, uint32_t first, size_t limit,
	bool (*each)(void *context, const struct record *record), void *context,
	uint32_t *next_r);

#endif
