/* fts.db by SQLite's FTS5; see index_file.h. */
#include "index/index_file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "index/content.h"

#define VERSION (CONTENT_VERSION * 1000 + FACTS_VERSION)
#define LATEST	8 /* whose paths are remembered */

struct index_file {
	struct database *database;
	dev_t device;
	ino_t inode;
};

/* Without positions: a word is in a message or is not. Nothing is ever taken out of
 * it: numbers of files are not given again, and who asks knows which are there. */
static const char schema[] =
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) "
	"WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('account', -1), ('mark', 0), ('count', 0);"
	"CREATE TABLE latest (file INTEGER PRIMARY KEY, path TEXT NOT NULL);"
	"CREATE TABLE unknown (file INTEGER PRIMARY KEY);"
	"CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, "
	"detail=none, tokenize='ascii');"
	"INSERT INTO words (words, rank) VALUES ('hashsize', 4194304);"
	"PRAGMA user_version = ";

void index_file_remove(const char *path)
{
	static const char *const ends[] = {"-shm", "-wal", ""};

	for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
		char *name = memory_format("%s%s", path, ends[i]);

		(void)unlink(name);
		memory_free(name);
	}
}

static struct index_file *make(struct database *database, const char *path)
{
	struct index_file *file;
	struct stat status;

	if (!database)
		return NULL;
	file = NEW(struct index_file);
	file->database = database;
	if (stat(path, &status) == 0) {
		file->device = status.st_dev;
		file->inode = status.st_ino;
	}
	return file;
}

struct index_file *index_file_open(const char *path)
{
	char *code = memory_format("%s%d", schema, VERSION);
	const struct database_kind kind = {
		.schema = code, .version = VERSION, .may_lose = true};
	struct database *database = database_open_kind(path, &kind);

	if (!database && failure_kind_last() == FAILURE_DATA) {
		index_file_remove(path);
		database = database_open_kind(path, &kind);
	}
	memory_free(code);
	return make(database, path);
}

static bool read_version(struct database *database, int64_t *version_r)
{
	struct query *query = database_query(database, "PRAGMA user_version");

	*version_r = query_row(query) ? query_number_of(query, 0) : -1;
	return query_end(query);
}

struct index_file *index_file_open_reader(const char *path)
{
	struct database *database;
	int64_t version;

	failure_clear();
	if (access(path, F_OK) != 0)
		return NULL;
	database = database_open_reader(path);
	if (!database)
		return NULL;
	if (!read_version(database, &version) || version != VERSION) {
		database_close(&database);
		return NULL;
	}
	return make(database, path);
}

void index_file_close(struct index_file **file)
{
	struct index_file *old = *file;

	*file = NULL;
	if (!old)
		return;
	database_close(&old->database);
	memory_free(old);
}

bool index_file_is_at(const struct index_file *file, const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_dev == file->device &&
	       status.st_ino == file->inode;
}

static bool read_number(struct query *query, int64_t *number_r)
{
	*number_r = query_row(query) ? query_number_of(query, 0) : 0;
	return query_end(query);
}

static bool read_meta(struct index_file *file, struct slice key, int64_t *value_r)
{
	struct query *query = database_query(
		file->database, "SELECT value FROM meta WHERE key = ?");

	query_text(query, 1, key);
	return read_number(query, value_r);
}

static bool write_meta(struct index_file *file, struct slice key, int64_t value)
{
	struct query *query = database_query(
		file->database, "UPDATE meta SET value = ? WHERE key = ?");

	query_number(query, 1, value);
	query_text(query, 2, key);
	return query_run(query);
}

/* What is never the same of two databases that had the same path. */
static bool read_account(struct database *mail, int64_t *account_r)
{
	return read_number(
		database_query(mail, "SELECT uidvalidity FROM mailbox WHERE id = 1"),
		account_r);
}

/* Of the latest ones that are still there, the paths have to be the same. */
static bool compare_latest(struct index_file *file, struct database *mail, bool *same_r)
{
	struct query *query = database_query(
		file->database, "SELECT file, path FROM latest");
	bool good = true;

	while (good && *same_r && query_row(query)) {
		struct query *there = database_query(
			mail, "SELECT path FROM file WHERE id = ?");

		query_number(there, 1, query_number_of(query, 0));
		if (query_row(there) && !slice_equal(query_bytes_of(there, 0),
						query_bytes_of(query, 1)))
			*same_r = false;
		good = query_end(there);
	}
	return query_end(query) && good;
}

bool index_file_fits(
	struct index_file *file, struct database *mail, bool *fits_r, uint64_t *mark_r)
{
	int64_t ours, account, mark, last;

	if (!read_meta(file, SLICE("account"), &ours) ||
		!read_account(mail, &account) ||
		!read_meta(file, SLICE("mark"), &mark) ||
		!read_number(database_query(mail, "SELECT seq FROM sqlite_sequence "
						  "WHERE name = 'file'"),
			&last))
		return false;
	*fits_r = ours == account && mark <= last;
	*mark_r = (uint64_t)mark;
	return !*fits_r || compare_latest(file, mail, fits_r);
}

bool index_file_begin(struct index_file *file)
{
	return database_begin(file->database);
}

bool index_file_start_over(struct index_file *file, struct database *mail)
{
	int64_t account;

	return read_account(mail, &account) &&
	       query_run(database_query(file->database,
		       "INSERT INTO words (words) VALUES ('delete-all')")) &&
	       query_run(database_query(file->database, "DELETE FROM unknown")) &&
	       query_run(database_query(file->database, "DELETE FROM latest")) &&
	       write_meta(file, SLICE("account"), account) &&
	       write_meta(file, SLICE("count"), 0) &&
	       write_meta(file, SLICE("mark"), 0);
}

static bool note_latest(struct index_file *file, uint64_t id, struct slice path)
{
	struct query *query = database_query(
		file->database, "INSERT OR REPLACE INTO latest VALUES (?, ?)");

	query_number(query, 1, (int64_t)id);
	query_text(query, 2, path);
	return query_run(query) &&
	       query_run(database_query(file->database,
		       "UPDATE meta SET value = value + 1 WHERE key = 'count'"));
}

bool index_file_add(
	struct index_file *file, uint64_t id, struct slice path, struct slice words)
{
	struct query *query = database_query(
		file->database, "INSERT INTO words (rowid, text) VALUES (?, ?)");

	query_number(query, 1, (int64_t)id);
	query_text(query, 2, words);
	return query_run(query) && note_latest(file, id, path);
}

bool index_file_add_unknown(struct index_file *file, uint64_t id, struct slice path)
{
	struct query *query = database_query(
		file->database, "INSERT OR IGNORE INTO unknown VALUES (?)");

	query_number(query, 1, (int64_t)id);
	return query_run(query) && note_latest(file, id, path);
}

bool index_file_commit(struct index_file *file, uint64_t mark)
{
	struct query *query = database_query(file->database,
		"DELETE FROM latest WHERE file NOT IN "
		"(SELECT file FROM latest ORDER BY file DESC LIMIT ?)");

	query_number(query, 1, LATEST);
	return query_run(query) && write_meta(file, SLICE("mark"), (int64_t)mark) &&
	       database_commit(file->database);
}

void index_file_rollback(struct index_file *file)
{
	database_rollback(file->database);
}

bool index_file_count(struct index_file *file, uint64_t *count_r)
{
	int64_t count;

	if (!read_meta(file, SLICE("count"), &count))
		return false;
	*count_r = (uint64_t)count;
	return true;
}

bool index_file_begin_reading(struct index_file *file)
{
	return database_begin_reading(file->database);
}

void index_file_end_reading(struct index_file *file)
{
	database_rollback(file->database);
}

/* True: all of them are in it. */
static bool add_all(struct query *query, struct id_set *ids)
{
	bool good = true;

	while (good && query_row(query))
		good = id_set_add(ids, (uint64_t)query_number_of(query, 0));
	if (!good)
		fail(FAILURE_LIMIT, "the index has numbers that are too large");
	return query_end(query) && good;
}

bool index_file_find(struct index_file *file, struct slice words, struct id_set *ids)
{
	struct query *query = database_query(
		file->database, "SELECT rowid FROM words WHERE words MATCH ?");

	query_text(query, 1, words);
	return add_all(query, ids) &&
	       add_all(database_query(file->database, "SELECT file FROM unknown"), ids);
}
