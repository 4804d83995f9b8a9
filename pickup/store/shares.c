/* The index of who shares with whom; see shares.h. */
#include "store/shares.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/failure.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "run/worker.h"
#include "store/rights.h"
#include "store/store_core.h"

#define FILE_SIZE_MAX ((size_t)SHARES_MAX * 1000)

struct pair {
	struct link link; /* of `who` in the map */
	uint64_t serial;
	char *who, *owner;
};

struct shares {
	char *folder;
	pthread_mutex_t writing; /* of the file; before `lock` */
	pthread_mutex_t lock;
	struct map pairs;  /* "who<TAB>owner" → struct pair */
	struct map by_who; /* → struct list of them */
	uint64_t serial;
};

/* --- In memory, under the lock --- */

static struct buffer key_of(struct slice who, struct slice owner)
{
	struct buffer key = {0};

	buffer_append(&key, who);
	buffer_append_byte(&key, '\t');
	buffer_append(&key, owner);
	return key;
}

static struct pair *find(
	const struct shares *shares, struct slice who, struct slice owner)
{
	struct buffer key = key_of(who, owner);
	struct pair *pair = map_find(&shares->pairs, buffer_contents(&key));

	buffer_finish(&key);
	return pair;
}

static struct pair *insert(struct shares *shares, struct slice who, struct slice owner)
{
	struct list *list = map_find(&shares->by_who, who);
	struct buffer key = key_of(who, owner);
	struct pair *pair = NEW(struct pair);

	if (!list) {
		list = NEW(struct list);
		list_init(list);
		map_set(&shares->by_who, who, list);
	}
	pair->who = memory_copy_text(who);
	pair->owner = memory_copy_text(owner);
	pair->serial = ++shares->serial;
	list_append(list, &pair->link);
	map_set(&shares->pairs, buffer_contents(&key), pair);
	buffer_finish(&key);
	return pair;
}

static void drop(struct shares *shares, struct pair *pair)
{
	struct buffer key = key_of(slice_of(pair->who), slice_of(pair->owner));

	map_remove(&shares->pairs, buffer_contents(&key));
	list_remove(&pair->link);
	memory_free(pair->who);
	memory_free(pair->owner);
	memory_free(pair);
	buffer_finish(&key);
}

/* --- The file: "who<TAB>owner" line by line --- */

static struct buffer write_all(struct shares *shares)
{
	struct map_cursor cursor = {0};
	struct buffer text = {0};
	struct slice key;
	void *pair;

	while (map_next(&shares->pairs, &cursor, &key, &pair))
		buffer_append_format(&text, "%.*s\n", SLICE_PRINT(key));
	return text;
}

static bool save(struct shares *shares)
{
	struct buffer text;
	char *path = memory_format("%s/.shares", shares->folder);
	char *new = memory_format("%s/.shares.new", shares->folder);
	int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0;

	pthread_mutex_lock(&shares->lock);
	text = write_all(shares);
	pthread_mutex_unlock(&shares->lock);
	while (good && buffer_size(&text)) {
		struct slice rest = buffer_contents(&text);
		ssize_t written = write(fd, rest.at, rest.size);

		good = written > 0;
		if (good)
			buffer_consume(&text, (size_t)written);
	}
	good = good && fsync(fd) == 0 && rename(new, path) == 0;
	if (!good)
		fail_errno(FAILURE_STORE, errno, "%s", new);
	if (fd >= 0)
		close(fd);
	buffer_finish(&text);
	memory_free(path);
	memory_free(new);
	return good && store_sync_folder(shares->folder);
}

static bool read_file(const char *path, struct buffer *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[1000];
	ssize_t got = 1;

	if (fd < 0)
		return errno == ENOENT || fail_errno(FAILURE_STORE, errno, "%s", path);
	while (got > 0 && buffer_size(text) < FILE_SIZE_MAX) {
		got = read(fd, piece, sizeof(piece));
		if (got > 0)
			buffer_append(text, slice_make(piece, (size_t)got));
	}
	close(fd);
	return got >= 0 || fail_errno(FAILURE_STORE, errno, "%s", path);
}

static bool load(struct shares *shares)
{
	char *path = memory_format("%s/.shares", shares->folder);
	struct buffer text = {0};
	struct slice rest;
	bool good = read_file(path, &text);

	rest = buffer_contents(&text);
	while (good && rest.size) {
		struct slice owner = slice_cut(&rest, '\n');
		struct slice who = slice_cut(&owner, '\t');

		if (who.size && owner.size && shares->pairs.count < SHARES_MAX &&
			!find(shares, who, owner))
			insert(shares, who, owner);
	}
	buffer_finish(&text);
	memory_free(path);
	return good;
}

struct shares *shares_open(const char *folder)
{
	struct shares *shares = NEW(struct shares);

	shares->folder = memory_copy_text(slice_of(folder));
	pthread_mutex_init(&shares->writing, NULL);
	pthread_mutex_init(&shares->lock, NULL);
	if (!load(shares))
		shares_close(&shares);
	return shares;
}

void shares_close(struct shares **shares)
{
	struct shares *old = *shares;
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	*shares = NULL;
	if (!old)
		return;
	while (map_next(&old->pairs, &cursor, &key, &value))
		drop(old, value);
	map_finish(&old->pairs);
	cursor = (struct map_cursor){0};
	while (map_next(&old->by_who, &cursor, &key, &value))
		memory_free(value);
	map_finish(&old->by_who);
	pthread_mutex_destroy(&old->writing);
	pthread_mutex_destroy(&old->lock);
	memory_free(old->folder);
	memory_free(old);
}

/* --- Changes: on the pool, as the file has to be written --- */

struct sharing {
	struct shares *shares;
	struct share *share;
	struct slice name; /* who is forgotten */
	bool good;
	struct failure failure;
};

static void add(void *arg)
{
	struct sharing *sharing = arg;
	struct shares *shares = sharing->shares;
	struct share *share = sharing->share;
	struct pair *pair;

	pthread_mutex_lock(&shares->writing);
	pthread_mutex_lock(&shares->lock);
	pair = find(shares, share->who, share->owner);
	share->is_new = !pair;
	sharing->good = pair || shares->pairs.count < SHARES_MAX ||
			fail(FAILURE_LIMIT, "There are %d shares", SHARES_MAX);
	if (!pair && sharing->good)
		pair = insert(shares, share->who, share->owner);
	else if (pair)
		pair->serial = ++shares->serial;
	share->serial = pair ? pair->serial : 0;
	pthread_mutex_unlock(&shares->lock);
	if (sharing->good && share->is_new && !save(shares)) {
		sharing->good = false;
		pthread_mutex_lock(&shares->lock);
		drop(shares, pair);
		pthread_mutex_unlock(&shares->lock);
	}
	pthread_mutex_unlock(&shares->writing);
	if (!sharing->good)
		sharing->failure = *failure_last();
}

static void take_away(void *arg)
{
	struct sharing *sharing = arg;
	struct shares *shares = sharing->shares;
	const struct share *share = sharing->share;
	struct pair *pair;

	pthread_mutex_lock(&shares->writing);
	pthread_mutex_lock(&shares->lock);
	pair = find(shares, share->who, share->owner);
	if (pair && pair->serial != share->serial)
		pair = NULL;
	if (pair)
		drop(shares, pair);
	pthread_mutex_unlock(&shares->lock);
	sharing->good = !pair || save(shares);
	pthread_mutex_unlock(&shares->writing);
	if (!sharing->good)
		sharing->failure = *failure_last();
}

static void forget(void *arg)
{
	struct sharing *sharing = arg;
	struct shares *shares = sharing->shares;
	struct map_cursor cursor = {0};
	size_t before;
	struct slice key;
	void *value;

	pthread_mutex_lock(&shares->writing);
	pthread_mutex_lock(&shares->lock);
	before = shares->pairs.count;
	while (map_next(&shares->pairs, &cursor, &key, &value)) {
		struct pair *pair = value;

		if (slice_equal(slice_of(pair->who), sharing->name) ||
			slice_equal(slice_of(pair->owner), sharing->name))
			drop(shares, pair);
	}
	before -= shares->pairs.count;
	pthread_mutex_unlock(&shares->lock);
	sharing->good = !before || save(shares);
	pthread_mutex_unlock(&shares->writing);
	if (!sharing->good)
		sharing->failure = *failure_last();
}

static bool perform(
	void (*job)(void *arg), struct sharing *sharing, struct deadline deadline)
{
	return offload(job, sharing, deadline) &&
	       (sharing->good || fail_again(&sharing->failure));
}

bool shares_add(struct shares *shares, struct share *share, struct deadline deadline)
{
	struct sharing sharing = {.shares = shares, .share = share};

	return perform(add, &sharing, deadline);
}

bool shares_remove(
	struct shares *shares, const struct share *share, struct deadline deadline)
{
	struct share copy = *share;
	struct sharing sharing = {.shares = shares, .share = &copy};

	return perform(take_away, &sharing, deadline);
}

bool shares_forget(struct shares *shares, struct slice name, struct deadline deadline)
{
	struct sharing sharing = {.shares = shares, .name = name};

	return perform(forget, &sharing, deadline);
}

/* --- Questions --- */

static pthread_mutex_t *lock_of(const struct shares *shares)
{
	return (pthread_mutex_t *)(uintptr_t)&shares->lock;
}

uint64_t shares_serial(const struct shares *shares, const struct share *share)
{
	struct pair *pair;
	uint64_t serial;

	pthread_mutex_lock(lock_of(shares));
	pair = find(shares, share->who, share->owner);
	serial = pair ? pair->serial : 0;
	pthread_mutex_unlock(lock_of(shares));
	return serial;
}

bool shares_has(const struct shares *shares, struct slice who, struct slice owner)
{
	bool has;

	pthread_mutex_lock(lock_of(shares));
	has = find(shares, who, owner) || find(shares, SLICE(GRANT_ANYONE), owner);
	pthread_mutex_unlock(lock_of(shares));
	return has;
}

static int compare(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

size_t shares_of(const struct shares *shares, struct slice who, struct arena *arena,
	const struct slice **owners_r)
{
	const struct slice names[] = {who, SLICE(GRANT_ANYONE)};
	struct slice *owners = NULL;
	size_t count = 0, kept = 0;

	pthread_mutex_lock(lock_of(shares));
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct list *list = map_find(&shares->by_who, names[i]);

		if (!list)
			continue;
		LIST_EACH (list, link) {
			struct slice owner = slice_of(
				CONTAINER_OF(link, struct pair, link)->owner);

			if (slice_equal(owner, who))
				continue;
			owners = arena_grow(arena, owners, count, sizeof(*owners));
			owners[count++] = arena_copy(arena, owner);
		}
	}
	pthread_mutex_unlock(lock_of(shares));
	if (count)
		qsort(owners, count, sizeof(*owners), compare);
	for (size_t i = 0; i < count && kept < SHARES_SHOWN_MAX; i++) {
		if (!kept || !slice_equal(owners[i], owners[kept - 1]))
			owners[kept++] = owners[i];
	}
	*owners_r = owners;
	return kept;
}
