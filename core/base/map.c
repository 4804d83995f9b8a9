/* Hash maps from byte strings to pointers, chained, under a random key. */
#include "base/map.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/siphash.h"

#define BUCKETS_MIN 8

struct map_entry {
	struct map_entry *next;
	void *value;
	uint64_t hash;
	size_t size;
	char key[];
};

static struct siphash_key process_key;
static pthread_once_t process_key_once = PTHREAD_ONCE_INIT;

static void draw_process_key(void)
{
	random_fill(&process_key, sizeof(process_key));
}

uint64_t map_hash(struct slice bytes)
{
	pthread_once(&process_key_once, draw_process_key);
	return siphash_13(process_key, bytes);
}

/* The place that points to the entry, or to the NULL at its chain's end. */
static struct map_entry **place_of(
	const struct map *map, struct slice key, uint64_t hash)
{
	struct map_entry **place = &map->buckets[hash & (map->bucket_count - 1)];

	while (*place &&
		((*place)->hash != hash ||
			!slice_equal(slice_make((*place)->key, (*place)->size), key)))
		place = &(*place)->next;
	return place;
}

static void grow(struct map *map)
{
	size_t count = map->bucket_count ? map->bucket_count * 2 : BUCKETS_MIN;
	struct map_entry **buckets = memory_allocate_array(
		count, sizeof(struct map_entry *));

	for (size_t i = 0; i < map->bucket_count; i++) {
		struct map_entry *entry, *next;

		for (entry = map->buckets[i]; entry; entry = next) {
			struct map_entry **head = &buckets[entry->hash & (count - 1)];

			next = entry->next;
			entry->next = *head;
			*head = entry;
		}
	}
	memory_free(map->buckets);
	map->buckets = buckets;
	map->bucket_count = count;
}

void *map_find(const struct map *map, struct slice key)
{
	struct map_entry *entry;

	if (map->count == 0)
		return NULL;
	entry = *place_of(map, key, map_hash(key));
	return entry ? entry->value : NULL;
}

void *map_set(struct map *map, struct slice key, void *value)
{
	uint64_t hash = map_hash(key);
	struct map_entry **place, *entry;

	assert(value);
	if (map->count >= map->bucket_count)
		grow(map);
	place = place_of(map, key, hash);
	entry = *place;
	if (entry) {
		void *replaced = entry->value;

		entry->value = value;
		return replaced;
	}
	entry = memory_resize(NULL, sizeof(*entry) + key.size);
	*entry = (struct map_entry){.value = value, .hash = hash, .size = key.size};
	if (key.size)
		memcpy(entry->key, key.at, key.size);
	*place = entry;
	map->count++;
	return NULL;
}

void *map_remove(struct map *map, struct slice key)
{
	struct map_entry **place, *entry;
	void *value;

	if (map->count == 0)
		return NULL;
	place = place_of(map, key, map_hash(key));
	entry = *place;
	if (!entry)
		return NULL;
	*place = entry->next;
	value = entry->value;
	memory_free(entry);
	map->count--;
	return value;
}

void map_finish(struct map *map)
{
	for (size_t i = 0; i < map->bucket_count; i++) {
		struct map_entry *entry, *next;

		for (entry = map->buckets[i]; entry; entry = next) {
			next = entry->next;
			memory_free(entry);
		}
	}
	memory_free(map->buckets);
	*map = (struct map){0};
}

bool map_next(const struct map *map, struct map_cursor *cursor, struct slice *key_r,
	void **value_r)
{
	struct map_entry *entry = cursor->next;

	while (!entry && cursor->bucket < map->bucket_count)
		entry = map->buckets[cursor->bucket++];
	if (!entry)
		return false;
	cursor->next = entry->next;
	*key_r = slice_make(entry->key, entry->size);
	*value_r = entry->value;
	return true;
}
