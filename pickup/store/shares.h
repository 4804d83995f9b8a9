/*
 * Which accounts may share mailboxes with whom: what is asked before the mail of
 * another account is looked into at all. In memory, and in the store's file
 * ".shares", written anew at each change.
 *
 * An index: what counts is what the mailboxes say themselves (acl.h). It has every
 * pair that shares something, and maybe a few that did.
 */
#ifndef RINGPOST_STORE_SHARES_H
#define RINGPOST_STORE_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "run/deadline.h"

#define SHARES_MAX	 100000 /* pairs */
#define SHARES_SHOWN_MAX 500	/* owners that somebody is shown */

struct shares;

/* Of the store in FOLDER. NULL: its file cannot be read. */
struct shares *shares_open(const char *folder);
void shares_close(struct shares **shares);

struct share {
	struct slice who; /* a name, or GRANT_ANYONE */
	struct slice owner;
	uint64_t serial; /* another one after each shares_add; 0: it is not there */
	bool is_new;	 /* it was not there before shares_add */
};
/* It is there, on the disk. FAILURE_LIMIT: there are too many. */
bool shares_add(struct shares *shares, struct share *share, struct deadline deadline);
/* It is gone, if it is the one of that serial. */
bool shares_remove(
	struct shares *shares, const struct share *share, struct deadline deadline);
/* Its serial. */
uint64_t shares_serial(const struct shares *shares, const struct share *share);
/* The account NAME is no more: all pairs with it go. */
bool shares_forget(struct shares *shares, struct slice name, struct deadline deadline);

/* Whether OWNER may share something with WHO, or with anyone. */
bool shares_has(const struct shares *shares, struct slice who, struct slice owner);
/* All owners who may, each once, by name, in the arena; SHARES_SHOWN_MAX at most. */
size_t shares_of(const struct shares *shares, struct slice who, struct arena *arena,
	const struct slice **owners_r);

#endif
