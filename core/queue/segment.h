/*
 * Segments: the spool's files, and the records in them. Inside the queue
 * layer only; others see spool.h and body.h.
 *
 * A segment is written front to back by one worker, read by any. Its number
 * is never used twice; a recycled file gets a new one. Records carry that
 * number, so what a recycled file held before is not taken for a record.
 */
#ifndef RINGPOST_QUEUE_SEGMENT_H
#define RINGPOST_QUEUE_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "run/deadline.h"

#define SEGMENT_BLOCK	     4096u /* writes begin and end on these */
#define SEGMENT_RECORD_ALIGN 16u
#define SEGMENTS_MAX	     65536u /* alive at once */

struct segment {
	uint32_t number;
	int read_fd;  /* buffered */
	int write_fd; /* O_DSYNC, and O_DIRECT where it works; -1: not for writing */
	uint64_t size;
	uint64_t used;	       /* by its writer only */
	_Atomic int64_t alive; /* bytes that entries refer to */
	_Atomic int64_t pins;  /* bodies in memory that lie in it */
	_Atomic bool sealed;   /* nothing is appended any more */
	_Atomic bool compacting;
	struct segment *next_gone; /* retired: memory that readers may still see */
	int64_t gone_us;
};

/* What stands in front of each record's bytes, little-endian on disk. */
struct segment_record {
	uint32_t magic;
	uint32_t crc; /* CRC32C of the rest of this and the bytes */
	uint32_t segment;
	uint32_t piece;
	uint32_t size; /* of the bytes behind */
	uint32_t reserved;
	char id[16];
	uint64_t reserved2;
};

/* Bytes a record takes with SIZE bytes of content. */
uint64_t segment_record_space(uint64_t size);
/* Writes header and padding around content already at AT + header size. */
void segment_record_seal(
	void *at, uint32_t segment, uint32_t piece, struct slice id, uint32_t size);
/* The content of a record read from disk; false with FAILURE_DATA. ID empty:
 * any. */
bool segment_record_open(
	struct slice bytes, uint32_t segment, struct slice id, struct slice *content_r);
/* The header alone: false when there is no record of this segment. */
bool segment_record_peek(
	struct slice bytes, uint32_t segment, struct segment_record *record_r);

/*
 * Opens DIRECTORY/NNNNNNNN.seg. WRITABLE: made if missing, allocated and filled
 * with zeros. Blocks: on the pool or before workers. NULL with FAILURE_STORE.
 */
struct segment *segment_open(
	const char *directory, uint32_t number, uint64_t size, bool writable);
/* Closes its file, and REMOVEs it; the struct stays. */
void segment_shut(struct segment *segment, const char *directory, bool remove);
/* The same, and frees it. */
void segment_close(struct segment **segment, const char *directory, bool remove);
/* Gives the file of a dead segment, which is shut by that, to NUMBER: a fresh
 * segment that needs no filling. Blocks. */
struct segment *segment_recycle(
	struct segment *dead, const char *directory, uint32_t number);
/* Whether DIRECTORY's file system takes O_DIRECT. */
bool segment_direct_works(const char *directory);

#endif
