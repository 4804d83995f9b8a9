/*
 * What a process that was killed left behind: messages on their way.
 *
 * A message has its name in tmp/ from its first byte until the transaction that
 * gives it a place was committed, and in cur/ from when it is on the disk. So what
 * is in tmp/ and of another process is either known to the database, then only its
 * name in tmp/ goes; or nobody was promised anything, then both go.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "store/draft_core.h"
#include "store/store_core.h"

static bool is_known(struct store_account *account, const char *path, bool *known_r)
{
	struct query *query = database_query(
		account->database, "SELECT 1 FROM file WHERE path = ?");

	query_text(query, 1, slice_of(path));
	*known_r = query_row(query);
	return query_end(query);
}

static bool settle(struct store_account *account, const char *name)
{
	char tmp[ACCOUNT_PATH_MAX + 300], cur[ACCOUNT_PATH_MAX + 300], path[300];
	bool known;

	snprintf(path, sizeof(path), "cur/%s", name);
	if (!is_known(account, path, &known))
		return false;
	snprintf(cur, sizeof(cur), "%s/cur/%s", account->folder, name);
	snprintf(tmp, sizeof(tmp), "%s/tmp/%s", account->folder, name);
	if (!known && unlink(cur) && errno != ENOENT)
		return fail_errno(FAILURE_STORE, errno, "unlink %s", cur);
	if (unlink(tmp) && errno != ENOENT)
		return fail_errno(FAILURE_STORE, errno, "unlink %s", tmp);
	return true;
}

bool recover_account(struct store_account *account)
{
	char path[ACCOUNT_PATH_MAX + 8], ours[DRAFT_MARK_SIZE];
	struct dirent *entry;
	bool good = true;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/tmp", account->folder);
	folder = opendir(path);
	if (!folder)
		return fail_errno(FAILURE_STORE, errno, "%s", path);
	draft_write_mark(account->store, ours);
	while (good && (entry = readdir(folder))) {
		if (entry->d_name[0] != '.' && !strstr(entry->d_name, ours))
			good = settle(account, entry->d_name);
	}
	closedir(folder);
	return good;
}
