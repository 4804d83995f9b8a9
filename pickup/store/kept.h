/*
 * Mailboxes that were open and are kept in memory for a while, up to date, so that
 * the next session need not read them again. At most KEPT_BYTES_MAX of them, each
 * for KEPT_MS; those that were left first go first.
 */
#ifndef RINGPOST_STORE_KEPT_H
#define RINGPOST_STORE_KEPT_H

#include "store/mailbox_core.h"

#define KEPT_BYTES_MAX (256u << 20)
#define KEPT_MS	       (10 * 60 * 1000)

/* Under its account's lock: nobody holds it any more; somebody does again. */
void kept_add(struct mailbox *mailbox);
void kept_remove(struct mailbox *mailbox);
/* Those that are too many or too old go. No lock is held. */
void kept_shrink(struct store *store);
/* All of an account that nobody holds and no thread serves. */
void kept_free_all(struct store_account *account);

#endif
