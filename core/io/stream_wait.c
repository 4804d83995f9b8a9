/*
 * A peer that is not kept waiting; waiting for a whole line without giving up the
 * stream when it does not come: what there is of it is kept, and the peer can still be
 * told.
 */
#include "base/failure.h"
#include "io/stream_layer.h"

void stream_acknowledge(struct stream *stream)
{
	if (stream_is_whole(stream) && stream->layer->acknowledge)
		stream->layer->acknowledge(stream);
}

bool stream_wait_line(struct stream *stream, size_t bytes_max, struct deadline deadline)
{
	if (!stream_flush(stream, deadline))
		return false;
	stream_settle(stream);
	while (stream_is_whole(stream) && !stream_has_line(stream, bytes_max)) {
		struct slice got = stream->layer->peek(stream, 0);

		if (got.size) { /* so that the layer waits for more */
			buffer_append(&stream->line, got);
			stream->layer->consume(stream, got.size);
		} else if (!stream->layer->fill(stream, deadline)) {
			if (failure_kind_last() == FAILURE_TIMEOUT)
				return false;
			stream_keep_failure(stream);
		}
	}
	return stream_is_whole(stream) || fail_again(&stream->failure);
}
