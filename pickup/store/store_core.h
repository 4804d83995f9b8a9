/* The inside of the store, for its own files. */
#ifndef RINGPOST_STORE_STORE_CORE_H
#define RINGPOST_STORE_STORE_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/map.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "store/database.h"
#include "store/disk_room.h"
#include "store/operation.h"
#include "store/quota_watch.h"
#include "state/state.h"
#include "store/store.h"

#define ACCOUNTS_IDLE_MAX 256 /* that nobody holds, whose database stays open */
#define GROUP_MAX	  500 /* operations in a transaction */
#define READERS_MAX	  4   /* of an account, that stay open */

/* Who wants to know where messages came. */
struct store_follower {
	/* Under the store's lock, on a writer's thread: files were added to the
	 * account, or it was opened. Nothing of the store's may be called. */
	void (*added)(struct store_follower *follower, struct store_account *account);
};

struct store {
	char *folder;
	pthread_mutex_t lock; /* of the map, holders and both lists */
	pthread_cond_t changed;
	struct map accounts;
	struct list idle, ready; /* accounts: held by nobody; with something to do */
	size_t idle_count;
	struct list kept; /* mailboxes nobody holds, see kept.h */
	size_t kept_bytes;
	struct shares *shares;
	struct first *first;   /* first.c; or NULL */
	struct list crossings; /* quota_watch.c */
	size_t crossing_count;
	atomic_uint quota_marks[QUOTA_MARKS_MAX];
	bool stopping;
	struct store_follower *follower;
	struct disk_room room;
	int lock_fd;	    /* says that the folder is this process's */
	uint64_t number;    /* of this start: in the names of its files */
	uint64_t gone;	    /* folders so far that went with their accounts */
	pthread_t *threads; /* begun as `ready` asks for more of them */
	unsigned thread_count, threads_most, threads_idle, ready_count;
};

struct store_port {
	struct store *store;
	struct worker *worker;
	size_t waiting; /* operations under way, those of ports on top of it, too */
	struct condition ended;
	struct store_port *base; /* or NULL */
	char *who;		 /* NULL: whose mail it is, or the process itself */
	bool left;		 /* goes with the last operation */
};
/* Something of it is under way; has ended, and the port may be gone. On its worker. */
void store_port_begin(struct store_port *port);
void store_port_end(struct store_port *port);

struct store_account {
	struct store *store;
	char *name, *folder;
	struct link ready_link, idle_link;
	unsigned holders;
	bool scheduled;	      /* in `ready`, or at a writer */
	bool again;	      /* asked for since a writer took it */
	pthread_mutex_t lock; /* of operations and mailboxes */
	struct list operations;
	struct map mailboxes;		       /* that are open, by their number */
	struct database *readers[READERS_MAX]; /* that do not read now */
	size_t reader_count;
	_Atomic uint64_t quota_bytes, quota_messages, bytes, messages;
	atomic_bool is_known; /* what it has */
	bool unwanted;	      /* under the store's lock; see gone.c */
	atomic_uint backups;  /* under way: no file goes */
	/* The writer's alone: */
	struct database *database;
	bool unlinks_wait;	/* for their end */
	struct list publishing; /* open mailboxes, see publish.c */
	struct list unlinked;	/* files that are gone, their rows not yet */
	bool more_unlinked;	/* there are others */
	bool added;		/* files, which the follower was not told of */
};

/* writer.c */
void *writer_run(void *store);
/* recover.c: what the last process left behind in tmp/. On the writer's thread. */
bool recover_account(struct store_account *account);
/* restored.c: it is a copy that was put in its place: UIDs begin anew. On the writer's
 * thread. */
bool backup_settle(struct store_account *account);
/* What a folder names is on the disk. */
bool store_sync_folder(const char *path);
/* Closes what a writer opened. */
void writer_close(struct store_account *account);
/* gone.c: folders of accounts that are forgotten. Under the store's lock, of an account
 * that nobody holds: its folder is out of the way, if it may go; *path_r, to be freed,
 * is where it is then. */
bool gone_begin(struct store_account *account, char **path_r);
/* Without a lock: all of it. */
void gone_end(char **path);
/* Those that a process left which ended meanwhile. */
void gone_sweep(const struct store *store);
/* quota.c: as of the last commit. On the writer's thread. */
void quota_note(struct store_account *account);
/* From now on; NULL: nobody. */
void store_follow(struct store *store, struct store_follower *follower);
/* Under the store's lock. */
void store_make_ready(struct store_account *account);
void store_hold(struct store_account *account);
void store_account_free(struct store_account *account);

#endif
