/* Rules of how long mailboxes keep what is in them. */
#ifndef RINGPOST_STORE_EXPIRE_H
#define RINGPOST_STORE_EXPIRE_H

#include "store/mailbox.h"

/* What may stay; zero: any. Of too many the oldest go. */
struct retention {
	int64_t since_ms; /* what was put into the mailbox before goes (RFC 8514) */
	uint32_t messages;
	uint64_t bytes;
	bool flagged; /* \Flagged ones go, too: else they stay, whatever the rules */
	bool pretend; /* nothing goes: it is only counted */
};
/* Some thousands in a transaction, so others come in between. *expired_r: how many
 * are gone, even where it fails. */
bool mailbox_expire(struct store_port *port, struct store_account *account,
	struct slice name, const struct retention *retention, uint64_t *expired_r,
	enum store_fault *fault_r, struct deadline deadline);

#endif
