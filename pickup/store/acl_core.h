/* Rights in transactions, and of mailboxes in memory: for the store's files. */
#ifndef RINGPOST_STORE_ACL_CORE_H
#define RINGPOST_STORE_ACL_CORE_H

#include "store/acl.h"
#include "store/database.h"
#include "store/mailbox_core.h"

/* Whether the one who asks is the account's owner, or no client at all. */
bool operation_is_own(const struct operation *operation);
/* … who it is else. */
struct slice operation_who(const struct operation *operation);

/* What a mailbox's list says, in the arena. */
bool acl_read(struct database *database, int64_t mailbox, struct arena *arena,
	struct grants *grants_r);
/* What who asks may do with a mailbox: all, if it is his own. */
bool acl_rights(struct operation *operation, struct database *database, int64_t mailbox,
	unsigned *rights_r);
/* Refused, if it is not all of RIGHTS; *rights_r, which may be NULL: what he may. */
bool acl_demand(struct operation *operation, struct database *database, int64_t mailbox,
	unsigned rights, unsigned *rights_r);
/* A new mailbox has the list of the one above it (RFC 4314 4). */
bool acl_inherit(struct database *database, int64_t mailbox, int64_t above);

/* A copy of its own, for a mailbox in memory. */
struct grants grants_copy(const struct grants *grants);
void grants_free(struct grants *grants);

#endif
