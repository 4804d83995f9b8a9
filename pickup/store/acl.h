/*
 * Who may do what with a mailbox, beside its account's owner, who may do all (RFC
 * 4314).
 */
#ifndef RINGPOST_STORE_ACL_H
#define RINGPOST_STORE_ACL_H

#include "store/rights.h"
#include "store/view.h"

#define GRANTS_MAX 1000 /* of a mailbox */

/* What who asks over PORT may do with it. */
bool mailbox_rights(struct store_port *port, struct store_account *account,
	struct slice name, unsigned *rights_r, enum store_fault *fault_r,
	struct deadline deadline);

/* All that were given, in the arena: for who has RIGHT_ADMINISTER. */
bool mailbox_grants(struct store_port *port, struct store_account *account,
	struct slice name, struct arena *arena, struct grants *grants_r,
	enum store_fault *fault_r, struct deadline deadline);

enum grant_how { GRANT_SET, GRANT_ADD, GRANT_REMOVE };
/*
 * Changes what GRANT->who (a prepared name, GRANT_ANYONE, either behind GRANT_NOT)
 * has; whoever has nothing left is no more in the list. For who has RIGHT_ADMINISTER.
 * STORE_CANNOT: it is about the owner.
 */
bool mailbox_grant(struct store_port *port, struct store_account *account,
	struct slice name, enum grant_how how, const struct grant *grant,
	enum store_fault *fault_r, struct deadline deadline);

/* The index of who shares with whom (shares.h) has all that the account's mailboxes
 * say: where it was lost, or they come from elsewhere. */
bool store_share_again(struct store_port *port, struct store_account *account,
	struct deadline deadline);

/* What this view's session may do now; all with what is its own. */
unsigned view_rights(const struct view *view);
/* Which flags of messages who has RIGHTS may change. */
uint8_t view_flags_allowed(unsigned rights);

#endif
