/*
 * The spool: the table of segments, who appends where, what may be recycled.
 *
 * Shared by the workers with atomics alone: a slot of the table is set by
 * whoever makes the segment and cleared by the sweep, which only touches a
 * segment that is sealed, that no entry refers to and no body in memory pins.
 */
#include "queue/spool.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "queue/spool_core.h"
#include "run/ring.h"
#include "run/worker.h"

#define GONE_US 60000000 /* longer than anyone looks without a pin */

static void forget_gone(struct spool *spool, int64_t before_us);

static struct segment *_Atomic *slot_of(struct spool *spool, uint32_t number)
{
	return &spool->table[number % SEGMENTS_MAX];
}

static bool node_name(struct spool *spool)
{
	char *path = memory_format("%s/node", spool->directory);
	FILE *file = fopen(path, "re");
	bool known = file && fread(spool->node, NODE_DIGITS, 1, file) == 1;

	if (file)
		fclose(file);
	if (!known) {
		base32_encode(random_u64(), NODE_DIGITS, spool->node);
		file = fopen(path, "we");
		known = file && fwrite(spool->node, NODE_DIGITS, 1, file) == 1 &&
			fflush(file) == 0 && fsync(fileno(file)) == 0;
		if (!known)
			fail_errno(FAILURE_STORE, errno, "cannot write %s", path);
		if (file)
			fclose(file);
	}
	memory_free(path);
	return known;
}

static bool list_segments(struct spool *spool)
{
	DIR *directory = opendir(spool->directory);
	struct dirent *item;
	uint32_t last = 0;

	if (!directory)
		return fail_errno(
			FAILURE_STORE, errno, "cannot read %s", spool->directory);
	while ((item = readdir(directory))) {
		unsigned number;
		struct segment *segment;

		if (strlen(item->d_name) != 12 ||
			strcmp(item->d_name + 8, ".seg") != 0 ||
			sscanf(item->d_name, "%8x", &number) != 1)
			continue;
		segment = segment_open(spool->directory, number, 0, false);
		if (!segment)
			break;
		atomic_store(slot_of(spool, number), segment);
		if (number > last)
			last = number;
	}
	closedir(directory);
	atomic_store(&spool->next_number, last + 1);
	return !item;
}

struct spool *spool_open(const char *directory, uint64_t segment_size, unsigned workers)
{
	struct spool *spool = NEW(struct spool);

	spool->directory = memory_copy_text(slice_of(directory));
	spool->segment_size = (segment_size < SEGMENT_LEAST ? SEGMENT_LEAST
							    : segment_size) &
			      ~(uint64_t)(SEGMENT_BLOCK - 1);
	spool->workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	if (mkdir(directory, 0700) != 0 && errno != EEXIST)
		fail_errno(FAILURE_STORE, errno, "cannot make %s", directory);
	else if (node_name(spool) && list_segments(spool)) {
		spool->direct = segment_direct_works(directory);
		return spool;
	}
	spool_close(&spool);
	return NULL;
}

void spool_close(struct spool **spool)
{
	struct spool *old = *spool;

	*spool = NULL;
	if (!old)
		return;
	for (size_t i = 0; i < SPARES_MAX; i++) {
		struct segment *spare = atomic_load(&old->spares[i]);

		segment_close(&spare, old->directory, true);
	}
	for (size_t i = 0; i < SEGMENTS_MAX; i++) {
		struct segment *segment = atomic_load(&old->table[i]);

		segment_close(&segment, old->directory, false);
	}
	forget_gone(old, INT64_MAX);
	memory_free(old->directory);
	memory_free(old);
}

struct slice spool_node(const struct spool *spool)
{
	return slice_make(spool->node, NODE_DIGITS);
}

void spool_recovered(struct spool *spool)
{
	atomic_store(&spool->recovered, true);
}

/* The sweep clears the slot and then looks at the pins; we pin and then look at
 * the slot again: one of the two sees the other. */
struct segment *spool_find(struct spool *spool, uint32_t number)
{
	struct segment *segment = atomic_load(slot_of(spool, number));

	if (segment && segment->number == number) {
		spool_pin(segment);
		if (atomic_load(slot_of(spool, number)) == segment)
			return segment;
		spool_unpin(segment);
	}
	fail(FAILURE_DATA, "spool segment %08x is gone", number);
	return NULL;
}

void spool_pin(struct segment *segment)
{
	atomic_fetch_add(&segment->pins, 1);
}

void spool_unpin(struct segment *segment)
{
	atomic_fetch_sub(&segment->pins, 1);
}

void spool_count_write(struct spool *spool)
{
	atomic_fetch_add_explicit(&spool->writes, 1, memory_order_relaxed);
}

uint64_t spool_reserve_max(const struct spool *spool)
{
	return spool->segment_size;
}

static struct segment *take_spare(struct spool *spool)
{
	for (size_t i = 0; i < SPARES_MAX; i++) {
		struct segment *spare = atomic_exchange(&spool->spares[i], NULL);

		if (spare)
			return spare;
	}
	return NULL;
}

/* False when there is no room for it. */
static bool keep_spare(struct spool *spool, struct segment *spare)
{
	for (size_t i = 0; i < SPARES_MAX; i++) {
		struct segment *none = NULL;

		if (atomic_compare_exchange_strong(&spool->spares[i], &none, spare))
			return true;
	}
	return false;
}

static uint64_t count_spares(const struct spool *spool)
{
	uint64_t count = 0;

	for (size_t i = 0; i < SPARES_MAX; i++)
		count += atomic_load(&spool->spares[i]) != NULL;
	return count;
}

/* A job of the pool: makes a segment. */
struct making {
	struct spool *spool;
	struct segment *made;
	struct failure failure;
};

static void make_job(void *arg)
{
	struct making *making = arg;
	struct spool *spool = making->spool;
	uint32_t number = atomic_fetch_add(&spool->next_number, 1);

	if (atomic_load(slot_of(spool, number)))
		fail(FAILURE_STORE, "spool: more than %u segments", SEGMENTS_MAX);
	else
		making->made = segment_open(
			spool->directory, number, spool->segment_size, true);
	if (!making->made)
		making->failure = *failure_last();
}

static struct segment *make_segment(struct spool *spool, struct deadline deadline)
{
	struct making making = {.spool = spool};

	if (!offload(make_job, &making, deadline))
		return NULL;
	if (!making.made)
		fail_again(&making.failure);
	return making.made;
}

/* WORKER's current segment is full (or there is none): the next one. */
static bool next_segment(struct spool *spool, unsigned worker, struct deadline deadline)
{
	struct segment *next = take_spare(spool);
	struct segment **current = &spool->current[worker];
	struct segment *before = *current;

	if (!next)
		next = make_segment(spool, deadline);
	if (!next)
		return false;
	if (*current != before) { /* another fiber was here meanwhile */
		if (!keep_spare(spool, next))
			segment_close(&next, spool->directory, true);
		return true;
	}
	if (before)
		atomic_store(&before->sealed, true);
	atomic_store(slot_of(spool, next->number), next);
	*current = next;
	return true;
}

bool spool_reserve(struct spool *spool, unsigned worker, uint64_t space,
	struct segment **segment_r, uint64_t *offset_r, struct deadline deadline)
{
	struct segment *segment = spool->current[worker];

	if (space > spool->segment_size)
		return fail(FAILURE_STORE, "spool: more than a segment at once");
	while (!segment || segment->size - segment->used < space) {
		if (!next_segment(spool, worker, deadline))
			return false;
		segment = spool->current[worker];
	}
	*segment_r = segment;
	*offset_r = segment->used;
	segment->used += space;
	spool_pin(segment);
	return true;
}

static bool is_dead(struct spool *spool, const struct segment *segment)
{
	return atomic_load(&segment->sealed) && atomic_load(&segment->alive) <= 0 &&
	       atomic_load(&segment->pins) == 0 && atomic_load(&spool->recovered);
}

/* Its memory stays until nobody can still be looking at it. */
static void keep_gone(struct spool *spool, struct segment *dead)
{
	struct segment **last = &spool->gone;

	dead->gone_us = clock_monotonic_us();
	dead->next_gone = NULL;
	while (*last)
		last = &(*last)->next_gone;
	*last = dead;
}

static void forget_gone(struct spool *spool, int64_t before_us)
{
	while (spool->gone && spool->gone->gone_us < before_us) {
		struct segment *oldest = spool->gone;

		spool->gone = oldest->next_gone;
		memory_free(oldest);
	}
}

/* A job of the pool: one dead segment becomes a spare, or goes. */
static void retire(struct spool *spool, struct segment *dead)
{
	struct segment *fresh;

	atomic_store(slot_of(spool, dead->number), NULL);
	if (atomic_load(&dead->pins) != 0) {
		atomic_store(slot_of(spool, dead->number), dead);
		return;
	}
	keep_gone(spool, dead);
	if (count_spares(spool) >= spool->workers + 2 ||
		dead->size != spool->segment_size) {
		segment_shut(dead, spool->directory, true);
		atomic_fetch_add(&spool->removed, 1);
		return;
	}
	fresh = segment_recycle(
		dead, spool->directory, atomic_fetch_add(&spool->next_number, 1));
	if (fresh && !keep_spare(spool, fresh))
		segment_close(&fresh, spool->directory, true);
	atomic_fetch_add(&spool->recycled, 1);
}

static void sweep_job(void *arg)
{
	struct spool *spool = arg;
	uint32_t numbers = atomic_load(&spool->next_number); /* slots ever used */

	forget_gone(spool, clock_monotonic_us() - GONE_US);
	for (size_t i = 0; i < SEGMENTS_MAX && i < numbers; i++) {
		struct segment *segment = atomic_load(&spool->table[i]);

		if (segment && is_dead(spool, segment))
			retire(spool, segment);
	}
}

bool spool_sweep(struct spool *spool, struct deadline deadline)
{
	if (!offload(sweep_job, spool, deadline))
		return false;
	if (count_spares(spool) < spool->workers) {
		struct segment *spare = make_segment(spool, deadline);

		if (!spare)
			return false;
		if (!keep_spare(spool, spare))
			segment_close(&spare, spool->directory, true);
	}
	return true;
}

struct spool_figures spool_figures(const struct spool *spool)
{
	struct spool_figures figures = {
		.spares = count_spares(spool),
		.writes = atomic_load(&spool->writes),
		.recycled = atomic_load(&spool->recycled),
		.removed = atomic_load(&spool->removed),
		.direct = spool->direct,
	};

	for (size_t i = 0; i < SEGMENTS_MAX; i++) {
		struct segment *segment = atomic_load(&spool->table[i]);
		int64_t alive = segment ? atomic_load(&segment->alive) : 0;

		figures.segments += segment != NULL;
		figures.bytes += segment ? segment->size : 0;
		figures.bytes_alive += alive > 0 ? (uint64_t)alive : 0;
	}
	return figures;
}
