/* Arenas: memory in growing blocks, given back all at once. */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISONED 1
#endif

/* Under ASan, using what was not handed out or was taken back is reported. */
#ifdef POISONED
#include <sanitizer/asan_interface.h>
#define POISON(at, size)   ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#else
#define POISON(at, size)   ((void)0)
#define UNPOISON(at, size) ((void)0)
#endif

#define GROW_FIRST 4 /* objects */
#define BLOCK_MIN  1024
#define BLOCK_MAX  65536 /* larger ones hold one object and are not kept */
#define ALIGNMENT  _Alignof(max_align_t)

struct arena_block {
	struct arena_block *older;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

static struct arena_block *make_block(size_t size)
{
	struct arena_block *block = memory_resize(NULL, sizeof(*block) + size);

	block->older = NULL;
	block->size = size;
	POISON(block->bytes, size);
	return block;
}

static void free_block(struct arena_block *block)
{
	UNPOISON(block->bytes, block->size);
	memory_free(block);
}

static void *hand_out(struct arena_block *block, size_t from, size_t size)
{
	UNPOISON(block->bytes + from, size);
	return block->bytes + from;
}

/* An object that would waste much of a block gets one behind the newest. */
static void *take_alone(struct arena *arena, size_t size)
{
	struct arena_block *block = make_block(size);

	if (arena->block) {
		block->older = arena->block->older;
		arena->block->older = block;
	} else {
		arena->block = block;
		arena->used = size;
	}
	return hand_out(block, 0, size);
}

static void add_block(struct arena *arena, size_t size)
{
	size_t wanted = arena->block ? arena->block->size * 2 : BLOCK_MIN;
	struct arena_block *block;

	if (wanted > BLOCK_MAX)
		wanted = BLOCK_MAX;
	block = make_block(wanted < size ? size : wanted);
	block->older = arena->block;
	arena->block = block;
	arena->used = 0;
}

void arena_expect(struct arena *arena, size_t size)
{
	if (arena->block)
		return;
	arena->block = make_block((size + ALIGNMENT - 1) & ~(ALIGNMENT - 1));
	arena->used = 0;
}

static size_t whole_size(size_t size)
{
	assert(size <= SIZE_MAX / 2);
	return ((size ? size : 1) + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

void *arena_take_bytes(struct arena *arena, size_t size)
{
	size_t whole = whole_size(size);
	void *at;

	arena->total += whole;
	if (!arena->block || arena->block->size - arena->used < whole) {
		if (whole > BLOCK_MAX / 4)
			return take_alone(arena, whole);
		add_block(arena, whole);
	}
	at = hand_out(arena->block, arena->used, whole);
	arena->used += whole;
	return at;
}

void *arena_take(struct arena *arena, size_t size)
{
	return memset(arena_take_bytes(arena, size), 0, whole_size(size));
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
	size_t whole;
	bool fits = !__builtin_mul_overflow(count, size, &whole);

	assert(fits);
	return arena_take(arena, whole);
}

char *arena_copy_text(struct arena *arena, struct slice text)
{
	char *copy = arena_take_bytes(arena, text.size + 1);

	if (text.size)
		memcpy(copy, text.at, text.size);
	copy[text.size] = '\0';
	return copy;
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
	return slice_make(arena_copy_text(arena, bytes), bytes.size);
}

struct slice arena_copy_lower(struct arena *arena, struct slice text)
{
	char *copy = arena_copy_text(arena, text);

	for (size_t i = 0; i < text.size; i++)
		copy[i] = ascii_lower(copy[i]);
	return slice_make(copy, text.size);
}

struct slice arena_format(struct arena *arena, const char *format, ...)
{
	va_list list;
	size_t size = 0;
	char *text = NULL;

	for (;;) {
		int length;

		va_start(list, format);
		length = vsnprintf(text, size, format, list);
		va_end(list);
		assert(length >= 0);
		if (text)
			return slice_make(text, (size_t)length);
		size = (size_t)length + 1;
		text = arena_take_bytes(arena, size);
	}
}

void *arena_grow(struct arena *arena, const void *at, size_t count, size_t size)
{
	void *more;

	/* Full are 4, 8, 16 …: the count says it. */
	if (count && (count < GROW_FIRST || (count & (count - 1))))
		return (void *)(uintptr_t)at;
	more = arena_take_array(arena, count ? count * 2 : GROW_FIRST, size);
	if (count)
		memcpy(more, at, count * size);
	return more;
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *older = block->older;

		free_block(block);
		block = older;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->block;

	if (kept && kept->size > BLOCK_MAX) {
		arena_finish(arena);
		return;
	}
	if (kept) {
		free_blocks(kept->older);
		kept->older = NULL;
		POISON(kept->bytes, kept->size);
	}
	arena->used = arena->total = 0;
}

void arena_finish(struct arena *arena)
{
	free_blocks(arena->block);
	*arena = (struct arena){0};
}
