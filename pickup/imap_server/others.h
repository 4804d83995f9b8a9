/*
 * Where mailboxes are, whosever they are (RFC 2342): "Other users/NAME/…" are those of
 * the account NAME, "Shared/…" those of the one account that is there for all.
 */
#ifndef RINGPOST_IMAP_SERVER_OTHERS_H
#define RINGPOST_IMAP_SERVER_OTHERS_H

#include "imap_server/dialogue.h"

#define IMAP_OTHERS "Other users"
#define IMAP_SHARED "Shared"

struct imap_place {
	struct store_port *port;       /* to ask over */
	struct store_account *account; /* whose it is; until the next command */
	struct slice name;	       /* in it */
	struct slice full;	       /* as this session calls it */
	bool other;		       /* it is not this session's */
};
/* Whether there may be such a mailbox, for this session; its rights are not asked. */
bool imap_find(struct imap_dialogue *dialogue, struct slice name,
	struct imap_place *place_r, struct deadline deadline);
/* The account NAME, if it shares anything with this session: place_r->name is none. */
bool imap_find_account(struct imap_dialogue *dialogue, struct slice name,
	struct imap_place *place_r, struct deadline deadline);
/* The same as imap_find; if not, NO [CODE] is said. */
bool imap_locate(struct imap_dialogue *dialogue, struct slice name, const char *code,
	struct imap_place *place_r, struct deadline deadline);
/* What this session may do there. False: answered. */
bool imap_rights_at(struct imap_dialogue *dialogue, const struct imap_place *place,
	unsigned *rights_r, struct deadline deadline);
/* Accounts of places go; the command is over. */
void imap_leave_places(struct imap_dialogue *dialogue);
/* The account whose mailboxes are "Shared/…"; empty: there is none. */
struct slice imap_shared_account(struct imap_dialogue *dialogue);

/* --- list_others.c --- */

/* Which of the roots above are asked for. */
struct imap_roots {
	bool others, shared;
};
/* All that this session can see, by name, INBOX first; COUNTS as in mailbox_list. */
bool imap_gather(struct imap_dialogue *dialogue, struct imap_roots roots, bool counts,
	const struct mailbox_entry **list_r, size_t *count_r, struct deadline deadline);

#endif
