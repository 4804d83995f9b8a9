/* Accounts of the store: found, held, forgotten; see store.h. */
#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/memory.h"
#include "store/first.h"
#include "store/kept.h"
#include "store/shares.h"
#include "store/store_core.h"

static bool lock_folder(struct store *store)
{
	char *path = memory_format("%s/.lock", store->folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool good = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (fd >= 0 && !good && errno == EWOULDBLOCK)
		fail(FAILURE_RESOURCE, "%s is in use by another process",
			store->folder);
	else if (!good)
		fail_errno(FAILURE_RESOURCE, errno, "%s", path);
	if (good)
		store->lock_fd = fd;
	else if (fd >= 0)
		close(fd);
	memory_free(path);
	return good;
}

/* Under the lock, once there is somebody else. */
static bool begin_thread(struct store *store)
{
	bool begun = pthread_create(&store->threads[store->thread_count], NULL,
			     writer_run, store) == 0;

	store->thread_count += begun;
	return begun;
}

struct store *store_create(const char *folder, unsigned threads)
{
	struct store *store = NEW(struct store);

	store->folder = memory_copy_text(slice_of(folder));
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->changed, NULL);
	list_init(&store->idle);
	list_init(&store->ready);
	list_init(&store->kept);
	list_init(&store->crossings);
	store->number = (uint64_t)clock_wall_ms();
	store->lock_fd = -1;
	store->threads = memory_allocate_array(threads, sizeof(*store->threads));
	if (!lock_folder(store) || !(store->shares = shares_open(folder))) {
		store_destroy(&store);
		return NULL;
	}
	gone_sweep(store);
	store->threads_most = threads;
	if (begin_thread(store))
		return store;
	fail(FAILURE_RESOURCE, "no thread for the mailboxes");
	store_destroy(&store);
	return NULL;
}

void store_destroy(struct store **store)
{
	struct store *old = *store;
	const struct quota_crossing *crossings;
	struct map_cursor cursor = {0};
	struct arena arena = {0};
	struct slice key;
	void *account;

	*store = NULL;
	if (!old)
		return;
	pthread_mutex_lock(&old->lock);
	old->stopping = true;
	pthread_cond_broadcast(&old->changed);
	pthread_mutex_unlock(&old->lock);
	for (unsigned i = 0; i < old->thread_count; i++)
		pthread_join(old->threads[i], NULL);
	while (map_next(&old->accounts, &cursor, &key, &account))
		store_account_free(account);
	map_finish(&old->accounts);
	(void)store_quota_crossings(old, &arena, &crossings);
	arena_finish(&arena);
	first_destroy(&old->first);
	pthread_cond_destroy(&old->changed);
	pthread_mutex_destroy(&old->lock);
	if (old->lock_fd >= 0)
		close(old->lock_fd);
	shares_close(&old->shares);
	memory_free(old->threads);
	memory_free(old->folder);
	memory_free(old);
}

struct store_port *store_port_open(struct store *store)
{
	struct store_port *port = NEW(struct store_port);

	port->store = store;
	port->worker = worker_self();
	condition_init(&port->ended);
	return port;
}

void store_port_close(struct store_port **port)
{
	struct store_port *old = *port;

	*port = NULL;
	if (!old)
		return;
	while (old->waiting)
		(void)condition_wait(&old->ended, deadline_none());
	memory_free(old);
}

struct store_port *store_port_as(struct store_port *base, struct slice who)
{
	struct store_port *port = store_port_open(base->store);

	port->base = base;
	port->who = memory_copy_text(who);
	return port;
}

static void free_port(struct store_port *port)
{
	memory_free(port->who);
	memory_free(port);
}

void store_port_leave(struct store_port **port)
{
	struct store_port *old = *port;

	*port = NULL;
	if (old && old->waiting)
		old->left = true;
	else if (old)
		free_port(old);
}

struct store *store_port_store(const struct store_port *port)
{
	return port->store;
}

struct shares *store_shares(const struct store *store)
{
	return store->shares;
}

void store_port_begin(struct store_port *port)
{
	port->waiting++;
	if (port->base)
		port->base->waiting++;
}

void store_port_end(struct store_port *port)
{
	struct store_port *base = port->base;

	if (--port->waiting == 0 && port->left)
		free_port(port);
	else if (port->waiting == 0)
		condition_broadcast(&port->ended);
	if (base && --base->waiting == 0)
		condition_broadcast(&base->ended);
}

/* A folder's name that any file system takes, the same for the same account:
 * letters, digits and "@._-+" as they are, else "=41", as much as a name may have. */
static char *folder_of(const struct store *store, struct slice name)
{
	struct buffer path = {0};
	char *text;

	buffer_append_format(&path, "%s/", store->folder);
	for (size_t i = 0; i < name.size; i++) {
		char c = name.at[i], hex[2];

		if (ascii_is_alnum(c) || (c && strchr("@_-+", c)) || (c == '.' && i)) {
			buffer_append_byte(&path, c);
			continue;
		}
		hex_encode(slice_make(&c, 1), hex);
		buffer_append_format(&path, "=%.2s", hex);
	}
	text = memory_copy_text(buffer_contents(&path));
	buffer_finish(&path);
	return text;
}

static struct store_account *make(struct store *store, struct slice name)
{
	struct store_account *account = NEW(struct store_account);

	account->store = store;
	account->name = memory_copy_text(name);
	account->folder = folder_of(store, name);
	pthread_mutex_init(&account->lock, NULL);
	list_init(&account->operations);
	list_init(&account->unlinked);
	list_init(&account->publishing);
	map_set(&store->accounts, name, account);
	return account;
}

void store_hold(struct store_account *account)
{
	if (link_is_linked(&account->idle_link)) {
		list_remove(&account->idle_link);
		account->store->idle_count--;
	}
	account->holders++;
}

struct store_account *store_account_hold(struct store *store, struct slice name)
{
	struct store_account *account;

	pthread_mutex_lock(&store->lock);
	account = map_find(&store->accounts, name);
	if (!account)
		account = make(store, name);
	store_hold(account);
	pthread_mutex_unlock(&store->lock);
	return account;
}

/* Under the lock: the ones idle for longest go, on a writer's thread. */
static void forget_some(struct store *store)
{
	size_t over = store->idle_count > ACCOUNTS_IDLE_MAX
			      ? store->idle_count - ACCOUNTS_IDLE_MAX
			      : 0;

	LIST_EACH (&store->idle, link) {
		if (!over--)
			return;
		store_make_ready(CONTAINER_OF(link, struct store_account, idle_link));
	}
}

void store_account_release(struct store_account **account)
{
	struct store_account *old = *account;
	struct store *store;

	*account = NULL;
	if (!old)
		return;
	store = old->store;
	pthread_mutex_lock(&store->lock);
	assert(old->holders);
	if (--old->holders == 0) {
		list_append(&store->idle, &old->idle_link);
		store->idle_count++;
		if (old->unwanted)
			store_make_ready(old);
		forget_some(store);
	}
	pthread_mutex_unlock(&store->lock);
}

struct slice store_account_name(const struct store_account *account)
{
	return slice_of(account->name);
}

void store_follow(struct store *store, struct store_follower *follower)
{
	pthread_mutex_lock(&store->lock);
	store->follower = follower;
	pthread_mutex_unlock(&store->lock);
}

void store_make_ready(struct store_account *account)
{
	struct store *store = account->store;

	/* Whoever serves it may have looked already. */
	account->again = true;
	if (account->scheduled)
		return;
	account->scheduled = true;
	list_append(&store->ready, &account->ready_link);
	store->ready_count++;
	/* Else one of those that are busy comes to it. */
	if (store->ready_count > store->threads_idle && !store->stopping &&
		store->thread_count < store->threads_most)
		(void)begin_thread(store);
	pthread_cond_signal(&store->changed);
}

void store_account_free(struct store_account *account)
{
	writer_close(account);
	assert(list_is_empty(&account->operations));
	kept_free_all(account);
	pthread_mutex_destroy(&account->lock);
	memory_free(account->name);
	memory_free(account->folder);
	memory_free(account);
}
