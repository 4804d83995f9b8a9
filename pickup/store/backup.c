/*
 * Copies of accounts' mail; see backup.h.
 *
 * Files never change, and none goes while a copy is made: so all that the copied
 * database knows of are there to be copied after it. The new database takes the
 * place of an older one when all files of it are on the disk, and files that only
 * the older one knew go behind that.
 */
#include "store/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/reader.h"

#define FILES_AT_ONCE 200
#define BYTES_AT_ONCE (32u << 20)
#define PIECE_SIZE    (1u << 20)

struct backing {
	struct store_account *account;
	const char *into;
	struct database *copy;
	int64_t last; /* file so far */
	bool ended;   /* it was the last */
	struct arena arena;
	struct slice *old; /* paths of files that only the older copy knows */
	size_t old_count;
	struct backup_figures figures;
	struct failure failure; /* none: good */
};

static void note(struct backing *backing, bool good)
{
	if (!good)
		backing->failure = *failure_last();
}

static char *path_of(const struct backing *backing, const char *name)
{
	return memory_format("%s/%s", backing->into, name);
}

/* ---- The database ---- */

static bool make_folders(const struct backing *backing)
{
	static const char *const names[] = {"..", "", "cur", "new", "tmp"};
	struct slice into = slice_of(backing->into);

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		char *path = i ? path_of(backing, names[i])
			       : memory_copy_text(slice_part(
					 into, 0, slice_index_last(into, '/')));
		bool good = mkdir(path, 0700) == 0 || errno == EEXIST ||
			    fail_errno(FAILURE_FILE, errno, "mkdir %s", path);

		memory_free(path);
		if (!good)
			return false;
	}
	return true;
}

static bool remove_names(const struct backing *backing, const char *const *names)
{
	bool good = true;

	for (; *names && good; names++) {
		char *path = path_of(backing, *names);

		good = unlink(path) == 0 || errno == ENOENT ||
		       fail_errno(FAILURE_FILE, errno, "unlink %s", path);
		memory_free(path);
	}
	return good;
}

static bool mark(struct database *copy)
{
	struct query *query = database_query(
		copy, "INSERT OR REPLACE INTO meta VALUES ('copied_ms', ?)");

	query_number(query, 1, clock_wall_ms());
	return query_run(query);
}

static bool copy_database(struct backing *backing)
{
	static const char *const left[] = {
		"mail.db.new", "mail.db.new-wal", "mail.db.new-shm", NULL};
	struct database *reader = reader_take(backing->account);
	char *path = path_of(backing, "mail.db.new");
	bool good = reader && make_folders(backing) && remove_names(backing, left) &&
		    database_copy(reader, path);

	if (reader)
		reader_give(backing->account, reader);
	if (good)
		backing->copy = database_open(path);
	memory_free(path);
	return good && backing->copy && mark(backing->copy);
}

static void begin(void *arg)
{
	struct backing *backing = arg;

	note(backing, copy_database(backing));
}

/* ---- The files ---- */

static bool copy_bytes(int from, int to)
{
	char *piece = memory_allocate(PIECE_SIZE);
	bool good = true;
	ssize_t got;

	while (good && (got = read(from, piece, PIECE_SIZE)) != 0) {
		for (ssize_t done = 0, put; good && done < got; done += put) {
			put = write(to, piece + done, (size_t)(got - done));
			good = put > 0;
		}
		good = good && got > 0;
	}
	memory_free(piece);
	return good;
}

static bool copy_file(struct backing *backing, const char *name)
{
	char *from = memory_format("%s/%s", backing->account->folder, name);
	char *tmp = path_of(backing, "tmp/copy"), *to = path_of(backing, name);
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int target = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = source >= 0 && target >= 0 && copy_bytes(source, target);

	if (target >= 0 && close(target))
		good = false;
	good = good && rename(tmp, to) == 0;
	if (!good)
		fail_errno(FAILURE_FILE, errno, "%s", source < 0 ? from : to);
	if (source >= 0)
		close(source);
	memory_free(from);
	memory_free(tmp);
	memory_free(to);
	return good;
}

/* One of the same size is the same: names are never used again. */
static bool keep_file(struct backing *backing, struct slice name, uint64_t size)
{
	char *text = memory_copy_text(name), *to = path_of(backing, text);
	struct stat status;
	bool good = true;

	backing->figures.files++;
	backing->figures.bytes += size;
	if (stat(to, &status) || (uint64_t)status.st_size != size) {
		good = copy_file(backing, text);
		backing->figures.copied += good;
		backing->figures.copied_bytes += good ? size : 0;
	}
	memory_free(text);
	memory_free(to);
	return good;
}

/* Some of them: others want the thread, too. */
static bool copy_some(struct backing *backing)
{
	struct query *query = database_query(backing->copy,
		"SELECT id, path, size FROM file WHERE id > ? ORDER BY id LIMIT ?");
	uint64_t until = backing->figures.copied_bytes + BYTES_AT_ONCE;
	size_t count = 0;
	bool good = true, more = false;

	query_number(query, 1, backing->last);
	query_number(query, 2, FILES_AT_ONCE);
	while (good && (more = query_row(query)) &&
		backing->figures.copied_bytes < until) {
		backing->last = query_number_of(query, 0);
		good = keep_file(backing, query_bytes_of(query, 1),
			(uint64_t)query_number_of(query, 2));
		count++;
	}
	backing->ended = !more && count < FILES_AT_ONCE;
	return query_end(query) && good;
}

static void go_on(void *arg)
{
	struct backing *backing = arg;

	note(backing, copy_some(backing));
}

/* ---- The end ---- */

static bool note_old(struct backing *backing, const char *name)
{
	struct query *query = database_query(
		backing->copy, "SELECT 1 FROM file WHERE path = ?");
	struct slice path = arena_format(&backing->arena, "cur/%s", name);
	bool known;

	query_text(query, 1, path);
	known = query_row(query);
	if (!query_end(query))
		return false;
	if (known)
		return true;
	backing->old = arena_grow(&backing->arena, backing->old, backing->old_count,
		sizeof(*backing->old));
	backing->old[backing->old_count++] = path;
	return true;
}

static bool find_old(struct backing *backing)
{
	char *path = path_of(backing, "cur");
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool good = folder || fail_errno(FAILURE_FILE, errno, "%s", path);

	while (good && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			good = note_old(backing, entry->d_name);
	if (folder)
		closedir(folder);
	memory_free(path);
	return good;
}

static bool sync_all(const struct backing *backing)
{
	int fd = open(backing->into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && syncfs(fd) == 0;

	if (!good)
		fail_errno(FAILURE_FILE, errno, "%s", backing->into);
	if (fd >= 0)
		close(fd);
	return good;
}

static bool put_in_place(struct backing *backing)
{
	static const char *const left[] = {"mail.db-wal", "mail.db-shm", NULL};
	char *new = path_of(backing, "mail.db.new"),
	     *path = path_of(backing, "mail.db");
	bool good;

	database_close(&backing->copy);
	good = sync_all(backing) && remove_names(backing, left);
	if (good && rename(new, path))
		good = fail_errno(FAILURE_FILE, errno, "rename %s", new);
	memory_free(new);
	memory_free(path);
	return good && sync_all(backing);
}

static bool finish(struct backing *backing)
{
	if (!find_old(backing) || !put_in_place(backing))
		return false;
	for (size_t i = 0; i < backing->old_count; i++) {
		const char *const names[] = {backing->old[i].at, NULL};

		if (!remove_names(backing, names))
			return false;
		backing->figures.removed++;
	}
	return true;
}

static void end(void *arg)
{
	struct backing *backing = arg;

	note(backing, finish(backing));
}

/* Files may go again: the writer looks. */
static void let_files_go(struct store_account *account)
{
	if (atomic_fetch_sub(&account->backups, 1) != 1)
		return;
	pthread_mutex_lock(&account->store->lock);
	store_make_ready(account);
	pthread_mutex_unlock(&account->store->lock);
}

static bool step(
	struct backing *backing, void (*job)(void *arg), struct deadline deadline)
{
	return offload(job, backing, deadline) &&
	       (!backing->failure.kind || fail_again(&backing->failure));
}

bool store_backup(struct store_port *port, struct store_account *account,
	const char *into, struct backup_figures *figures_r, struct deadline deadline)
{
	struct backing backing = {.account = account, .into = into};
	struct store_sums sums;
	bool good;

	*figures_r = (struct backup_figures){0};
	/* Its database is there from here on. */
	if (!store_account_read(port, account, &sums, deadline))
		return false;
	atomic_fetch_add(&account->backups, 1);
	good = step(&backing, begin, deadline);
	while (good && !backing.ended) {
		good = step(&backing, go_on, deadline);
		*figures_r = backing.figures;
	}
	good = good && step(&backing, end, deadline);
	*figures_r = backing.figures;
	let_files_go(account);
	database_close(&backing.copy);
	arena_finish(&backing.arena);
	return good;
}
