/* Lists the folders of accounts; see inventory.h. */
#include "store/inventory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/memory.h"
#include "store/store_core.h"

struct inventory {
	const char *folder;
	struct arena *arena;
	struct slice *list;
	size_t count;
	bool there;
	struct failure failure; /* none: good */
};

/* As store.c wrote it: "=41" is a byte. False: it is none of ours. */
static bool read_name(struct slice folder, struct arena *arena, struct slice *name_r)
{
	char *name = arena_take(arena, folder.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < folder.size; i++) {
		if (folder.at[i] != '=') {
			name[size++] = folder.at[i];
			continue;
		}
		if (folder.size - i < 3 ||
			!hex_decode(slice_part(folder, i + 1, 2), &name[size]))
			return false;
		size++;
		i += 2;
	}
	*name_r = slice_make(name, size);
	return size > 0;
}

static int compare(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void list(void *arg)
{
	struct inventory *inventory = arg;
	DIR *folder = opendir(inventory->folder);
	struct dirent *entry;
	struct slice name;

	if (!folder) {
		fail_errno(FAILURE_STORE, errno, "%s", inventory->folder);
		inventory->failure = *failure_last();
		return;
	}
	while ((entry = readdir(folder)) && inventory->count < INVENTORY_MAX) {
		if (entry->d_name[0] == '.' ||
			(entry->d_type != DT_DIR && entry->d_type != DT_LNK &&
				entry->d_type != DT_UNKNOWN) ||
			!read_name(slice_of(entry->d_name), inventory->arena, &name))
			continue;
		inventory->list = arena_grow(inventory->arena, inventory->list,
			inventory->count, sizeof(*inventory->list));
		inventory->list[inventory->count++] = name;
	}
	closedir(folder);
	if (inventory->count)
		qsort(inventory->list, inventory->count, sizeof(*inventory->list),
			compare);
}

bool store_inventory(struct store *store, struct arena *arena,
	const struct slice **list_r, size_t *count_r, struct deadline deadline)
{
	struct inventory inventory = {.folder = store->folder, .arena = arena};

	if (!offload(list, &inventory, deadline))
		return false;
	if (inventory.failure.kind)
		return fail_again(&inventory.failure);
	*list_r = inventory.list;
	*count_r = inventory.count;
	return true;
}

static void look(void *arg)
{
	struct inventory *inventory = arg;

	inventory->there = access(inventory->folder, F_OK) == 0;
	if (inventory->there || errno == ENOENT)
		return;
	fail_errno(FAILURE_STORE, errno, "%s", inventory->folder);
	inventory->failure = *failure_last();
}

bool store_account_is_there(
	const struct store_account *account, bool *there_r, struct deadline deadline)
{
	struct inventory inventory = {.folder = account->folder};

	if (!offload(look, &inventory, deadline))
		return false;
	*there_r = inventory.there;
	return !inventory.failure.kind || fail_again(&inventory.failure);
}

struct slice store_account_folder(const struct store_account *account)
{
	return slice_of(account->folder);
}
