/*
 * A pipe in memory with two ends, each a stream of this worker, for tests of
 * dialogues. What one send carried arrives as one piece, so a test decides
 * where the bytes are cut.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "io/pieces.h"
#include "io/stream.h"
#include "io/stream_layer.h"

/* One direction: written by one end, read by the other. */
struct way {
	struct list pieces;
	size_t size;  /* bytes in flight */
	bool ended;   /* the writer is gone */
	bool refused; /* the reader is gone */
	struct condition changed;
};

struct pipe {
	struct way ways[2];
	size_t limit;
	unsigned ends;
};

struct memory {
	struct stream stream;
	struct pipe *pipe;
	struct way *in, *out;
};

static struct memory *memory_of(struct stream *stream)
{
	return CONTAINER_OF(stream, struct memory, stream);
}

static struct slice memory_peek(struct stream *stream, size_t skip)
{
	return pieces_peek(&memory_of(stream)->in->pieces, skip);
}

static void memory_consume(struct stream *stream, size_t size)
{
	struct way *in = memory_of(stream)->in;

	pieces_consume(&in->pieces, size);
	in->size -= size;
	condition_broadcast(&in->changed);
}

static bool memory_fill(struct stream *stream, struct deadline deadline)
{
	struct way *in = memory_of(stream)->in;

	while (list_is_empty(&in->pieces)) {
		if (in->ended)
			return fail(FAILURE_CLOSED, "the peer closed the connection");
		if (!condition_wait(&in->changed, deadline))
			return false;
	}
	return true;
}

static void put(struct way *out, struct slice bytes)
{
	pieces_add(&out->pieces, bytes);
	out->size += bytes.size;
	condition_broadcast(&out->changed);
}

static bool send_piece(struct memory *m, struct slice bytes, struct deadline deadline)
{
	struct way *out = m->out;

	while (bytes.size) {
		if (out->refused)
			return stream_fail(&m->stream, FAILURE_NETWORK,
				"the peer has closed the connection");
		if (out->size < m->pipe->limit) {
			struct slice now = slice_part(
				bytes, 0, m->pipe->limit - out->size);

			put(out, now);
			bytes = slice_from(bytes, now.size);
		} else if (!condition_wait(&out->changed, deadline)) {
			return stream_keep_failure(&m->stream);
		}
	}
	return true;
}

static bool memory_send(struct stream *stream, const struct slice *pieces, size_t count,
	struct deadline deadline)
{
	for (size_t i = 0; i < count; i++)
		if (!send_piece(memory_of(stream), pieces[i], deadline))
			return false;
	return true;
}

static void memory_finish(struct stream *stream, struct deadline deadline)
{
	struct way *out = memory_of(stream)->out;

	out->ended = true;
	condition_broadcast(&out->changed);
}

static void memory_close(struct stream *stream)
{
	struct memory *m = memory_of(stream);

	pieces_clear(&m->in->pieces);
	m->in->size = 0;
	m->in->refused = true;
	m->out->ended = true;
	condition_broadcast(&m->in->changed);
	condition_broadcast(&m->out->changed);
	if (--m->pipe->ends == 0)
		memory_free(m->pipe);
}

static const struct stream_layer memory_layer = {
	.name = "memory",
	.peek = memory_peek,
	.consume = memory_consume,
	.fill = memory_fill,
	.send = memory_send,
	.finish = memory_finish,
	.close = memory_close,
};

static struct stream *make_end(struct pipe *pipe, unsigned in)
{
	static const unsigned char loopback[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
	struct memory *m = NEW(struct memory);
	struct stream_facts *facts = &m->stream.facts;

	stream_init(&m->stream, &memory_layer);
	m->pipe = pipe;
	m->in = &pipe->ways[in];
	m->out = &pipe->ways[!in];
	snprintf(facts->peer, sizeof(facts->peer), "memory");
	snprintf(facts->local, sizeof(facts->local), "memory");
	snprintf(facts->peer_address, sizeof(facts->peer_address), "127.0.0.1");
	memcpy(facts->peer_bytes, loopback, sizeof(loopback));
	facts->peer_is_loopback = true;
	return &m->stream;
}

bool stream_pair(size_t limit, struct stream **a_r, struct stream **b_r)
{
	struct pipe *pipe = NEW(struct pipe);

	assert(limit > 0);
	for (unsigned i = 0; i < 2; i++) {
		list_init(&pipe->ways[i].pieces);
		condition_init(&pipe->ways[i].changed);
	}
	pipe->limit = limit;
	pipe->ends = 2;
	*a_r = make_end(pipe, 0);
	*b_r = make_end(pipe, 1);
	return true;
}
