/*
 * The mail of accounts: shared by all workers of the process. A folder for each
 * account holds its messages as files and one SQLite database.
 *
 * Nothing here says that a change was made before it is on the disk. Changes are
 * operations (operation.h): they run on writer threads, one account on one thread
 * at a time, all that wait for it in one transaction. What sessions read of a
 * mailbox is in memory (state.h).
 */
#ifndef RINGPOST_STORE_STORE_H
#define RINGPOST_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "run/deadline.h"

#define ACCOUNT_PATH_MAX 3000

struct store;
struct store_port;    /* a worker's way to it */
struct store_account; /* the mail of one account */
struct shares;

/* FOLDER exists and is ours; of no other process meanwhile (FAILURE_RESOURCE). At
 * most THREADS write, each begun when there is work for it. */
struct store *store_create(const char *folder, unsigned threads);
/* While its disk has fewer bytes free, no message comes (STORE_NO_FAULT): others can
 * be removed. 0: to the last byte. Before the first port is opened. */
void store_keep_free(struct store *store, uint64_t bytes);
/* No port is open any more. */
void store_destroy(struct store **store);

/* On the calling worker. */
struct store_port *store_port_open(struct store *store);
/* Waits until all that was asked over it has ended; no account of it is held. */
void store_port_close(struct store_port **port);
/*
 * Over it, everything is done as WHO, an account's name: with his own mail whatever he
 * likes, with that of others what they let him (rights.h): else STORE_NOPERM, or
 * STORE_NONEXISTENT where it is not his to know that there is something. On BASE's
 * worker, and BASE outlives it. Left without waiting: what was asked ends by itself.
 */
struct store_port *store_port_as(struct store_port *base, struct slice who);
void store_port_leave(struct store_port **port);
struct store *store_port_store(const struct store_port *port);
/* Who shares with whom (shares.h). */
struct shares *store_shares(const struct store *store);

/* NAME as account_name_prepare makes it. Held; its folder is made at its first
 * operation. */
struct store_account *store_account_hold(struct store *store, struct slice name);
void store_account_release(struct store_account **account);
struct slice store_account_name(const struct store_account *account);
/* Its folder goes when nobody holds it any more, if there is no message in it then.
 */
void store_account_forget(struct store_account *account);

/* Bytes and messages; a message counts in every mailbox that shows it. As a quota,
 * 0: as many as there may be. */
struct store_sums {
	uint64_t bytes, messages;
};
/* From now on, until somebody says otherwise or the account is forgotten: so, where
 * it is held. */
void store_account_set_quota(struct store_account *account, struct store_sums quota);
struct store_sums store_account_quota(const struct store_account *account);
/* What it has, as of the last commit, without waiting. False: nothing was done with
 * it yet; store_account_read knows then. */
bool store_account_used(const struct store_account *account, struct store_sums *sums_r);
bool store_account_read(struct store_port *port, struct store_account *account,
	struct store_sums *sums_r, struct deadline deadline);

/* Why a change was refused, beside the failure's text: for response codes. */
enum store_fault {
	STORE_NO_FAULT, /* disk, time: try again */
	STORE_NONEXISTENT,
	STORE_ALREADYEXISTS,
	STORE_CANNOT,
	STORE_HASCHILDREN,
	STORE_OVERQUOTA,
	STORE_LIMIT,
	STORE_EXPUNGED,
	STORE_NOPERM,
};

#endif
