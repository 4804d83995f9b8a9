/* Changes that a view asks for, as operations: for the files that run them. */
#ifndef RINGPOST_STORE_CHANGING_H
#define RINGPOST_STORE_CHANGING_H

#include "store/acl_core.h"
#include "store/change.h"
#include "store/view.h"

struct changing {
	struct operation operation;
	struct change change, there; /* of the mailbox; of the one copied to */
	struct change *into;	     /* of a copy: one of the two */
	int64_t mailbox;
	struct uid_set uids;
	bool every;
	struct flags_change how;
	struct uid_set modified;
	bool any;	 /* expunged whatever its flags */
	unsigned rights; /* of who asks; in the mailbox copied to, in a copy */
	struct slice to;
	bool move;
	struct copied copied;
};

struct changing *changing_of(void *operation);
struct uid_set changing_copy_set(struct arena *arena, const struct uid_set *set);
/* Of UIDS, or of all (NULL). */
struct changing *changing_begin(struct view *view, const struct uid_set *uids,
	bool (*run)(struct operation *operation, struct database *database));
const struct uid_set *changing_uids(const struct changing *changing);
bool changing_perform(
	struct changing *changing, enum store_fault *fault_r, struct deadline deadline);

/* --- In the transaction --- */

/* The mailbox is there, and who asks has all of RIGHTS. */
bool changing_start(
	struct changing *changing, struct database *database, unsigned rights);
/* A record as who asks sees it. */
bool changing_see(struct changing *changing, struct record *record);
#endif
