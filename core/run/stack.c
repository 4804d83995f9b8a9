/*
 * Stacks for fibers: slabs of 64, each stack with a guard page below it.
 *
 * A guard by mprotect splits the mapping in two, and a process has a limit of
 * mappings; kernels from 6.13 have guards that do not split. A stack that was
 * used deeper than DEEP_BYTES gives its pages back before it is reused, and
 * beyond IDLE_WARM_MAX idle stacks all pages are given back, so a burst of
 * sessions does not keep its memory. Huge pages would make each stack cost
 * what it might use instead of what it uses.
 */
#include "run/stack.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define SLAB_STACKS   64
#define GUARD_BYTES   4096u
#define SLOT_BYTES    ((size_t)GUARD_BYTES + STACK_BYTES)
#define SLAB_BYTES    (SLAB_STACKS * SLOT_BYTES)
#define DEEP_BYTES    (16u << 10)
#define IDLE_WARM_MAX 1024
#define KEPT_BELOW    512 /* of a frame: the red zone, and who gives back */
#define PAINT	      0xA5
/* Mappings left for everything that is not a stack. */
#define MAPPINGS_KEPT 4096

struct stack_slab {
	struct stack_slab *next;
	char *at;
	unsigned registered[SLAB_STACKS];
};

static pthread_once_t limit_asked = PTHREAD_ONCE_INIT;
static size_t count_max;
/* Of all workers: the kernel counts mappings by process. */
static atomic_size_t mapped;

static void ask_limit(void);
static bool add_slab(struct stack_pool *pool);
static bool map_slab(char **at_r);
static bool guard(char *at);
static void give_back_deep_pages(char *bottom);
static void measure(struct stack_pool *pool, char *bottom);

void stack_pool_init(struct stack_pool *pool, bool painted)
{
	*pool = (struct stack_pool){.painted = painted};
}

void stack_pool_finish(struct stack_pool *pool)
{
	while (pool->slabs) {
		struct stack_slab *slab = pool->slabs;

		pool->slabs = slab->next;
		for (size_t i = 0; i < SLAB_STACKS; i++)
			sanitize_forget_stack(slab->registered[i]);
		sanitize_fresh_stack(slab->at, SLAB_BYTES);
		munmap(slab->at, SLAB_BYTES);
		atomic_fetch_sub(&mapped, SLAB_STACKS);
		memory_free(slab);
	}
	memory_free(pool->idle);
	*pool = (struct stack_pool){0};
}

char *stack_take(struct stack_pool *pool)
{
	char *bottom;

	if (pool->idle_count) {
		bottom = pool->idle[--pool->idle_count];
	} else {
		if (!pool->fresh && !add_slab(pool))
			return NULL;
		pool->fresh--;
		bottom = pool->slabs->at + pool->fresh * SLOT_BYTES + GUARD_BYTES;
		if (pool->painted)
			memset(bottom, PAINT, STACK_BYTES);
	}
	return bottom;
}

void stack_give_back(struct stack_pool *pool, char *bottom)
{
	sanitize_fresh_stack(bottom, STACK_BYTES);
	if (pool->painted)
		measure(pool, bottom);
	else if (pool->idle_count >= IDLE_WARM_MAX)
		madvise(bottom, STACK_BYTES, MADV_DONTNEED);
	else if (!sanitize_is_watching())
		give_back_deep_pages(bottom);

	if (pool->idle_count == pool->idle_capacity) {
		pool->idle_capacity = pool->idle_capacity ? pool->idle_capacity * 2
							  : 64;
		pool->idle = memory_resize(
			pool->idle, pool->idle_capacity * sizeof(*pool->idle));
	}
	pool->idle[pool->idle_count++] = bottom;
}

void stack_trim(struct stack_pool *pool, char *bottom, const void *used)
{
	size_t unused = (size_t)((const char *)used - bottom);

	assert(unused <= STACK_BYTES);
	if (unused < 2 * GUARD_BYTES || pool->painted || sanitize_is_watching())
		return;
	unused -= KEPT_BELOW;
	madvise(bottom, unused & ~(size_t)(GUARD_BYTES - 1), MADV_DONTNEED);
}

size_t stack_count_max(void)
{
	pthread_once(&limit_asked, ask_limit);
	return count_max;
}

static void ask_limit(void)
{
	char *page = mmap(NULL, GUARD_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long mappings = 65530;
	FILE *file;

	if (page != MAP_FAILED) {
		if (!madvise(page, GUARD_BYTES, MADV_GUARD_INSTALL))
			count_max = SIZE_MAX;
		munmap(page, GUARD_BYTES);
	}
	if (count_max)
		return;
	file = fopen("/proc/sys/vm/max_map_count", "re");
	if (file) {
		if (fscanf(file, "%lu", &mappings) != 1)
			mappings = 65530;
		fclose(file);
	}
	count_max = mappings > 2 * MAPPINGS_KEPT ? (mappings - MAPPINGS_KEPT) / 2
						 : MAPPINGS_KEPT / 2;
}

static bool add_slab(struct stack_pool *pool)
{
	struct stack_slab *slab;
	char *at;

	if (atomic_fetch_add(&mapped, SLAB_STACKS) > stack_count_max() - SLAB_STACKS ||
		!map_slab(&at)) {
		atomic_fetch_sub(&mapped, SLAB_STACKS);
		return false;
	}
	slab = NEW(struct stack_slab);
	slab->at = at;
	slab->next = pool->slabs;
	pool->slabs = slab;
	pool->fresh = SLAB_STACKS;
	for (size_t i = 0; i < SLAB_STACKS; i++) {
		slab->registered[i] = sanitize_register_stack(
			at + i * SLOT_BYTES + GUARD_BYTES, STACK_BYTES);
	}
	return true;
}

static bool map_slab(char **at_r)
{
	char *at = mmap(NULL, SLAB_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (at == MAP_FAILED)
		return false;
	assert(sysconf(_SC_PAGESIZE) <= GUARD_BYTES);
	/* Refused where the kernel has no huge pages, which is as good. */
	madvise(at, SLAB_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < SLAB_STACKS; i++) {
		if (!guard(at + i * SLOT_BYTES)) {
			munmap(at, SLAB_BYTES);
			return false;
		}
	}
	*at_r = at;
	return true;
}

static bool guard(char *at)
{
	return !madvise(at, GUARD_BYTES, MADV_GUARD_INSTALL) ||
	       !mprotect(at, GUARD_BYTES, PROT_NONE);
}

/*
 * A page that was never written reads as zero and costs nothing to read; no
 * frame is as large as a page, so a use deeper than DEEP_BYTES left something
 * in the page just below it.
 */
static void give_back_deep_pages(char *bottom)
{
	const uint64_t *page = (const void *)(bottom + STACK_BYTES - DEEP_BYTES - 4096);
	uint64_t seen = 0;

	for (size_t i = 0; i < 4096 / sizeof(*page); i++)
		seen |= page[i];
	if (seen)
		madvise(bottom, STACK_BYTES - DEEP_BYTES, MADV_DONTNEED);
}

/* Sees how deep it was used and paints that part again. */
WITHOUT_ASAN static void measure(struct stack_pool *pool, char *bottom)
{
	const unsigned char *at = (const unsigned char *)bottom;
	size_t untouched = 0, used;

	sanitize_filled(bottom, STACK_BYTES);
	while (untouched < STACK_BYTES && at[untouched] == PAINT)
		untouched++;
	used = STACK_BYTES - untouched;
	if (used > pool->deepest)
		pool->deepest = used;
	memset(bottom + untouched, PAINT, used);
}
