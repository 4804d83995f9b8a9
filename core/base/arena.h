/*
 * Arenas: memory that is given back all at once. Used per session, per
 * transaction, per command. Zeroed memory is an empty arena.
 */
#ifndef RINGPOST_BASE_ARENA_H
#define RINGPOST_BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *block; /* newest first */
	size_t used;		   /* bytes of the newest block in use */
	size_t total;		   /* bytes handed out since the last reset */
};

/* Of an arena that is empty and will not get much: its first block has SIZE bytes, and
 * not a thousand. */
void arena_expect(struct arena *arena, size_t size);
/* SIZE zeroed bytes aligned for any type, valid until reset or finish. */
void *arena_take(struct arena *arena, size_t size);
/* The same, not zeroed: for bytes that are written at once. */
void *arena_take_bytes(struct arena *arena, size_t size);
void *arena_take_array(struct arena *arena, size_t count, size_t size);
/* The array AT of COUNT objects with room for one more: moved where it was full, and
 * grown by this only; NULL of none. */
void *arena_grow(struct arena *arena, const void *at, size_t count, size_t size);
/* Copies that live in the arena; a NUL stands behind each. */
struct slice arena_copy(struct arena *arena, struct slice bytes);
char *arena_copy_text(struct arena *arena, struct slice text);
/* In lower case, as far as it is ASCII. */
struct slice arena_copy_lower(struct arena *arena, struct slice text);
struct slice arena_format(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Everything handed out becomes invalid; one block is kept for reuse. */
void arena_reset(struct arena *arena);
void arena_finish(struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_take((arena), sizeof(type)))

#endif
