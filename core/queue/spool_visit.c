/*
 * Compaction's view of the spool: which segment is worth it, and the records
 * that stand in it.
 */
#include <string.h>

#include "base/failure.h"
#include "queue/spool_core.h"
#include "run/ring.h"

bool spool_pick(struct spool *spool, unsigned percent, uint32_t *segment_r)
{
	struct segment *best = NULL;
	uint64_t least = spool->segment_size / 100 * percent;

	if (!atomic_load(&spool->recovered))
		return false;
	for (size_t i = 0; i < SEGMENTS_MAX; i++) {
		struct segment *segment = atomic_load(&spool->table[i]);
		int64_t alive;

		if (!segment || !atomic_load(&segment->sealed) ||
			atomic_load(&segment->compacting))
			continue;
		alive = atomic_load(&segment->alive);
		if (alive > 0 && (uint64_t)alive < least) {
			least = (uint64_t)alive;
			best = segment;
		}
	}
	if (!best)
		return false;
	atomic_store(&best->compacting, true);
	*segment_r = best->number;
	return true;
}

void spool_visited(struct spool *spool, uint32_t number)
{
	struct segment *segment = spool_find(spool, number);

	if (!segment)
		return;
	atomic_store(&segment->compacting, false);
	spool_unpin(segment);
}

/* The next record of a segment that is pinned. */
static bool visit(struct segment *segment, uint64_t *offset,
	struct spool_record *record_r, struct deadline deadline)
{
	struct segment_record record;
	char head[sizeof(record)];

	while (*offset + sizeof(head) <= segment->size) {
		int got = ring_read(
			segment->read_fd, head, sizeof(head), *offset, deadline);

		if (got < 0)
			return fail_errno(FAILURE_STORE, -got, "spool: cannot read");
		if ((size_t)got == sizeof(head) &&
			segment_record_peek(slice_make(head, sizeof(head)),
				segment->number, &record)) {
			*record_r = (struct spool_record){.piece = record.piece,
				.segment = segment->number,
				.offset = *offset,
				.size = record.size};
			memcpy(record_r->id, record.id, sizeof(record.id));
			*offset += segment_record_space(record.size);
			return true;
		}
		/* No record where one could stand: the next write began on a
		 * block; where none begins on a block either, nothing follows. */
		if (*offset % SEGMENT_BLOCK == 0)
			break;
		*offset = (*offset | (SEGMENT_BLOCK - 1)) + 1;
	}
	failure_clear();
	return false;
}

bool spool_visit(struct spool *spool, uint32_t number, uint64_t *offset,
	struct spool_record *record_r, struct deadline deadline)
{
	struct segment *segment = spool_find(spool, number);
	bool found;

	if (!segment) { /* its last record has died meanwhile */
		failure_clear();
		return false;
	}
	found = visit(segment, offset, record_r, deadline);
	spool_unpin(segment);
	return found;
}
