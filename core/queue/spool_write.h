/*
 * The spool as the body store sees it: places to write to, segments to count
 * in. Inside the queue layer only.
 */
#ifndef RINGPOST_QUEUE_SPOOL_WRITE_H
#define RINGPOST_QUEUE_SPOOL_WRITE_H

#include "queue/segment.h"
#include "queue/spool.h"

/*
 * SPACE bytes (a multiple of SEGMENT_BLOCK) in WORKER's current segment, which
 * is pinned until spool_unpin. Suspends only when a segment must be made. False
 * with FAILURE_STORE.
 */
bool spool_reserve(struct spool *spool, unsigned worker, uint64_t space,
	struct segment **segment_r, uint64_t *offset_r, struct deadline deadline);
/* The most one reservation can have. */
uint64_t spool_reserve_max(const struct spool *spool);
/* Pinned until spool_unpin. NULL with FAILURE_DATA when there is none of that
 * number. */
struct segment *spool_find(struct spool *spool, uint32_t number);
void spool_pin(struct segment *segment);
void spool_unpin(struct segment *segment);
void spool_count_write(struct spool *spool);

#endif
