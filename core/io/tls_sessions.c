/* Sessions a client may resume: serialised, so that their size is known and no
 * certificate chain is kept alive by them. */
#include "io/tls_sessions.h"

#include <openssl/ssl.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "io/tls_errors.h"

/* A server may promise a week (RFC 8446 4.6.1); certificates should be looked
 * at more often. */
#define LIFE_MAX_MS (2 * 3600 * INT64_C(1000))
/* Beyond this a session is not worth its room. */
#define SESSION_MAX 16384

/* The sessions of one key, newest first. */
struct group {
	struct list entries;
	struct slice key; /* memory of its own */
	size_t count;
};

struct entry {
	struct link in_group, in_age; /* oldest first in age */
	struct group *group;
	int64_t until_ms;
	bool once;
	size_t size;
	unsigned char bytes[];
};

struct tls_sessions {
	pthread_mutex_t lock; /* held for bookkeeping, never across a wait */
	struct map groups;
	struct list by_age;
	size_t count, bytes, bytes_max;
};

struct tls_sessions *tls_sessions_create(size_t bytes_max)
{
	struct tls_sessions *sessions = NEW(struct tls_sessions);

	pthread_mutex_init(&sessions->lock, NULL);
	list_init(&sessions->by_age);
	sessions->bytes_max = bytes_max;
	return sessions;
}

static size_t cost_of(const struct entry *entry)
{
	return sizeof(*entry) + entry->size;
}

static void drop_entry(struct tls_sessions *sessions, struct entry *entry)
{
	struct group *group = entry->group;

	list_remove(&entry->in_group);
	list_remove(&entry->in_age);
	sessions->count--;
	sessions->bytes -= cost_of(entry);
	memory_wipe(entry->bytes, entry->size);
	memory_free(entry);
	if (--group->count)
		return;
	map_remove(&sessions->groups, group->key);
	memory_free((void *)(uintptr_t)group->key.at);
	memory_free(group);
}

static void drop_group(struct tls_sessions *sessions, struct group *group)
{
	for (size_t left = group->count; left; left--)
		drop_entry(
			sessions, LIST_FIRST(&group->entries, struct entry, in_group));
}

void tls_sessions_destroy(struct tls_sessions **sessions)
{
	struct tls_sessions *s = *sessions;
	struct entry *entry;

	*sessions = NULL;
	if (!s)
		return;
	while ((entry = LIST_FIRST(&s->by_age, struct entry, in_age)))
		drop_entry(s, entry);
	map_finish(&s->groups);
	pthread_mutex_destroy(&s->lock);
	memory_free(s);
}

static struct entry *make_entry(SSL_SESSION *session)
{
	int size = i2d_SSL_SESSION(session, NULL);
	int64_t life_ms = SSL_SESSION_get_timeout(session) * INT64_C(1000);
	struct entry *entry;
	unsigned char *end;

	if (size <= 0 || size > SESSION_MAX)
		return NULL;
	entry = memory_allocate(sizeof(*entry) + (size_t)size);
	end = entry->bytes;
	i2d_SSL_SESSION(session, &end);
	entry->size = (size_t)size;
	entry->once = SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
	entry->until_ms = clock_wall_ms() +
			  (life_ms < LIFE_MAX_MS ? life_ms : LIFE_MAX_MS);
	return entry;
}

static struct group *group_of(struct tls_sessions *sessions, struct slice key)
{
	struct group *group = map_find(&sessions->groups, key);

	if (group)
		return group;
	group = NEW(struct group);
	list_init(&group->entries);
	group->key = slice_make(memory_copy_text(key), key.size);
	map_set(&sessions->groups, key, group);
	return group;
}

/* A newer session that may be used again makes the older ones useless. */
static void make_room(struct tls_sessions *sessions, struct group *group, bool once)
{
	size_t most = once ? TLS_SESSIONS_KEY_MAX : 1;

	while (group->count > most)
		drop_entry(sessions, CONTAINER_OF(group->entries.head.previous,
					     struct entry, in_group));
	while (sessions->bytes > sessions->bytes_max)
		drop_entry(
			sessions, LIST_FIRST(&sessions->by_age, struct entry, in_age));
}

void tls_sessions_put(
	struct tls_sessions *sessions, struct slice key, struct ssl_session_st *session)
{
	struct entry *entry;

	if (!SSL_SESSION_is_resumable(session))
		return;
	entry = make_entry(session);
	if (!entry)
		return;
	pthread_mutex_lock(&sessions->lock);
	entry->group = group_of(sessions, key);
	list_prepend(&entry->group->entries, &entry->in_group);
	list_append(&sessions->by_age, &entry->in_age);
	entry->group->count++;
	sessions->count++;
	sessions->bytes += cost_of(entry);
	make_room(sessions, entry->group, entry->once);
	pthread_mutex_unlock(&sessions->lock);
}

/* Its bytes, copied out under the lock; the parsing is done without it. */
static struct entry *newest_of(struct tls_sessions *sessions, struct slice key)
{
	struct group *group = map_find(&sessions->groups, key);
	struct entry *entry, *copy;

	if (!group)
		return NULL;
	entry = LIST_FIRST(&group->entries, struct entry, in_group);
	if (entry->until_ms <= clock_wall_ms()) {
		drop_group(sessions, group);
		return NULL;
	}
	copy = memory_allocate(cost_of(entry));
	copy->size = entry->size;
	for (size_t i = 0; i < entry->size; i++)
		copy->bytes[i] = entry->bytes[i];
	if (entry->once) {
		drop_entry(sessions, entry);
	} else {
		list_remove(&entry->in_age);
		list_append(&sessions->by_age, &entry->in_age);
	}
	return copy;
}

struct ssl_session_st *tls_sessions_take(
	struct tls_sessions *sessions, struct slice key)
{
	const unsigned char *at;
	SSL_SESSION *session;
	struct entry *entry;

	pthread_mutex_lock(&sessions->lock);
	entry = newest_of(sessions, key);
	pthread_mutex_unlock(&sessions->lock);
	if (!entry)
		return NULL;
	at = entry->bytes;
	tls_errors_clear();
	session = d2i_SSL_SESSION(NULL, &at, (long)entry->size);
	tls_errors_clear();
	memory_wipe(entry->bytes, entry->size);
	memory_free(entry);
	return session;
}

void tls_sessions_forget(struct tls_sessions *sessions, struct slice key)
{
	struct group *group;

	pthread_mutex_lock(&sessions->lock);
	group = map_find(&sessions->groups, key);
	if (group)
		drop_group(sessions, group);
	pthread_mutex_unlock(&sessions->lock);
}

struct tls_sessions_figures tls_sessions_figures(struct tls_sessions *sessions)
{
	struct tls_sessions_figures figures;

	pthread_mutex_lock(&sessions->lock);
	figures = (struct tls_sessions_figures){sessions->count, sessions->bytes};
	pthread_mutex_unlock(&sessions->lock);
	return figures;
}
