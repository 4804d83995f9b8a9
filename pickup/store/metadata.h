/*
 * What clients note about mailboxes, or about an account: entries with values (RFC
 * 5464). "/shared/…" is everybody's, "/private/…" each one's own.
 */
#ifndef RINGPOST_STORE_METADATA_H
#define RINGPOST_STORE_METADATA_H

#include "store/mailbox.h"

#define METADATA_VALUE_MAX   65536
#define METADATA_ENTRIES_MAX 1000	       /* of a mailbox, of all who note */
#define METADATA_BYTES_MAX   ((size_t)1 << 20) /* names and values, the same */

struct metadata_entry {
	struct slice entry; /* in lower case */
	struct slice value; /* at NULL: there is none */
};
struct metadata {
	const struct metadata_entry *at; /* by entry */
	size_t count;
};

/* All that who asks can see, of the mailbox NAME or, if that is empty, of the account
 * (all his own), in the arena. Of another's mailbox it takes RIGHT_LOOKUP and one of
 * RIGHT_READ, _SEEN, _WRITE, _INSERT, _POST. */
bool mailbox_metadata(struct store_port *port, struct store_account *account,
	struct slice name, struct arena *arena, struct metadata *list_r,
	enum store_fault *fault_r, struct deadline deadline);
/* All of LIST or nothing; what is shared also takes RIGHT_WRITE. STORE_LIMIT: there
 * would be too many, or one is too large. */
bool mailbox_set_metadata(struct store_port *port, struct store_account *account,
	struct slice name, const struct metadata *list, enum store_fault *fault_r,
	struct deadline deadline);

#endif
