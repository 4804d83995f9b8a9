/*
 * A map under a lock that is held for a look-up; who has nothing in it takes no
 * lock at all.
 */
#include "policy/tls_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

#define KEY_SIZE 300

struct broken {
	struct link link;
	struct slice key; /* memory of its own */
	int64_t until_us;
};

struct tls_memory {
	pthread_mutex_t lock;
	struct map hosts;
	struct list by_age; /* oldest first */
	_Atomic size_t count;
};

struct tls_memory *tls_memory_create(void)
{
	struct tls_memory *memory = NEW(struct tls_memory);

	pthread_mutex_init(&memory->lock, NULL);
	list_init(&memory->by_age);
	return memory;
}

static void forget(struct tls_memory *memory, struct broken *broken)
{
	map_remove(&memory->hosts, broken->key);
	list_remove(&broken->link);
	memory_free((void *)(uintptr_t)broken->key.at);
	memory_free(broken);
	memory->count--;
}

void tls_memory_destroy(struct tls_memory **memory)
{
	struct tls_memory *old = *memory;

	*memory = NULL;
	if (!old)
		return;
	LIST_EACH_SAFE (&old->by_age, link)
		forget(old, CONTAINER_OF(link, struct broken, link));
	map_finish(&old->hosts);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}

static struct slice make_key(struct slice host, uint16_t port, char text[KEY_SIZE])
{
	int size = snprintf(text, KEY_SIZE, "%.*s:%u", SLICE_PRINT(host), port);

	return slice_make(text, size < KEY_SIZE ? (size_t)size : KEY_SIZE - 1);
}

static struct broken *add(struct tls_memory *memory, struct slice key)
{
	struct broken *broken = NEW(struct broken);

	if (memory->count >= TLS_MEMORY_MAX)
		forget(memory, LIST_FIRST(&memory->by_age, struct broken, link));
	broken->key = slice_make(memory_copy_text(key), key.size);
	map_set(&memory->hosts, broken->key, broken);
	list_append(&memory->by_age, &broken->link);
	memory->count++;
	return broken;
}

bool tls_memory_note(struct tls_memory *memory, struct slice host, uint16_t port,
	int64_t now_us, int64_t until_us)
{
	char text[KEY_SIZE];
	struct slice key = make_key(host, port, text);
	struct broken *broken;
	bool known;

	pthread_mutex_lock(&memory->lock);
	broken = map_find(&memory->hosts, key);
	known = broken && broken->until_us > now_us;
	if (!broken)
		broken = add(memory, key);
	broken->until_us = until_us;
	pthread_mutex_unlock(&memory->lock);
	return !known;
}

bool tls_memory_is_broken(
	struct tls_memory *memory, struct slice host, uint16_t port, int64_t now_us)
{
	char text[KEY_SIZE];
	struct broken *broken;
	bool is = false;

	if (memory->count == 0)
		return false;
	pthread_mutex_lock(&memory->lock);
	broken = map_find(&memory->hosts, make_key(host, port, text));
	if (broken && broken->until_us > now_us)
		is = true;
	else if (broken)
		forget(memory, broken);
	pthread_mutex_unlock(&memory->lock);
	return is;
}

void tls_memory_clear(struct tls_memory *memory, struct slice host, uint16_t port)
{
	char text[KEY_SIZE];
	struct broken *broken;

	if (memory->count == 0)
		return;
	pthread_mutex_lock(&memory->lock);
	broken = map_find(&memory->hosts, make_key(host, port, text));
	if (broken)
		forget(memory, broken);
	pthread_mutex_unlock(&memory->lock);
}

size_t tls_memory_count(struct tls_memory *memory)
{
	return memory->count;
}
