/*
 * Whether an account's database and its files say the same, and what can be done
 * where they do not. The account may be in use meanwhile.
 */
#ifndef RINGPOST_STORE_INSPECT_H
#define RINGPOST_STORE_INSPECT_H

#include "store/mailbox.h"

#define FINDINGS_MAX 100000 /* of files that are named; more are counted */

struct findings {
	bool damaged; /* SQLite says so, and what: nothing else was looked at */
	struct slice damage;
	uint64_t files, messages; /* looked at */
	uint64_t lost;		  /* rows whose file is not there */
	uint64_t resized;	  /* … or not as long as it was */
	uint64_t strange;	  /* files no row knows */
	uint64_t unfiled;	  /* messages whose file has no row */
	uint64_t references;	  /* rows of files that are shown more or less often */
	uint64_t sums;		  /* mailboxes, and the account, that count wrong */
	uint64_t numbers;	  /* mailboxes that would give a UID or modseq again */
	/* By their names in cur/; the numbers of lost files' rows. */
	const struct slice *strange_names;
	const uint64_t *lost_files;
	size_t strange_count, lost_count;
};
/* On a thread of the pool, beside the writer. */
bool store_inspect(struct store_port *port, struct store_account *account,
	struct arena *arena, struct findings *findings_r, struct deadline deadline);
bool findings_are_good(const struct findings *findings);

enum strange_files { STRANGE_LEAVE, STRANGE_REMOVE, STRANGE_RECOVER };
#define MAILBOX_RECOVERED "Recovered"
/*
 * What FINDINGS found (and what is like that now), and who shares with whom: messages without their file are
 * expunged, rows and sums made right; strange files stay, go, or are put into
 * MAILBOX_RECOVERED.
 */
bool store_repair(struct store_port *port, struct store_account *account,
	const struct findings *findings, enum strange_files strange,
	struct deadline deadline);

/*
 * For a database that cannot be read: it is renamed, to "mail.db.damaged-TIME", so
 * that the next one to ask makes a new one, to which all files are strange. Nobody has
 * asked for anything of the account yet.
 */
bool store_set_database_aside(
	const struct store_account *account, struct deadline deadline);

#endif
