/*
 * Somebody who looks at a mailbox that is not his: he sees the messages the others
 * see, with a \Seen of his own (table seen). In memory that is a state of its own,
 * which shares with the mailbox's what is the same, kept up with it by the writer.
 *
 * A message's modseq for him is the higher of the message's and of his \Seen's, so
 * that no change is missed, over restarts either (RFC 7162).
 */
#ifndef RINGPOST_STORE_GUEST_H
#define RINGPOST_STORE_GUEST_H

#include "store/mailbox_core.h"
#include "state/state.h"

struct guest {
	struct link link; /* of the mailbox */
	char *who;
	unsigned holders;
	struct state *state; /* both under the account's lock */
};
/* Under the lock. */
struct guest *guest_hold(struct guest *guest);
void guest_release(struct guest **guest);
/* An open mailbox's guest WHO, or NULL. */
struct guest *guest_find(struct mailbox *mailbox, struct slice who);

/* --- In a transaction: what he has seen --- */

struct guest_row {
	uint64_t modseq;
	uint32_t uid;
	bool seen;
};
struct guest_rows {
	struct guest_row *at; /* by UID */
	size_t count;
};
/* All of a mailbox; what is gone of it is forgotten. */
bool guest_read(struct operation *operation, struct database *database, int64_t mailbox,
	struct guest_rows *rows_r);
/* Of one message: never seen, where there is no row. */
bool guest_read_one(struct operation *operation, struct database *database,
	int64_t mailbox, uint32_t uid, struct guest_row *row_r);
bool guest_write(struct operation *operation, struct database *database,
	int64_t mailbox, const struct guest_row *row);
/* How many messages he has not seen. */
bool guest_unseen(struct operation *operation, struct database *database,
	int64_t mailbox, uint32_t *unseen_r);

/* --- Behind the commit, on the writer's thread --- */

/* Held: found, or made of the mailbox's state and ROWS, which are as old. */
struct guest *guest_open(
	struct mailbox *mailbox, struct slice who, const struct guest_rows *rows);
/* A record of the mailbox, new or changed, into the guest's state. */
void guest_put(struct state_edit *edit, const struct record *record);
void guest_put_seen(struct state_edit *edit, const struct guest_row *row);

#endif
