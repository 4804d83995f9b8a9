/*
 * Whose mailboxes an address is for: asked of whoever knows the accounts.
 */
#ifndef RINGPOST_DELIVER_OWNERS_H
#define RINGPOST_DELIVER_OWNERS_H

#include "base/arena.h"
#include "run/deadline.h"
#include "store/store.h"

/* Texts live in the arena they were asked with. */
struct owner {
	struct slice account; /* its name, as it is stored */
	struct slice detail;  /* "lists" of "bob+lists@…"; empty: none */
	struct store_sums quota;
};

/* Each true: *owner_r. False: FAILURE_DATA: there is none; else it cannot be told
 * now. */
struct owners {
	/* SEPARATOR stands between a mailbox and its detail; 0: nothing does. */
	bool (*find)(void *context, struct slice address, char separator,
		struct arena *arena, struct owner *owner_r, struct deadline deadline);
	/* The account of that name. */
	bool (*read)(void *context, struct slice account, struct arena *arena,
		struct owner *owner_r, struct deadline deadline);
	void *context;
};

#endif
