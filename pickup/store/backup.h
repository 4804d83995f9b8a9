/* Copies of accounts' mail that can be put in their place. */
#ifndef RINGPOST_STORE_BACKUP_H
#define RINGPOST_STORE_BACKUP_H

#include "store/store.h"

struct backup_figures {
	uint64_t files, bytes; /* of the account, as it was when it began */
	uint64_t copied, copied_bytes;
	uint64_t removed; /* that an older copy had */
};

/*
 * The account's mail as of one moment, in the folder INTO, which is made, or has an
 * older copy: then only what is new is copied, and what is there stays whole until
 * all of it is on the disk. The account is used meanwhile; files that go then go when
 * it has ended.
 *
 * The folder is one of an account: put in its place while no process uses it, it is
 * the account's mail again, under new UIDVALIDITYs, as UIDs that were given since
 * would be given again.
 */
bool store_backup(struct store_port *port, struct store_account *account,
	const char *into, struct backup_figures *figures_r, struct deadline deadline);

#endif
