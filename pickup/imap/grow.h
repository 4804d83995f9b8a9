/* Arrays in an arena that grow by one. */
#ifndef RINGPOST_IMAP_GROW_H
#define RINGPOST_IMAP_GROW_H

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

/* The array AT, which was grown by this only, with room for one more than COUNT. */
static inline void *imap_grow(
	struct arena *arena, const void *at, size_t count, size_t size)
{
	void *more;

	if (count && (count < 4 || (count & (count - 1))))
		return (void *)(size_t)at;
	more = arena_take_array(arena, count ? count * 2 : 4, size);
	if (count)
		memcpy(more, at, count * size);
	return more;
}

#endif
