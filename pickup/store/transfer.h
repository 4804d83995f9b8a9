/* Messages into mailboxes of another account. */
#ifndef RINGPOST_STORE_TRANSFER_H
#define RINGPOST_STORE_TRANSFER_H

#include "store/view.h"

#define TRANSFER_MAX 5000 /* messages at once */

struct transfer {
	struct store_port *port; /* that may put them there */
	struct store_account *account;
	struct slice to; /* its mailbox */
};

/*
 * As view_copy: all or none get there. The account gets files of its own: hard links
 * where there can be, so that no byte is copied. MOVE: they go here once they are
 * there, so that a crash may leave them in both, never in none. STORE_LIMIT: they are
 * more than TRANSFER_MAX.
 */
bool view_transfer(struct view *view, const struct uid_set *uids,
	const struct transfer *transfer, bool move, struct arena *arena,
	struct copied *copied_r, enum store_fault *fault_r, struct deadline deadline);

#endif
