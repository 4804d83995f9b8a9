/*
 * The spool: bodies in append-only segment files of this node's own disk,
 * shared by its workers (each appends to a segment of its own; anyone reads).
 *
 * A record is a checked header (magic, size, CRC32C, message id, piece number)
 * and the bytes. A segment lives while anything in it is alive; with little
 * alive it is compacted: what lives is appended anew, its entries' references
 * are changed (queue_move_body), then the file is recycled. Records that no
 * entry names (a crash between sync and commit) die with their segment.
 */
#ifndef RINGPOST_QUEUE_SPOOL_H
#define RINGPOST_QUEUE_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "run/deadline.h"

struct spool;

/*
 * Opens DIRECTORY (made if missing), lists its segments; nothing in them counts
 * as alive until recovery has counted it (body_count). One per process.
 */
struct spool *spool_open(
	const char *directory, uint64_t segment_size, unsigned workers);
void spool_close(struct spool **spool);
/* This node's name for its spool, kept in the directory: part of references,
 * so that another node knows the bytes are not its own. */
struct slice spool_node(const struct spool *spool);

/* Recovery of every shard is done: segments with nothing alive may go now. */
void spool_recovered(struct spool *spool);
/*
 * Recycles what is dead and keeps empty segments ready, on the pool; to be
 * called a few times a second by one worker. False with FAILURE_STORE when no
 * segment can be made (the disk is full).
 */
bool spool_sweep(struct spool *spool, struct deadline deadline);

/*
 * Compaction, driven by the queue: picks the sealed segment with the smallest
 * living share below PERCENT; visits its records in order. Which of them live
 * only the queue knows.
 */
struct spool_record {
	char id[32]; /* message id */
	uint32_t piece;
	uint32_t segment;
	uint64_t offset;
	uint32_t size;
};
bool spool_pick(struct spool *spool, unsigned percent, uint32_t *segment_r);
/* The next record at or behind *OFFSET (0 to begin), which moves on. False at
 * the end (failure kind NONE) or when it cannot be read. */
bool spool_visit(struct spool *spool, uint32_t segment, uint64_t *offset,
	struct spool_record *record_r, struct deadline deadline);
/* Nothing more is to be done about it: it may be picked again later. */
void spool_visited(struct spool *spool, uint32_t segment);

struct spool_figures {
	uint64_t segments, spares, bytes, bytes_alive, writes, recycled, removed;
	bool direct; /* O_DIRECT is in use */
};
struct spool_figures spool_figures(const struct spool *spool);

#endif
