/*
 * The spool store: pieces as records in segments, many in one write.
 *
 * A write reserves a run of whole blocks, lays the records out in aligned
 * memory, and is one synchronous write through the ring: durable when it has
 * returned. Writes of several fibers may be on their way at once.
 */
#include <assert.h>

#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "metrics/timing.h"
#include "run/worker.h"
#include "queue/body_store.h"
#include "queue/number.h"
#include "queue/spool_write.h"
#include "run/ring.h"

#define BATCH_MAX (4u << 20) /* bytes in one write */

struct spool_bodies {
	struct bodies bodies;
	struct spool *spool;
	unsigned worker;
	char *kept; /* aligned memory of BATCH_MAX bytes, not in use */
};

static char *take_memory(struct spool_bodies *self)
{
	void *fresh = self->kept;

	self->kept = NULL;
	if (!fresh && posix_memalign(&fresh, SEGMENT_BLOCK, BATCH_MAX) != 0) {
		fail(FAILURE_RESOURCE, "no memory to write to the spool");
		return NULL;
	}
	return fresh;
}

static void keep_memory(struct spool_bodies *self, char *memory)
{
	if (self->kept)
		free(memory);
	else
		self->kept = memory;
}

static size_t write_space(const struct body_write *write)
{
	return (size_t)segment_record_space(write->piece.size);
}

static uint64_t whole_blocks(uint64_t size)
{
	return (size + SEGMENT_BLOCK - 1) & ~(uint64_t)(SEGMENT_BLOCK - 1);
}

/* How many of the writes go together, and the bytes they take. */
static size_t gather(
	const struct body_write *writes, size_t count, uint64_t limit, size_t *space_r)
{
	size_t space = 0, taken = 0;

	while (taken < count && space + write_space(&writes[taken]) <= limit)
		space += write_space(&writes[taken++]);
	*space_r = space;
	return taken;
}

/* Lays the records out; each piece learns its place. */
static void lay_out(struct body_write *writes, size_t count, struct segment *segment,
	uint64_t offset, char *memory)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		struct body_write *write = &writes[i];
		char *to = memory + at + sizeof(struct segment_record);

		for (size_t part = 0; part < 2; part++) {
			if (write->parts[part].size)
				memcpy(to, write->parts[part].at,
					write->parts[part].size);
			to += write->parts[part].size;
		}
		segment_record_seal(memory + at, segment->number, write->piece.number,
			slice_of(write->body->id), write->piece.size);
		write->piece.segment = segment;
		write->piece.offset = offset + at;
		at += write_space(write);
	}
	memset(memory + at, 0, (size_t)whole_blocks(at) - at);
}

static bool write_run(struct spool_bodies *self, struct body_write *writes,
	size_t count, size_t space, struct deadline deadline)
{
	uint64_t blocks = whole_blocks(space), offset;
	struct segment *segment;
	char *memory;
	int64_t began_us;
	int wrote;

	if (!spool_reserve(
		    self->spool, self->worker, blocks, &segment, &offset, deadline))
		return false;
	memory = take_memory(self);
	if (!memory) {
		spool_unpin(segment);
		return false;
	}
	lay_out(writes, count, segment, offset, memory);
	began_us = worker_now_us();
	wrote = ring_write(segment->write_fd, slice_make(memory, (size_t)blocks),
		offset, deadline);
	timing_record(TIMING_FSYNC, worker_now_us() - began_us);
	keep_memory(self, memory);
	spool_count_write(self->spool);
	if (wrote == (int)blocks)
		for (size_t i = 0; i < count; i++)
			spool_pin(segment);
	spool_unpin(segment);
	if (wrote == (int)blocks)
		return true;
	for (size_t i = 0; i < count; i++)
		writes[i].piece.segment = NULL;
	return wrote < 0 ? fail_errno(FAILURE_STORE, -wrote, "spool: cannot write")
			 : fail(FAILURE_STORE, "spool: the disk is full");
}

static bool spool_write(struct bodies *bodies, struct body_write *writes, size_t count,
	struct deadline deadline)
{
	struct spool_bodies *self = CONTAINER_OF(bodies, struct spool_bodies, bodies);
	uint64_t limit = spool_reserve_max(self->spool);
	size_t done = 0, space;

	if (limit > BATCH_MAX)
		limit = BATCH_MAX;
	while (done < count) {
		size_t taken = gather(writes + done, count - done, limit, &space);

		assert(taken > 0);
		if (!write_run(self, writes + done, taken, space, deadline)) {
			for (size_t i = 0; i < done; i++)
				spool_unpin(writes[i].piece.segment);
			return false;
		}
		done += taken;
	}
	return true;
}

static bool spool_read(const struct body *body, const struct body_piece *piece,
	char **at_r, struct slice *part_r, struct deadline deadline)
{
	size_t size = sizeof(struct segment_record) + piece->size;
	char *at = memory_allocate(size);
	int got = ring_read(piece->segment->read_fd, at, size, piece->offset, deadline);

	if (got == (int)size &&
		segment_record_open(slice_make(at, size), piece->segment->number,
			slice_of(body->id), part_r)) {
		*at_r = at;
		return true;
	}
	memory_free(at);
	if (got < 0)
		return fail_errno(FAILURE_STORE, -got, "spool: cannot read");
	return got == (int)size ? false
				: fail(FAILURE_DATA, "spool: a segment is cut off");
}

static bool spool_refer(const struct body_piece *piece, struct buffer *into)
{
	return number_put(into, piece->segment->number) &&
	       number_put(into, piece->offset / SEGMENT_RECORD_ALIGN);
}

static bool spool_resolve(
	struct bodies *bodies, struct slice *rest, struct body_piece *piece_r)
{
	struct spool_bodies *self = CONTAINER_OF(bodies, struct spool_bodies, bodies);
	uint64_t number, place;
	struct segment *segment;

	if (!body_get_number(rest, &number) || !body_get_number(rest, &place) ||
		number > UINT32_MAX)
		return fail(FAILURE_DATA, "body reference is damaged");
	segment = spool_find(self->spool, (uint32_t)number);
	if (!segment)
		return false;
	if (place > segment->size / SEGMENT_RECORD_ALIGN ||
		segment->size - place * SEGMENT_RECORD_ALIGN <
			segment_record_space(piece_r->size)) {
		spool_unpin(segment);
		return fail(FAILURE_DATA, "body reference points behind its segment");
	}
	piece_r->segment = segment;
	piece_r->offset = place * SEGMENT_RECORD_ALIGN;
	return true;
}

static void spool_count(const struct body_piece *piece, int64_t bytes)
{
	atomic_fetch_add(&piece->segment->alive, bytes);
}

static void spool_release(struct body_piece *piece)
{
	spool_unpin(piece->segment);
}

static void spool_destroy(struct bodies *bodies)
{
	struct spool_bodies *self = CONTAINER_OF(bodies, struct spool_bodies, bodies);

	free(self->kept);
	memory_free(self);
}

static const struct body_store spool_store = {
	.kind = 's',
	.write = spool_write,
	.read = spool_read,
	.refer = spool_refer,
	.resolve = spool_resolve,
	.count = spool_count,
	.release = spool_release,
	.destroy = spool_destroy,
};

struct bodies *bodies_create_spool(struct spool *spool, unsigned worker)
{
	struct spool_bodies *self = NEW(struct spool_bodies);

	self->bodies = (struct bodies){
		.store = &spool_store, .node = spool_node(spool)};
	self->spool = spool;
	self->worker = worker;
	return &self->bodies;
}

size_t body_key_count(const struct body *body)
{
	return body->bodies->store->kind == 'r' ? body->piece_count : 0;
}
