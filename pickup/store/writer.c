/*
 * Writer threads: each takes an account that has something to do, does all of it
 * in one transaction, and says so.
 *
 * Files go after the commit that forgot them: their paths wait in the table
 * pending_unlink, so that a crash in between leaves neither a message without
 * its file nor a file for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "store/change.h"
#include "store/draft_core.h"
#include "store/kept.h"
#include "store/store_core.h"

#define UNLINK_MAX  1000 /* in one go */
#define KEPT_LOOK_S 60

struct unlinked {
	struct link link;
	char path[];
};

void (*store_at_point)(enum store_point point);

bool store_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (!good)
		fail_errno(FAILURE_STORE, errno, "fsync %s", path);
	if (fd >= 0)
		close(fd);
	return good;
}

/* On the disk, before anything is put into them. */
static bool make_folders(const struct store_account *account)
{
	static const char *const names[] = {"", "/cur", "/new", "/tmp"};
	char path[ACCOUNT_PATH_MAX + 8];
	bool made = false;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s%s", account->folder, names[i]);
		if (mkdir(path, 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return fail_errno(FAILURE_STORE, errno, "mkdir %s", path);
	}
	return !made || (store_sync_folder(account->folder) &&
				store_sync_folder(account->store->folder));
}

static bool open_database(struct store_account *account)
{
	char path[ACCOUNT_PATH_MAX + 16];

	if (account->database)
		return true;
	if (strlen(account->folder) > ACCOUNT_PATH_MAX)
		return fail(FAILURE_DATA, "the account's name is too long");
	if (!make_folders(account))
		return false;
	snprintf(path, sizeof(path), "%s/mail.db", account->folder);
	account->database = database_open(path);
	if (!account->database)
		return false;
	if (!recover_account(account) || !backup_settle(account))
		database_close(&account->database);
	else
		quota_note(account); /* what it has before anything is done */
	account->added = account->database != NULL;
	return account->added;
}

static void forget_unlinked(struct store_account *account)
{
	struct link *link;

	while ((link = list_take(&account->unlinked)))
		memory_free(CONTAINER_OF(link, struct unlinked, link));
}

void writer_close(struct store_account *account)
{
	forget_unlinked(account);
	while (account->reader_count)
		database_close(&account->readers[--account->reader_count]);
	database_close(&account->database);
}

/* In a transaction: the rows of files that are gone. */
static bool delete_unlinked(struct store_account *account)
{
	LIST_EACH (&account->unlinked, link) {
		struct unlinked *gone = CONTAINER_OF(link, struct unlinked, link);
		struct query *query = database_query(
			account->database, "DELETE FROM pending_unlink WHERE path = ?");

		query_text(query, 1, slice_of(gone->path));
		if (!query_run(query))
			return false;
	}
	return true;
}

/* Behind a commit. What cannot be unlinked now stays in the table until the
 * database is opened again. */
static void unlink_files(struct store_account *account)
{
	struct query *query = database_query(
		account->database, "SELECT path FROM pending_unlink LIMIT ?");
	char path[ACCOUNT_PATH_MAX + 300];
	size_t count = 0;

	forget_unlinked(account);
	account->unlinks_wait = atomic_load(&account->backups) > 0;
	account->more_unlinked = false;
	if (account->unlinks_wait) {
		(void)query_end(query);
		return;
	}
	query_number(query, 1, UNLINK_MAX);
	for (; query_row(query); count++) {
		struct slice name = query_bytes_of(query, 0);
		struct unlinked *gone = memory_allocate(sizeof(*gone) + name.size + 1);

		memcpy(gone->path, name.at, name.size);
		list_append(&account->unlinked, &gone->link);
		snprintf(path, sizeof(path), "%s/%s", account->folder, gone->path);
		if (unlink(path) && errno != ENOENT)
			event_note(EVENT_WARNING, "mailbox_file", "unlink %s: %s", path,
				strerror(errno));
		store_point(POINT_UNLINKED);
	}
	account->more_unlinked = query_end(query) && count == UNLINK_MAX;
}

static void run_one(struct store_account *account, struct operation *operation)
{
	struct database *database = account->database;

	operation->good = database_mark(database);
	if (operation->good) {
		operation->good = operation->run(operation, database);
		store_point(POINT_RUN);
		if (operation->good)
			operation->good = database_unmark(database);
		else
			database_undo(database);
	}
	if (!operation->good)
		operation->failure = *failure_last();
}

static void fail_all(struct list *operations)
{
	LIST_EACH (operations, link) {
		struct operation *operation = CONTAINER_OF(
			link, struct operation, link);

		operation->good = false;
		operation->fault = STORE_NO_FAULT;
		operation->failure = *failure_last();
	}
}

/* Of files that are named in the transaction, once for all of them. */
static bool sync_names(const struct store_account *account, struct list *operations)
{
	char path[ACCOUNT_PATH_MAX + 8];

	LIST_EACH (operations, link) {
		const struct operation *operation = CONTAINER_OF(
			link, struct operation, link);

		if (!operation->good || !operation->names_files)
			continue;
		snprintf(path, sizeof(path), "%s/cur", account->folder);
		return store_sync_folder(path);
	}
	return true;
}

static bool may_lose(struct list *operations)
{
	LIST_EACH (operations, link)
		if (!CONTAINER_OF(link, struct operation, link)->may_lose)
			return false;
	return !list_is_empty(operations);
}

static void transact(struct store_account *account, struct list *operations)
{
	if (!open_database(account) ||
		!database_may_lose(account->database, may_lose(operations)) ||
		!database_begin(account->database)) {
		fail_all(operations);
		return;
	}
	LIST_EACH (operations, link) {
		/* A full disk ends the transaction, whatever else was in it. */
		if (!database_is_open(account->database))
			break;
		run_one(account, CONTAINER_OF(link, struct operation, link));
	}
	store_point(POINT_COMMIT);
	if (!database_is_open(account->database) || !sync_names(account, operations) ||
		!delete_unlinked(account)) {
		database_rollback(account->database);
		fail_all(operations);
	} else if (!database_commit(account->database)) {
		fail_all(operations);
	} else {
		forget_unlinked(account);
		quota_note(account);
	}
	store_point(POINT_COMMITTED);
}

static void answer(struct store_account *account, struct list *operations)
{
	struct link *link;

	LIST_EACH (operations, each) {
		struct operation *operation = CONTAINER_OF(
			each, struct operation, link);

		if (operation->good && operation->publish)
			operation->publish(operation);
	}
	change_publish_end(account);
	store_point(POINT_PUBLISHED);
	while ((link = list_take(operations))) {
		struct operation *operation = CONTAINER_OF(
			link, struct operation, link);

		/* It belongs to its worker from here on. */
		worker_post(operation->port->worker, &operation->letter);
	}
	store_point(POINT_ANSWERED);
}

/* All that waits; false: there is nothing. */
static bool serve(struct store_account *account)
{
	struct list operations;
	struct link *link;

	list_init(&operations);
	pthread_mutex_lock(&account->lock);
	for (size_t i = 0; i < GROUP_MAX; i++) {
		link = list_take(&account->operations);
		if (!link)
			break;
		list_append(&operations, link);
	}
	pthread_mutex_unlock(&account->lock);
	if (list_is_empty(&operations) && !account->more_unlinked &&
		!(account->unlinks_wait && !atomic_load(&account->backups)))
		return false;
	transact(account, &operations);
	answer(account, &operations);
	if (account->database)
		unlink_files(account);
	return true;
}

/* Under the store's lock, with nothing to do: it may go, if it should. *path_r: and
 * with its folder, which is there now. */
static bool should_go(struct store_account *account, char **path_r)
{
	struct store *store = account->store;

	if (account->holders)
		return false;
	if (!gone_begin(account, path_r) && store->idle_count <= ACCOUNTS_IDLE_MAX)
		return false;
	list_remove(&account->idle_link);
	store->idle_count--;
	map_remove(&store->accounts, slice_of(account->name));
	return true;
}

/* Under the store's lock. What is kept in memory is looked at now and then. */
static void wait_for_work(struct store *store)
{
	struct timespec until;
	int error;

	if (store->kept_bytes > KEPT_BYTES_MAX) {
		pthread_mutex_unlock(&store->lock);
		kept_shrink(store);
		pthread_mutex_lock(&store->lock);
		return;
	}
	store->threads_idle++;
	if (list_is_empty(&store->kept)) {
		error = pthread_cond_wait(&store->changed, &store->lock);
	} else {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += KEPT_LOOK_S;
		error = pthread_cond_timedwait(&store->changed, &store->lock, &until);
	}
	store->threads_idle--;
	if (error == 0)
		return;
	pthread_mutex_unlock(&store->lock);
	kept_shrink(store);
	pthread_mutex_lock(&store->lock);
}

/* Until there is one; NULL: the end. Under the store's lock. */
static struct store_account *next_account(struct store *store)
{
	struct link *link;

	while (!(link = list_take(&store->ready))) {
		if (store->stopping)
			return NULL;
		wait_for_work(store);
	}
	store->ready_count--;
	return CONTAINER_OF(link, struct store_account, ready_link);
}

void *writer_run(void *context)
{
	struct store *store = context;
	struct store_account *account;

	pthread_mutex_lock(&store->lock);
	while ((account = next_account(store))) {
		bool more, gone = false;
		char *path = NULL;

		account->again = false;
		pthread_mutex_unlock(&store->lock);
		more = serve(account);
		pthread_mutex_lock(&store->lock);
		account->scheduled = false;
		if (account->added && store->follower)
			store->follower->added(store->follower, account);
		account->added = false;
		/* Something may have come while it was served, or behind that. */
		if (more || account->again)
			store_make_ready(account);
		else
			gone = should_go(account, &path);
		if (!gone)
			continue;
		pthread_mutex_unlock(&store->lock);
		store_account_free(account);
		gone_end(&path);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}
