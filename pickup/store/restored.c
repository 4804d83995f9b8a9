/*
 * A copy (backup.h) that was put in the place of an account's mail.
 *
 * UIDs that were given after it was made would be given again, to other messages: so
 * no client may take its mailboxes for those it knew.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/store_core.h"

static bool is_copy(struct database *database, bool *copy_r)
{
	struct query *query = database_query(
		database, "SELECT 1 FROM meta WHERE key = 'copied_ms'");

	*copy_r = query_row(query);
	return query_end(query);
}

/* Each mailbox another one. */
static bool change_uidvalidity(struct database *database)
{
	static const char *const both[] = {
		"UPDATE mailbox SET uidvalidity = n + max(?1, (SELECT value FROM meta "
		"WHERE key = 'uidvalidity')) FROM (SELECT id AS i, row_number() OVER "
		"(ORDER BY id) AS n FROM mailbox) WHERE i = id",
		"UPDATE meta SET value = max(?1, value, coalesce((SELECT "
		"max(uidvalidity) FROM mailbox), 0)) WHERE key = 'uidvalidity'",
	};

	for (size_t i = 0; i < ARRAY_COUNT(both); i++) {
		struct query *query = database_query(database, both[i]);

		query_number(query, 1, clock_wall_ms() / 1000);
		if (!query_run(query))
			return false;
	}
	return true;
}

/* Clients know messages and mailboxes by these, too (EMAILID, MAILBOXID): far above
 * those that may have been given since. */
static bool change_numbers(struct database *database)
{
	return query_run(database_query(
		database, "UPDATE sqlite_sequence SET seq = seq + 1000000"));
}

static bool begin_anew(struct database *database)
{
	return change_uidvalidity(database) && change_numbers(database) &&
	       query_run(database_query(
		       database, "DELETE FROM meta WHERE key = 'copied_ms'"));
}

/* An index of what was there before; who searches makes it anew. */
static bool remove_index(const struct store_account *account)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[ACCOUNT_PATH_MAX + 16];

	for (size_t i = 0; i < ARRAY_COUNT(ends); i++) {
		snprintf(path, sizeof(path), "%s/fts.db%s", account->folder, ends[i]);
		if (unlink(path) && errno != ENOENT)
			return fail_errno(FAILURE_STORE, errno, "unlink %s", path);
	}
	return true;
}

bool backup_settle(struct store_account *account)
{
	bool copy;

	if (!is_copy(account->database, &copy))
		return false;
	if (!copy)
		return true;
	if (!remove_index(account) || !database_begin(account->database))
		return false;
	if (begin_anew(account->database))
		return database_commit(account->database);
	database_rollback(account->database);
	return false;
}
