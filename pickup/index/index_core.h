/* The inside of the index, for its files. */
#ifndef RINGPOST_INDEX_INDEX_CORE_H
#define RINGPOST_INDEX_INDEX_CORE_H

#include <pthread.h>

#include "index/index.h"
#include "index/index_file.h"
#include "store/store_core.h"

struct index {
	struct store *store;
	struct store_follower follower;
	pthread_t thread;
	/* Taken behind the store's, never before it. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping;
	struct map accounts; /* that wait, by their name */
	struct list waiting; /* the same, in the order of their turns */
	struct index_figures figures;
	struct list readers; /* that nobody reads of; the last used first */
	size_t reader_count;
	/* The thread's alone: */
	struct index_file *file; /* the one it wrote last */
	char *path;		 /* of that */
	struct grams *grams;
};

/* To be looked at next, not a while after mail came. */
void index_want(struct index *index, struct store_account *account);
/* account's fts.db; freed by the caller. */
char *index_path_of(const struct store_account *account);

/* fill.c: on the thread: the next messages of the account into its index. *more_r:
 * there are others. */
bool index_fill(struct index *index, struct store_account *account, bool *more_r);
/* Its file is closed. */
void index_fill_end(struct index *index);
/* ask.c: closes those that nobody reads of. */
void index_close_readers(struct index *index);

#endif
