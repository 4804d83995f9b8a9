/* The inside of drafts, for files that make or clean up messages' files. */
#ifndef RINGPOST_STORE_DRAFT_CORE_H
#define RINGPOST_STORE_DRAFT_CORE_H

#include "base/buffer.h"
#include "base/failure.h"
#include "store/draft.h"
#include "store/store_core.h"

#define DRAFT_NAME_SIZE 160

struct draft {
	struct store_account *account; /* held */
	struct store_port *port;
	int fd; /* -1: closed, or not open yet */
	char name[DRAFT_NAME_SIZE];
	struct buffer piece; /* what is not in the file yet */
	uint64_t written;
	bool after_cr;
	bool made; /* there is a file */
	bool finished;
	bool kept; /* a mailbox has it, or an operation that was left behind */
	struct buffer facts;
	bool found; /* in cur/ since long: it stays there whatever becomes of this */
	struct failure failure; /* of the job on the pool */
};

/* Without a file: it has its name. */
struct draft *draft_make(struct store_port *port, struct store_account *account);
/* Its name in tmp/; in CUR, too, where nothing will ever show it. */
void draft_unlink(const struct store_account *account, const char *name, bool cur);
/* Its row, in a transaction (append.c). */
bool draft_insert_file(struct database *database, struct slice path, uint64_t size,
	struct slice facts, uint64_t *file_r);
/* A message whose file is in cur/, and of no mailbox. NULL: it cannot be read. */
struct draft *draft_of_file(struct store_port *port, struct store_account *account,
	struct slice name, struct deadline deadline);

#define DRAFT_MARK_SIZE 48

/* What the names of all files have that this process made: MARK has room for
 * DRAFT_MARK_SIZE. */
void draft_write_mark(const struct store *store, char *mark);

/*
 * Points where a process may end, in the order in which a message passes them: for
 * tests that end it there. NULL: nobody wants to know.
 */
enum store_point {
	POINT_WRITTEN, /* in tmp/ */
	POINT_LINKED,  /* and in cur/ */
	POINT_DURABLE,
	POINT_RUN, /* an operation, in the transaction */
	POINT_COMMIT,
	POINT_COMMITTED,
	POINT_PUBLISHED,
	POINT_ANSWERED,
	POINT_UNLINKED, /* one of the files that nobody shows any more */
	POINTS
};
extern void (*store_at_point)(enum store_point point);
static inline void store_point(enum store_point point)
{
	if (store_at_point)
		store_at_point(point);
}

#endif
