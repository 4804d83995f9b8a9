/* Which accounts have mail here. */
#ifndef RINGPOST_STORE_INVENTORY_H
#define RINGPOST_STORE_INVENTORY_H

#include "base/arena.h"
#include "store/store.h"

#define INVENTORY_MAX 1000000

/* Their names, in order, in the arena. Read on the pool. */
bool store_inventory(struct store *store, struct arena *arena,
	const struct slice **list_r, size_t *count_r, struct deadline deadline);
/* Whether ACCOUNT has a folder: one that is looked at has, from then on. */
bool store_account_is_there(
	const struct store_account *account, bool *there_r, struct deadline deadline);
/* Its folder; lasts as long as it is held. */
struct slice store_account_folder(const struct store_account *account);

#endif
