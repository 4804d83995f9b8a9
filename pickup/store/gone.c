/*
 * Folders of accounts whose mail was removed, all of it.
 *
 * The folder is renamed under the store's lock while nobody holds the account, so
 * that whoever holds it next begins a new one; what is in it goes behind that.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/event.h"
#include "base/memory.h"
#include "store/store_core.h"

#define PREFIX	 ".gone-"
#define OPEN_MAX 16 /* folders at a time */

void store_account_forget(struct store_account *account)
{
	pthread_mutex_lock(&account->store->lock);
	account->unwanted = true;
	pthread_mutex_unlock(&account->store->lock);
}

bool gone_begin(struct store_account *account, char **path_r)
{
	struct store *store = account->store;
	char *path;

	if (!account->unwanted)
		return false;
	account->unwanted = false;
	/* Something came behind that. */
	if (!atomic_load(&account->is_known) || atomic_load(&account->messages))
		return false;
	path = memory_format("%s/" PREFIX "%llu-%llu", store->folder,
		(unsigned long long)store->number, (unsigned long long)++store->gone);
	if (rename(account->folder, path) == 0) {
		*path_r = path;
		return true;
	}
	event_note(EVENT_WARNING, "mailbox_file", "rename %s: %s", account->folder,
		strerror(errno));
	memory_free(path);
	return false;
}

static int remove_one(
	const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)where;
	if ((kind == FTW_DP ? rmdir(path) : unlink(path)) && errno != ENOENT)
		event_note(EVENT_WARNING, "mailbox_file", "remove %s: %s", path,
			strerror(errno));
	return 0;
}

void gone_end(char **path)
{
	if (*path)
		(void)nftw(*path, remove_one, OPEN_MAX, FTW_DEPTH | FTW_PHYS);
	memory_free(*path);
	*path = NULL;
}

void gone_sweep(const struct store *store)
{
	DIR *folder = opendir(store->folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char *path;

		if (!slice_starts(slice_of(entry->d_name), SLICE(PREFIX)))
			continue;
		path = memory_format("%s/%s", store->folder, entry->d_name);
		gone_end(&path);
	}
	if (folder)
		closedir(folder);
}
