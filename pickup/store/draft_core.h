/* The inside of drafts, for files that make or clean up messages' files. */
#ifndef RINGPOST_STORE_DRAFT_CORE_H
#define RINGPOST_STORE_DRAFT_CORE_H

#include "store/draft.h"

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
