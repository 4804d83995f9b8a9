/*
 * What stands behind a stream: for the files that implement one (tcp, tls,
 * memory), not for those that use one.
 *
 * The common part (line assembly, outbox, stickiness) is in stream.c; a layer
 * moves bytes.
 */
#ifndef RINGPOST_IO_STREAM_LAYER_H
#define RINGPOST_IO_STREAM_LAYER_H

#include "base/buffer.h"
#include "io/stream.h"

struct stream_layer {
	const char *name;
	/* Bytes that wait, oldest first, without suspending; empty: none. */
	struct slice (*peek)(struct stream *stream);
	void (*consume)(struct stream *stream, size_t size);
	/* Suspends until peek has bytes; false with the stream failed. */
	bool (*fill)(struct stream *stream, struct deadline deadline);
	/* Sends all pieces; false with the stream failed. */
	bool (*send)(struct stream *stream, const struct slice *pieces, size_t count,
			struct deadline deadline);
	/* Ends in good order as far as the layer knows (close_notify). */
	void (*finish)(struct stream *stream, struct deadline deadline);
	/* Frees what the layer holds, closes below. */
	void (*close)(struct stream *stream);
};

struct stream {
	const struct stream_layer *layer;
	struct failure failure; /* the first; sticky */
	struct stream_facts facts;
	struct buffer outbox;
	struct buffer line;     /* a line that lies in several buffers */
	struct slice last;      /* what the last read returned */
	bool last_in_line;      /* it lies in `line`, not in the layer */
};

/* For layers: fills the common part of a stream embedded as first member. */
void stream_init(struct stream *stream, const struct stream_layer *layer);

#endif
