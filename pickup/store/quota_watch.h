/*
 * Accounts that have come to a share of what they may have: noted behind the commit
 * that brought them there, for whoever asks now and then.
 */
#ifndef RINGPOST_STORE_QUOTA_WATCH_H
#define RINGPOST_STORE_QUOTA_WATCH_H

#include "base/arena.h"
#include "store/store.h"

#define QUOTA_MARKS_MAX	    8
#define QUOTA_CROSSINGS_MAX 1000 /* that nobody asked for; the others are not told */

/* At these shares, in percent, from now on. */
void store_watch_quota(struct store *store, const unsigned *percents, size_t count);

struct quota_crossing {
	struct slice account;
	unsigned percent; /* the highest of the marks that it has come to */
	struct store_sums used, quota;
};
/* All since the last call, in the arena; how many. */
size_t store_quota_crossings(
	struct store *store, struct arena *arena, const struct quota_crossing **list_r);

/* On the writer's thread: it has more than before, or less. */
void quota_compare(struct store_account *account, struct store_sums before,
	struct store_sums used);

#endif
