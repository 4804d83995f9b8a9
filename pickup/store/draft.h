/*
 * Messages on their way into mailboxes: bytes into a file, then places in
 * mailboxes for it.
 */
#ifndef RINGPOST_STORE_DRAFT_H
#define RINGPOST_STORE_DRAFT_H

#include "store/view.h"

struct draft;

/* NULL: with a failure, the account has no folder and cannot have one now. */
struct draft *draft_begin(struct store_port *port, struct store_account *account,
	struct deadline deadline);
/* A line that ends in LF alone gets its CR. */
bool draft_write(struct draft *draft, struct slice bytes, struct deadline deadline);
/* All of it is there: into a file of the account's cur/, its bytes on the disk, its
 * facts made. (Its name is by the time mailbox_append or mailbox_place is done.) */
bool draft_finish(struct draft *draft, struct deadline deadline);
uint64_t draft_size(const struct draft *draft);
/* With its file, where no mailbox got it. */
void draft_discard(struct draft **draft);

struct append {
	struct draft *draft; /* finished */
	uint8_t flags;
	struct slice keywords; /* words, a space between them */
	int64_t internal_ms;
};
/* All of them or none, one behind the other: UIDs from *first_uid_r on. The drafts
 * stay the caller's, to be discarded. */
bool mailbox_append(struct store_port *port, struct store_account *account,
	struct slice name, const struct append *list, size_t count,
	uint32_t *uidvalidity_r, uint32_t *first_uid_r, enum store_fault *fault_r,
	struct deadline deadline);

struct replaced {
	uint32_t uidvalidity, uid; /* of the new message */
	enum store_fault fault;
};
/* The same for one message, to the view's account; the view's UID goes in the same
 * transaction (RFC 8508). STORE_EXPUNGED: it is gone, and nothing was done. */
bool view_replace(struct view *view, uint32_t uid, struct slice name,
	const struct append *append, struct replaced *replaced_r,
	struct deadline deadline);

#endif
