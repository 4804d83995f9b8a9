/*
 * A message put into mailboxes of an account, all at once, and once: for
 * deliveries, which begin anew where nobody knows whether they came to their end.
 */
#ifndef RINGPOST_STORE_PLACEMENT_H
#define RINGPOST_STORE_PLACEMENT_H

#include "store/draft.h"

#define PLACES_MAX 100
#define PLACEMENT_KEPT_MS \
	(30 * 24 * 3600 * INT64_C(1000)) /* what was placed is known */

struct place {
	/* As mailbox_name_prepare makes it; made, with the levels above it, where
	 * it is not there, and subscribed to. */
	struct slice mailbox;
	bool if_there; /* it is not made: INBOX it is then; in any case of letters */
	uint8_t flags;
	struct slice keywords; /* words, a space between them */
};

struct placement {
	struct draft *draft; /* finished */
	struct slice key;    /* of this message, for this account */
	int64_t internal_ms;
	const struct place *places;
	size_t count; /* 1 … PLACES_MAX; one mailbox twice gets it once */
};

/*
 * All or none, in one transaction with the note that KEY was placed. *again_r: it
 * was before, and nothing was done. The draft stays the caller's, to be discarded.
 */
bool mailbox_place(struct store_port *port, struct store_account *account,
	const struct placement *placement, bool *again_r, enum store_fault *fault_r,
	struct deadline deadline);

#endif
