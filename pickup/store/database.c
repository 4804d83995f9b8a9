/* SQLite behind a few functions; see database.h. */
#include "store/database.h"

#include <sqlite3.h>

#include "base/failure.h"
#include "base/map.h"
#include "base/memory.h"
#include "store/schema.h"

#define BUSY_MS 10000

/* What schema.sql has become since: a database of version N lacks them from N - 1 on.
 */
static const char *const upgrades[] = {
	/* Who looks at mailboxes of this account beside its owner, and what he has
	 * seen, or has unseen again, at which modseq; what is not there is not seen.
	 * UIDs may be there that are gone. */
	"CREATE TABLE seer (id INTEGER PRIMARY KEY, who TEXT NOT NULL UNIQUE);"
	"CREATE TABLE seen (mailbox INTEGER NOT NULL, seer INTEGER NOT NULL,"
	"uid INTEGER NOT NULL, seen INTEGER NOT NULL, modseq INTEGER NOT NULL,"
	"PRIMARY KEY (mailbox, seer, uid)) WITHOUT ROWID;"
	"PRAGMA user_version = 2",
	/* Notes (RFC 5464), of a mailbox or (0) of the account; shared ones are of who
	 * is ''. */
	"CREATE TABLE metadata (mailbox INTEGER NOT NULL, who TEXT NOT NULL,"
	"entry TEXT NOT NULL, value BLOB NOT NULL,"
	"PRIMARY KEY (mailbox, entry, who)) WITHOUT ROWID;"
	"PRAGMA user_version = 3",
};
#define VERSION ((int64_t)ARRAY_COUNT(upgrades) + 1)

struct database {
	sqlite3 *handle;
	bool may_lose;	    /* synchronous is NORMAL */
	struct map queries; /* the address of their SQL → struct query */
};

struct query {
	struct database *database;
	sqlite3_stmt *statement;
	int code; /* of the last step */
};

static bool fail_now(const struct database *database, const char *what)
{
	int code = sqlite3_errcode(database->handle) & 0xff;
	bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;

	return fail(damaged ? FAILURE_DATA : FAILURE_STORE, "%s: %s", what,
		sqlite3_errmsg(database->handle));
}

static bool execute(struct database *database, const char *sql)
{
	return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       fail_now(database, "the mailbox database");
}

static bool read_version(struct database *database, int64_t *version_r)
{
	struct query *query = database_query(database, "PRAGMA user_version");

	*version_r = query && query_row(query) ? query_number_of(query, 0) : -1;
	return query_end(query);
}

static bool prepare(struct database *database, const struct database_kind *kind)
{
	int64_t version;
	bool good;

	/* Readers see the last commit while a writer goes on; a commit is on the disk.
	 */
	if (!execute(database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
			       "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; "
			       "PRAGMA wal_autocheckpoint = 2000; "
			       "PRAGMA journal_size_limit = 67108864") ||
		(kind->may_lose && !execute(database, "PRAGMA synchronous = NORMAL")) ||
		!read_version(database, &version))
		return false;
	if (version == kind->version)
		return true;
	if (version < 0 || version > kind->version || (version && !kind->upgrades))
		return fail(FAILURE_DATA,
			"the mailbox database has version %d, this program knows %d",
			(int)version, (int)kind->version);
	good = database_begin(database) && (version || execute(database, kind->schema));
	for (int64_t i = version ? version : 1;
		good && kind->upgrades && i < kind->version; i++)
		good = execute(database, kind->upgrades[i - 1]);
	if (good)
		return database_commit(database);
	database_rollback(database);
	return false;
}

static struct database *open_handle(const char *path, int flags)
{
	struct database *database = NEW(struct database);

	flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(path, &database->handle, flags, NULL) != SQLITE_OK) {
		fail_now(database, path);
		database_close(&database);
		return NULL;
	}
	sqlite3_busy_timeout(database->handle, BUSY_MS);
	sqlite3_extended_result_codes(database->handle, 0);
	return database;
}

struct database *database_open_kind(const char *path, const struct database_kind *kind)
{
	struct database *database = open_handle(path, SQLITE_OPEN_CREATE);

	if (database && !prepare(database, kind)) {
		fail_in(path);
		database_close(&database);
	}
	return database;
}

struct database *database_open(const char *path)
{
	char *schema = memory_copy_text(slice_make(schema_code, schema_size));
	struct database *database = database_open_kind(path,
		&(struct database_kind){
			.schema = schema, .upgrades = upgrades, .version = VERSION});

	memory_free(schema);
	return database;
}

struct database *database_open_reader(const char *path)
{
	struct database *database = open_handle(path, 0);

	if (database && !execute(database, "PRAGMA query_only = ON")) {
		fail_in(path);
		database_close(&database);
	}
	return database;
}

void database_close(struct database **database)
{
	struct database *old = *database;
	struct map_cursor cursor = {0};
	struct slice key;
	void *query;

	*database = NULL;
	if (!old)
		return;
	while (map_next(&old->queries, &cursor, &key, &query)) {
		sqlite3_finalize(((struct query *)query)->statement);
		memory_free(query);
	}
	map_finish(&old->queries);
	sqlite3_close(old->handle);
	memory_free(old);
}

/* The transaction holds it still: else each commit of another would begin it anew. */
static bool copy_pages(struct database *from, struct database *to)
{
	sqlite3_backup *backup;
	int64_t version;
	bool good;

	if (!database_begin_reading(from) || !read_version(from, &version))
		return false;
	backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	good = backup && sqlite3_backup_step(backup, -1) == SQLITE_DONE;
	if (backup && sqlite3_backup_finish(backup) != SQLITE_OK)
		good = false;
	if (!good)
		fail_now(to, "the copy of a mailbox database");
	database_rollback(from);
	return good;
}

bool database_copy(struct database *database, const char *path)
{
	struct database *copy = open_handle(path, SQLITE_OPEN_CREATE);
	bool good = copy && copy_pages(database, copy);

	database_close(&copy);
	return good;
}

bool database_may_lose(struct database *database, bool may)
{
	if (database->may_lose != may &&
		!execute(database, may ? "PRAGMA synchronous = NORMAL"
				       : "PRAGMA synchronous = FULL"))
		return false;
	database->may_lose = may;
	return true;
}

bool database_begin(struct database *database)
{
	return execute(database, "BEGIN IMMEDIATE");
}

bool database_begin_reading(struct database *database)
{
	return query_run(database_query(database, "BEGIN"));
}

bool database_commit(struct database *database)
{
	if (execute(database, "COMMIT"))
		return true;
	database_rollback(database);
	return false;
}

void database_rollback(struct database *database)
{
	struct failure failure = *failure_last();

	if (!sqlite3_get_autocommit(database->handle))
		sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
	fail_again(&failure);
}

bool database_is_open(const struct database *database)
{
	return !sqlite3_get_autocommit(database->handle);
}

bool database_mark(struct database *database)
{
	return query_run(database_query(database, "SAVEPOINT mark"));
}

bool database_unmark(struct database *database)
{
	return query_run(database_query(database, "RELEASE mark"));
}

void database_undo(struct database *database)
{
	struct failure failure = *failure_last();

	sqlite3_exec(
		database->handle, "ROLLBACK TO mark; RELEASE mark", NULL, NULL, NULL);
	fail_again(&failure);
}

struct query *database_query(struct database *database, const char *sql)
{
	struct slice key = slice_make(&sql, sizeof(sql));
	struct query *query = map_find(&database->queries, key);

	if (query)
		return query;
	query = NEW(struct query);
	query->database = database;
	if (sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
		    &query->statement, NULL) != SQLITE_OK) {
		fail_now(database, sql);
		memory_free(query);
		return NULL;
	}
	map_set(&database->queries, key, query);
	return query;
}

/* What cannot be bound is noticed at the first step. */
static void note(struct query *query, int code)
{
	if (code != SQLITE_OK)
		query->code = code;
}

void query_number(struct query *query, int at, int64_t value)
{
	if (query)
		note(query, sqlite3_bind_int64(query->statement, at, value));
}

void query_text(struct query *query, int at, struct slice text)
{
	if (query)
		note(query, sqlite3_bind_text64(query->statement, at,
				    text.size ? text.at : "", text.size, SQLITE_STATIC,
				    SQLITE_UTF8));
}

void query_bytes(struct query *query, int at, struct slice bytes)
{
	if (query)
		note(query,
			sqlite3_bind_blob64(query->statement, at,
				bytes.size ? bytes.at : "", bytes.size, SQLITE_STATIC));
}

bool query_row(struct query *query)
{
	if (!query || (query->code != SQLITE_OK && query->code != SQLITE_ROW))
		return false;
	query->code = sqlite3_step(query->statement);
	return query->code == SQLITE_ROW;
}

int64_t query_number_of(const struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

struct slice query_bytes_of(const struct query *query, int column)
{
	const void *at = sqlite3_column_blob(query->statement, column);

	return slice_make(at, (size_t)sqlite3_column_bytes(query->statement, column));
}

bool query_end(struct query *query)
{
	bool good;

	if (!query)
		return false;
	good = query->code == SQLITE_DONE || query->code == SQLITE_ROW ||
	       query->code == SQLITE_OK;
	if (!good)
		fail_now(query->database, "the mailbox database");
	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement);
	query->code = SQLITE_OK;
	return good;
}

bool query_run(struct query *query)
{
	while (query_row(query))
		;
	return query_end(query);
}

int64_t database_changes(const struct database *database)
{
	return sqlite3_changes64(database->handle);
}

int64_t database_last_id(const struct database *database)
{
	return sqlite3_last_insert_rowid(database->handle);
}
