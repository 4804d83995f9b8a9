/*
 * What stands behind a stream: for the files that implement one (tcp, tls,
 * memory), not for those that use one.
 *
 * The common part (line assembly, outbox, stickiness) is in stream.c; a layer
 * moves bytes. It is never called on a stream that has failed, but for close.
 */
#ifndef RINGPOST_IO_STREAM_LAYER_H
#define RINGPOST_IO_STREAM_LAYER_H

#include "base/buffer.h"
#include "io/stream.h"
#include "run/fiber.h"

/* Most pieces given to one call of `send`. */
#define STREAM_PIECES_MAX 16

struct stream_layer {
	const char *name;
	/* Bytes that wait, oldest first, without suspending: those that lie
	 * together from SKIP bytes on; empty: no more. Valid until consumed. */
	struct slice (*peek)(struct stream *stream, size_t skip);
	/* SIZE at the most that of peek(0). */
	void (*consume)(struct stream *stream, size_t size);
	/* Suspends until peek has bytes; false with a failure, which whoever asked
	 * makes the stream's. After FAILURE_TIMEOUT it may be called again. */
	bool (*fill)(struct stream *stream, struct deadline deadline);
	/* Sends all pieces, none empty; false with the stream failed. Called by
	 * one fiber at a time, perhaps while another is in fill. */
	bool (*send)(struct stream *stream, const struct slice *pieces, size_t count,
		struct deadline deadline);
	/* Sends what the layer itself still holds back; NULL: never anything. */
	bool (*flush)(struct stream *stream, struct deadline deadline);
	/* As stream_acknowledge; NULL: there is nothing to acknowledge. */
	void (*acknowledge)(struct stream *stream);
	/* Ends in good order as far as the layer knows (close_notify). */
	void (*finish)(struct stream *stream, struct deadline deadline);
	/* Frees what the layer holds, closes below. */
	void (*close)(struct stream *stream);
};

/*
 * Embedded as the first member of a layer's struct, which comes from NEW: the
 * common part frees it.
 *
 * Bytes to be read are, in order: what `line` holds, then what the layer has.
 * `last` is the front of one of them and is consumed by the next read.
 */
struct stream {
	const struct stream_layer *layer;
	struct failure failure; /* the first; sticky */
	struct stream_facts facts;
	struct buffer outbox;
	struct buffer line;    /* a line that lies in several buffers */
	struct slice last;     /* what the last read returned */
	bool last_in_line;     /* it lies in `line`, not in the layer */
	bool sending;	       /* some fiber is in layer->send */
	struct condition sent; /* it no longer is */
};

/* For layers: fills the common part of a stream embedded as first member. */
void stream_init(struct stream *stream, const struct stream_layer *layer);
/* Consumes what the last read returned, which becomes invalid. */
void stream_settle(struct stream *stream);
/* Flushes ahead of a wait, unless another fiber is sending: what it finds in
 * the outbox at its end, it sends as well. */
bool stream_flush_ahead(struct stream *stream, struct deadline deadline);
/* The fiber's last failure becomes the stream's, unless it has one already;
 * that one is then the fiber's. Returns false. */
bool stream_keep_failure(struct stream *stream);

/* An address as facts have it: "192.0.2.1:25"; only `peer…` or only `local`. */
struct sockaddr;
void stream_facts_set_peer(struct stream_facts *facts, const struct sockaddr *address);
void stream_facts_set_local(struct stream_facts *facts, const struct sockaddr *address);

#endif
