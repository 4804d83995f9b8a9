/* Compares an account's database with its files; see inspect.h. */
#include "store/inspect.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"
#include "store/draft_core.h"
#include "store/reader.h"

struct inspecting {
	struct store_account *account;
	struct arena *arena;
	struct findings found;
	struct slice *strange;
	uint64_t *lost;
	bool good;
	struct failure failure;
};

bool findings_are_good(const struct findings *findings)
{
	return !findings->damaged && !findings->lost && !findings->resized &&
	       !findings->strange && !findings->unfiled && !findings->references &&
	       !findings->sums && !findings->numbers;
}

static bool has_room(size_t count)
{
	return count < FINDINGS_MAX;
}

static bool inspect_database(struct inspecting *inspecting, struct database *database)
{
	struct query *query = database_query(database, "PRAGMA quick_check(1)");

	if (query_row(query)) {
		struct slice said = query_bytes_of(query, 0);

		inspecting->found.damaged = !slice_equal(said, SLICE("ok"));
		inspecting->found.damage = arena_copy(inspecting->arena, said);
	}
	return query_end(query);
}

static void note_lost(struct inspecting *inspecting, uint64_t file)
{
	size_t *count = &inspecting->found.lost_count;

	inspecting->found.lost++;
	if (!has_room(*count))
		return;
	inspecting->lost = arena_grow(
		inspecting->arena, inspecting->lost, *count, sizeof(*inspecting->lost));
	inspecting->lost[(*count)++] = file;
}

static bool has_row(
	struct database *database, const char *sql, struct slice value, bool *there_r)
{
	struct query *query = database_query(database, sql);

	query_text(query, 1, value);
	*there_r = query_row(query);
	return query_end(query);
}

/* Its row may have gone with it since it was read. */
static bool inspect_missing(struct inspecting *inspecting, struct database *database,
	uint64_t file, struct slice path)
{
	bool there;

	if (!has_row(database, "SELECT 1 FROM file WHERE path = ?", path, &there))
		return false;
	if (there)
		note_lost(inspecting, file);
	return true;
}

struct row_file {
	int64_t id, size;
	struct slice path;
};

static bool inspect_file(struct inspecting *inspecting, struct database *database,
	const struct row_file *row)
{
	struct stat status;
	char *path = memory_format(
		"%s/%.*s", inspecting->account->folder, SLICE_PRINT(row->path));
	int error = stat(path, &status) ? errno : 0;

	inspecting->found.files++;
	memory_free(path);
	if (error == ENOENT)
		return inspect_missing(
			inspecting, database, (uint64_t)row->id, row->path);
	if (error)
		return fail_errno(FAILURE_STORE, error, "%.*s", SLICE_PRINT(row->path));
	inspecting->found.resized += status.st_size != row->size;
	return true;
}

/* Some rows at a time: a long read would keep the log of the database from ending. */
static bool inspect_rows(struct inspecting *inspecting, struct database *database)
{
	enum { AT_ONCE = 1000 };
	struct row_file *rows = memory_allocate_array(AT_ONCE, sizeof(*rows));
	int64_t last = 0;
	size_t count;
	bool good;

	do {
		struct arena arena = {0};
		struct query *query = database_query(database,
			"SELECT id, size, path FROM file WHERE id > ? ORDER BY id "
			"LIMIT 1000");

		query_number(query, 1, last);
		for (count = 0; count < AT_ONCE && query_row(query); count++)
			rows[count] = (struct row_file){query_number_of(query, 0),
				query_number_of(query, 1),
				arena_copy(&arena, query_bytes_of(query, 2))};
		good = query_end(query);
		for (size_t i = 0; i < count && good; i++)
			good = inspect_file(inspecting, database, &rows[i]);
		if (count)
			last = rows[count - 1].id;
		arena_finish(&arena);
	} while (good && count == AT_ONCE);
	memory_free(rows);
	return good;
}

/*
 * No row knows it. On its way, it has a name in tmp/, too, until its row is there: so
 * the row is looked for after that. Expunged, its path is in pending_unlink, and soon
 * it is not there.
 */
static bool inspect_name(
	struct inspecting *inspecting, struct database *database, const char *name)
{
	const char *folder = inspecting->account->folder;
	char *tmp = memory_format("%s/tmp/%s", folder, name);
	char *cur = memory_format("%s/cur/%s", folder, name);
	struct slice path = slice_from(slice_of(cur), strlen(folder) + 1);
	size_t *count = &inspecting->found.strange_count;
	bool known,
		going = false, coming = access(tmp, F_OK) == 0,
		good = has_row(database, "SELECT 1 FROM file WHERE path = ?", path,
			       &known) &&
		       has_row(database, "SELECT 1 FROM pending_unlink WHERE path = ?",
			       path, &going);

	if (good && !known && !going && !coming && access(cur, F_OK) == 0) {
		inspecting->found.strange++;
		if (has_room(*count)) {
			inspecting->strange = arena_grow(inspecting->arena,
				inspecting->strange, *count,
				sizeof(*inspecting->strange));
			inspecting->strange[(*count)++] = arena_copy(
				inspecting->arena, slice_of(name));
		}
	}
	memory_free(tmp);
	memory_free(cur);
	return good;
}

static bool inspect_folder(struct inspecting *inspecting, struct database *database)
{
	char *path = memory_format("%s/cur", inspecting->account->folder);
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool good = folder || fail_errno(FAILURE_STORE, errno, "%s", path);

	while (good && (entry = readdir(folder))) {
		if (entry->d_name[0] != '.')
			good = inspect_name(inspecting, database, entry->d_name);
	}
	if (folder)
		closedir(folder);
	memory_free(path);
	return good;
}

static bool count(struct database *database, const char *sql, uint64_t *count_r)
{
	struct query *query = database_query(database, sql);
	int64_t found = query_row(query) ? query_number_of(query, 0) : 0;

	*count_r += (uint64_t)found;
	return query_end(query);
}

static bool inspect_sums(struct inspecting *inspecting, struct database *database)
{
	struct findings *found = &inspecting->found;

	return count(database, "SELECT count(*) FROM message", &found->messages) &&
	       count(database,
		       "SELECT count(*) FROM message WHERE file NOT IN "
		       "(SELECT id FROM file)",
		       &found->unfiled) &&
	       count(database,
		       "SELECT count(*) FROM file LEFT JOIN (SELECT file, count(*) AS "
		       "shown FROM message GROUP BY file) ON file = id "
		       "WHERE refs <> coalesce(shown, 0)",
		       &found->references) &&
	       count(database,
		       "SELECT count(*) FROM mailbox LEFT JOIN (SELECT mailbox AS of, "
		       "count(*) AS m, sum(size) AS s, sum(flags & 1 = 0) AS u, "
		       "sum(flags & 8 <> 0) AS d FROM message GROUP BY mailbox) "
		       "ON of = id WHERE messages <> coalesce(m, 0) OR "
		       "bytes <> coalesce(s, 0) OR unseen <> coalesce(u, 0) OR "
		       "deleted <> coalesce(d, 0)",
		       &found->sums) &&
	       count(database,
		       "SELECT (SELECT value FROM meta WHERE key = 'bytes') <> "
		       "coalesce(sum(size), 0) OR (SELECT value FROM meta WHERE key = "
		       "'messages') <> count(*) FROM message",
		       &found->sums) &&
	       count(database,
		       "SELECT count(*) FROM mailbox WHERE uidnext <= coalesce((SELECT "
		       "max(uid) FROM message WHERE mailbox = id), 0) OR "
		       "uidnext <= coalesce((SELECT max(last) FROM vanished WHERE "
		       "mailbox = id), 0) OR modseq < coalesce((SELECT max(modseq) "
		       "FROM "
		       "message WHERE mailbox = mailbox.id), 0)",
		       &found->numbers);
}

static void inspect(void *arg)
{
	struct inspecting *inspecting = arg;
	struct database *database = reader_take(inspecting->account);

	inspecting->good = database && inspect_database(inspecting, database);
	if (inspecting->good && !inspecting->found.damaged)
		inspecting->good = inspect_rows(inspecting, database) &&
				   inspect_folder(inspecting, database) &&
				   database_begin_reading(database) &&
				   inspect_sums(inspecting, database);
	if (!inspecting->good)
		inspecting->failure = *failure_last();
	if (database)
		reader_give(inspecting->account, database);
}

bool store_inspect(struct store_port *port, struct store_account *account,
	struct arena *arena, struct findings *findings_r, struct deadline deadline)
{
	struct inspecting inspecting = {.account = account, .arena = arena};
	struct store_sums sums;

	/* Its folder and database are there from here on. */
	if (!store_account_read(port, account, &sums, deadline) ||
		!offload(inspect, &inspecting, deadline))
		return false;
	if (!inspecting.good)
		return fail_again(&inspecting.failure);
	*findings_r = inspecting.found;
	findings_r->strange_names = inspecting.strange;
	findings_r->lost_files = inspecting.lost;
	return true;
}
