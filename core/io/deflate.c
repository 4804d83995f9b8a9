/*
 * DEFLATE as a stream over a stream; see deflate.h. A peer's bytes become at most
 * SCRATCH at a time, and only when somebody asks for them, so what is small on the
 * wire and huge behind it costs no more than what its reader takes.
 */
#include "io/deflate.h"

#include <string.h>
#include <zlib.h>

#include "base/list.h"
#include "base/memory.h"
#include "io/pieces.h"
#include "io/stream_layer.h"

#define SCRATCH	  16384
#define SENT_AT	  49152 /* compressed bytes are sent whenever so many have collected */
#define PIECE_MAX (1u << 20)
#define IDLE_MS	  3000 /* who says nothing for so long is idle */
/* Of ours: a window of 8 KiB and what finds its text again, 48 KiB together. This level
 * makes a half of text; the usual one saves a sixth more, and takes three times as
 * long. */
#define OUR_LEVEL	  1
#define OUR_WINDOW	  (-13)
#define OUR_MEMORY	  5
#define THEIR_WINDOW	  (-15)
#define THEIR_HISTORY_MAX 32768
/* inflate()'s data_type: a block has just ended; bits of its last byte that are not
 * used. */
#define BETWEEN_BLOCKS 128
#define UNUSED_BITS    7

struct deflated {
	struct stream stream;
	struct stream *lower;
	z_stream *out, *in; /* NULL: not needed now */
	char *history;	    /* of `in`, while that is NULL */
	unsigned history_size;
	struct list plain;	/* pieces not yet read */
	bool full;		/* there may be more without another byte */
	struct failure *ending; /* why no more follows those; NULL: it may */
};

static struct deflated *deflated_of(struct stream *stream)
{
	return CONTAINER_OF(stream, struct deflated, stream);
}

/* ---- Reading ---- */

static void end_with_last_failure(struct deflated *d)
{
	d->ending = NEW(struct failure);
	*d->ending = *failure_last();
}

/* What the peer said before is what it may refer to. */
static bool begin_inflating(struct deflated *d)
{
	if (d->in)
		return true;
	d->in = NEW(z_stream);
	if (inflateInit2(d->in, THEIR_WINDOW) != Z_OK ||
		(d->history_size &&
			inflateSetDictionary(d->in, (const Bytef *)d->history,
				d->history_size) != Z_OK))
		return fail(FAILURE_RESOURCE, "zlib has no memory");
	memory_free(d->history);
	d->history = NULL;
	d->history_size = 0;
	return true;
}

/* Bytes below into at most SCRATCH of plaintext; false: no more will come. */
static bool inflate_some(struct deflated *d, char *scratch, size_t *size_r)
{
	struct slice bytes = SLICE_EMPTY;
	int result;

	if (!begin_inflating(d))
		return false;
	if (stream_has_input(d->lower) &&
		!stream_read(d->lower, SCRATCH, &bytes, deadline_after_ms(0)))
		return false;
	d->in->next_in = (Bytef *)(uintptr_t)bytes.at;
	d->in->avail_in = (uInt)bytes.size;
	d->in->next_out = (Bytef *)scratch;
	d->in->avail_out = SCRATCH;
	result = inflate(d->in, Z_SYNC_FLUSH);
	stream_unread(d->lower, d->in->avail_in);
	d->full = d->in->avail_out == 0;
	*size_r = SCRATCH - d->in->avail_out;
	if (result == Z_STREAM_END)
		return fail(FAILURE_CLOSED, "the peer ended compression");
	if (result != Z_OK && result != Z_BUF_ERROR)
		return fail(FAILURE_PROTOCOL, "what the peer compressed is broken");
	return true;
}

/* True: there is more to read. Leaves the fiber's last failure alone, since it may be
 * asked by one that only looks. */
static bool decompress(struct deflated *d)
{
	static _Thread_local char scratch[SCRATCH];
	struct failure before;
	size_t size = 0;

	while (!d->ending && !size && (d->full || stream_has_input(d->lower))) {
		before = *failure_last();
		if (!inflate_some(d, scratch, &size)) {
			end_with_last_failure(d);
			fail_again(&before);
		}
	}
	if (size)
		pieces_add(&d->plain, slice_make(scratch, size));
	return size > 0;
}

static struct slice deflated_peek(struct stream *stream, size_t skip)
{
	struct deflated *d = deflated_of(stream);
	struct slice found;

	do
		found = pieces_peek(&d->plain, skip);
	while (!found.size && decompress(d));
	return found;
}

static void deflated_consume(struct stream *stream, size_t size)
{
	pieces_consume(&deflated_of(stream)->plain, size);
}

static void end_zlib(z_stream **zlib, int (*end)(z_stream *))
{
	if (*zlib)
		end(*zlib);
	memory_free(*zlib);
	*zlib = NULL;
}

/* Ours ends with each send, a new one refers to nothing before it. Theirs can be begun
 * again between two blocks that meet at a byte's edge, with the text they may refer
 * to: of what clients say that is little. */
static void rest(struct deflated *d)
{
	static _Thread_local char text[THEIR_HISTORY_MAX];
	uInt size = sizeof(text);

	if (!d->stream.sending)
		end_zlib(&d->out, deflateEnd);
	if (!d->in || !(d->in->data_type & BETWEEN_BLOCKS) ||
		(d->in->data_type & UNUSED_BITS) ||
		inflateGetDictionary(d->in, (Bytef *)text, &size) != Z_OK)
		return;
	end_zlib(&d->in, inflateEnd);
	d->history = memory_resize(NULL, size ? size : 1);
	memcpy(d->history, text, size);
	d->history_size = size;
}

static bool wait_below(struct deflated *d, struct deadline deadline)
{
	struct deadline idle = deadline_after_ms(IDLE_MS);

	if (!d->in && !d->out)
		return stream_wait(d->lower, deadline);
	if (stream_wait(d->lower, deadline_earlier(idle, deadline)))
		return true;
	if (failure_kind_last() != FAILURE_TIMEOUT || !deadline_has_passed(idle) ||
		deadline_has_passed(deadline))
		return false;
	rest(d);
	return stream_wait(d->lower, deadline);
}

static bool deflated_fill(struct stream *stream, struct deadline deadline)
{
	struct deflated *d = deflated_of(stream);

	while (deflated_peek(stream, 0).size == 0) {
		if (d->ending)
			return fail_again(d->ending);
		if (!wait_below(d, deadline))
			return false;
	}
	return true;
}

/* ---- Writing ---- */

static bool begin_deflating(struct deflated *d)
{
	if (d->out)
		return true;
	d->out = NEW(z_stream);
	return deflateInit2(d->out, OUR_LEVEL, Z_DEFLATED, OUR_WINDOW, OUR_MEMORY,
		       Z_DEFAULT_STRATEGY) == Z_OK ||
	       fail(FAILURE_RESOURCE, "zlib has no memory");
}

/* All of BYTES, and, with Z_SYNC_FLUSH, all that is to be said of them. */
static bool compress_bytes(
	struct deflated *d, struct slice bytes, int flush, struct deadline deadline)
{
	static _Thread_local char scratch[SCRATCH];

	d->out->next_in = (Bytef *)(uintptr_t)bytes.at;
	d->out->avail_in = (uInt)bytes.size;
	do {
		d->out->next_out = (Bytef *)scratch;
		d->out->avail_out = SCRATCH;
		deflate(d->out, flush);
		stream_write(
			d->lower, slice_make(scratch, SCRATCH - d->out->avail_out));
		if (stream_outbox_size(d->lower) >= SENT_AT &&
			!stream_flush(d->lower, deadline))
			return false;
	} while (d->out->avail_out == 0);
	return true;
}

static bool deflated_send(struct stream *stream, const struct slice *pieces,
	size_t count, struct deadline deadline)
{
	struct deflated *d = deflated_of(stream);

	if (!begin_deflating(d))
		return stream_keep_failure(stream);
	for (size_t i = 0; i < count; i++) {
		struct slice rest = pieces[i];

		while (rest.size) {
			struct slice part = slice_part(rest, 0, PIECE_MAX);

			if (!compress_bytes(d, part, Z_NO_FLUSH, deadline))
				return stream_keep_failure(stream);
			rest = slice_from(rest, part.size);
		}
	}
	return (compress_bytes(d, SLICE_EMPTY, Z_SYNC_FLUSH, deadline) &&
		       stream_flush(d->lower, deadline)) ||
	       stream_keep_failure(stream);
}

static bool deflated_flush(struct stream *stream, struct deadline deadline)
{
	return stream_flush(deflated_of(stream)->lower, deadline) ||
	       stream_keep_failure(stream);
}

static void deflated_acknowledge(struct stream *stream)
{
	stream_acknowledge(deflated_of(stream)->lower);
}

/* ---- The end ---- */

static void deflated_finish(struct stream *stream, struct deadline deadline)
{
	struct deflated *d = deflated_of(stream);

	if (stream_flush(d->lower, deadline))
		d->lower->layer->finish(d->lower, deadline);
}

static void deflated_close(struct stream *stream)
{
	struct deflated *d = deflated_of(stream);

	pieces_clear(&d->plain);
	end_zlib(&d->in, inflateEnd);
	end_zlib(&d->out, deflateEnd);
	memory_free(d->history);
	memory_free(d->ending);
	stream_close(&d->lower);
}

static const struct stream_layer deflated_layer = {
	.name = "deflate",
	.peek = deflated_peek,
	.consume = deflated_consume,
	.fill = deflated_fill,
	.send = deflated_send,
	.flush = deflated_flush,
	.acknowledge = deflated_acknowledge,
	.finish = deflated_finish,
	.close = deflated_close,
};

struct stream *stream_deflate(struct stream **stream)
{
	struct deflated *d = NEW(struct deflated);

	stream_init(&d->stream, &deflated_layer);
	list_init(&d->plain);
	d->lower = *stream;
	d->stream.facts = d->lower->facts;
	*stream = NULL;
	return &d->stream;
}
