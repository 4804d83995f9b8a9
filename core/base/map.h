/*
 * Hash maps from byte strings to pointers, safe against chosen keys (SipHash
 * with a random key). Keys are copied; values belong to the caller. Zeroed
 * memory is an empty map. Iteration order is unspecified.
 */
#ifndef RINGPOST_BASE_MAP_H
#define RINGPOST_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct map_entry;

struct map {
	struct map_entry **buckets;
	size_t bucket_count; /* a power of two, or 0 */
	size_t count;
};

/* The value, or NULL. */
void *map_find(const struct map *map, struct slice key);
/* Sets the value (not NULL); returns the one it replaced, or NULL. */
void *map_set(struct map *map, struct slice key, void *value);
/* Takes the entry out; returns its value, or NULL. */
void *map_remove(struct map *map, struct slice key);
/* Frees the map and its key copies, not the values. */
void map_finish(struct map *map);

/*
 * Visits every entry: start with a zeroed cursor. The entry just returned may
 * be removed before the next call; nothing may be added meanwhile.
 */
struct map_cursor {
	size_t bucket;
	struct map_entry *next;
};
bool map_next(const struct map *map, struct map_cursor *cursor, struct slice *key_r,
		void **value_r);

/* SipHash-1-3 of BYTES under this process's random key. */
uint64_t map_hash(struct slice bytes);

#endif
