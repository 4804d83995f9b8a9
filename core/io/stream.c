/*
 * The part all streams share: lines out of whatever pieces arrive, the outbox,
 * and that the first failure is the last.
 */
#include "io/stream.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/memory.h"
#include "io/stream_layer.h"

/* An idle stream keeps buffers up to this size, and gives back larger ones. */
#define KEPT_CAPACITY 512
/* Up to here it is cheaper to copy pieces into one than to send them apart
 * (measured on loopback: 3 % at 256 bytes, even from 4 to 8 KiB, 2 % dearer at
 * 16 KiB); under TLS it also makes one record of them. */
#define COPIED_MAX 8192

void stream_init(struct stream *stream, const struct stream_layer *layer)
{
	stream->layer = layer;
	buffer_init(&stream->outbox, STREAM_OUTBOX_MAX);
	buffer_init(&stream->line, 0);
	condition_init(&stream->sent);
}

bool stream_is_whole(const struct stream *stream)
{
	return stream->failure.kind == FAILURE_NONE;
}

const struct failure *stream_failure(const struct stream *stream)
{
	return &stream->failure;
}

bool stream_keep_failure(struct stream *stream)
{
	if (stream_is_whole(stream)) {
		assert(failure_kind_last() != FAILURE_NONE);
		stream->failure = *failure_last();
	}
	return fail_again(&stream->failure);
}

bool stream_fail(struct stream *stream, enum failure_kind kind, const char *text)
{
	if (stream_is_whole(stream))
		fail(kind, "%s", text);
	return stream_keep_failure(stream);
}

const struct stream_facts *stream_facts(const struct stream *stream)
{
	return &stream->facts;
}

/* ---- Reading ---- */

void stream_settle(struct stream *stream)
{
	size_t size = stream->last.size;

	stream->last = SLICE_EMPTY;
	if (size == 0)
		return;
	if (stream->last_in_line)
		buffer_consume(&stream->line, size);
	else
		stream->layer->consume(stream, size);
}

/* Before a wait that may be long. */
static void give_back(struct buffer *buffer)
{
	if (buffer->capacity > KEPT_CAPACITY && buffer_size(buffer) == 0)
		buffer_finish(buffer);
}

static bool wait_for_input(struct stream *stream, struct deadline deadline)
{
	if (!stream_flush_ahead(stream, deadline))
		return false;
	give_back(&stream->outbox);
	give_back(&stream->line);
	return stream->layer->fill(stream, deadline) || stream_keep_failure(stream);
}

/* Size of the line BYTES begin with, 0 when it goes on behind them. */
static size_t line_size(struct slice bytes, size_t bytes_max)
{
	const char *end;

	if (bytes.size == 0)
		return 0;
	if (bytes.size > bytes_max)
		bytes.size = bytes_max;
	end = memchr(bytes.at, '\n', bytes.size);
	if (end)
		return (size_t)(end - bytes.at) + 1;
	return bytes.size == bytes_max ? bytes_max : 0;
}

/* Makes the first SIZE bytes of FROM what this read returns. */
static bool give(struct stream *stream, struct slice from, size_t size, bool in_line,
	struct slice *bytes_r)
{
	stream->last = slice_make(from.at, size);
	stream->last_in_line = in_line;
	stream->facts.bytes_in += size;
	*bytes_r = stream->last;
	return true;
}

bool stream_read_line(struct stream *stream, size_t bytes_max, struct slice *line_r,
	struct deadline deadline)
{
	struct slice got;
	size_t size, assembled;

	assert(bytes_max > 0);
	if (!stream_is_whole(stream))
		return fail_again(&stream->failure);
	stream_settle(stream);
	got = buffer_contents(&stream->line);
	size = line_size(got, bytes_max);
	if (size)
		return give(stream, got, size, true, line_r);
	for (;;) {
		got = stream->layer->peek(stream, 0);
		if (got.size == 0) {
			if (!wait_for_input(stream, deadline))
				return false;
			continue;
		}
		assembled = buffer_size(&stream->line);
		size = line_size(got, bytes_max - assembled);
		if (size && assembled == 0)
			return give(stream, got, size, false, line_r);
		got = slice_part(got, 0, size ? size : got.size);
		buffer_append(&stream->line, got);
		stream->layer->consume(stream, got.size);
		if (size)
			return give(stream, buffer_contents(&stream->line),
				buffer_size(&stream->line), true, line_r);
	}
}

bool stream_read(struct stream *stream, size_t bytes_max, struct slice *bytes_r,
	struct deadline deadline)
{
	struct slice got;
	bool in_line;

	assert(bytes_max > 0);
	if (!stream_is_whole(stream))
		return fail_again(&stream->failure);
	stream_settle(stream);
	for (;;) {
		got = buffer_contents(&stream->line);
		in_line = got.size > 0;
		if (!in_line)
			got = stream->layer->peek(stream, 0);
		if (got.size)
			return give(stream, got,
				got.size < bytes_max ? got.size : bytes_max, in_line,
				bytes_r);
		if (!wait_for_input(stream, deadline))
			return false;
	}
}

void stream_unread(struct stream *stream, size_t size)
{
	assert(size <= stream->last.size);
	stream->last.size -= size;
	stream->facts.bytes_in -= size;
}

/* What lies in `line` behind the last read. */
static struct slice rest_of_line(const struct stream *stream)
{
	return slice_from(buffer_contents(&stream->line),
		stream->last_in_line ? stream->last.size : 0);
}

/* How much of what the layer has was returned by the last read. */
static size_t returned_of_layer(const struct stream *stream)
{
	return stream->last_in_line ? 0 : stream->last.size;
}

bool stream_has_input(struct stream *stream)
{
	if (!stream_is_whole(stream))
		return false;
	return rest_of_line(stream).size > 0 ||
	       stream->layer->peek(stream, returned_of_layer(stream)).size > 0;
}

bool stream_has_line(struct stream *stream, size_t bytes_max)
{
	size_t skip = returned_of_layer(stream);
	struct slice part = rest_of_line(stream);

	if (!stream_is_whole(stream))
		return false;
	if (line_size(part, bytes_max))
		return true;
	bytes_max -= part.size;
	for (;;) {
		part = stream->layer->peek(stream, skip);
		if (part.size == 0)
			return false;
		if (line_size(part, bytes_max))
			return true;
		bytes_max -= part.size;
		skip += part.size;
	}
}

bool stream_wait(struct stream *stream, struct deadline deadline)
{
	if (!stream_flush(stream, deadline))
		return false;
	stream_settle(stream);
	give_back(&stream->line);
	while (stream_is_whole(stream) && !stream_has_input(stream)) {
		if (stream->layer->fill(stream, deadline))
			continue;
		if (failure_kind_last() == FAILURE_TIMEOUT)
			return false;
		stream_keep_failure(stream);
	}
	return stream_is_whole(stream) || fail_again(&stream->failure);
}

/* ---- Writing ---- */

static void outbox_is_full(struct stream *stream)
{
	stream_fail(stream, FAILURE_LIMIT,
		"more is written than the peer takes: outbox of 4 MiB is full");
}

void stream_write(struct stream *stream, struct slice bytes)
{
	if (stream_is_whole(stream) && !buffer_append(&stream->outbox, bytes))
		outbox_is_full(stream);
}

void stream_write_format(struct stream *stream, const char *format, ...)
{
	va_list list;

	if (!stream_is_whole(stream))
		return;
	va_start(list, format);
	if (!buffer_append_va(&stream->outbox, format, list))
		outbox_is_full(stream);
	va_end(list);
}

size_t stream_outbox_size(const struct stream *stream)
{
	return buffer_size(&stream->outbox);
}

/* Hands FRONT and the pieces to the layer, as many at once as it takes. */
static bool send_all(struct stream *stream, struct slice front,
	const struct slice *pieces, size_t count, struct deadline deadline)
{
	struct slice some[STREAM_PIECES_MAX];
	size_t used = 0, size = 0;

	if (front.size)
		some[used++] = front;
	size = front.size;
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].size == 0)
			continue;
		some[used++] = pieces[i];
		size += pieces[i].size;
		if (used == STREAM_PIECES_MAX) {
			if (!stream->layer->send(stream, some, used, deadline))
				return false;
			used = 0;
		}
	}
	if (used && !stream->layer->send(stream, some, used, deadline))
		return false;
	stream->facts.bytes_out += size;
	return true;
}

/*
 * The outbox is taken out while it is sent, so that what others write
 * meanwhile (a turn's hook may) goes into a new one.
 */
static bool send_outbox(struct stream *stream, const struct slice *pieces, size_t count,
	struct deadline deadline)
{
	struct buffer taken = stream->outbox;
	bool sent;

	buffer_init(&stream->outbox, STREAM_OUTBOX_MAX);
	sent = send_all(stream, buffer_contents(&taken), pieces, count, deadline);
	buffer_clear(&taken);
	if (sent && !stream->outbox.bytes && taken.capacity <= KEPT_CAPACITY)
		stream->outbox = taken;
	else
		buffer_finish(&taken);
	return sent;
}

static bool send_now(struct stream *stream, const struct slice *pieces, size_t count,
	struct deadline deadline)
{
	bool sent;

	stream->sending = true;
	sent = send_outbox(stream, pieces, count, deadline);
	while (sent && buffer_size(&stream->outbox))
		sent = send_outbox(stream, NULL, 0, deadline);
	stream->sending = false;
	condition_signal(&stream->sent);
	return sent;
}

bool stream_send(struct stream *stream, const struct slice *pieces, size_t count,
	struct deadline deadline)
{
	size_t size = 0;

	while (stream->sending && stream_is_whole(stream))
		if (!condition_wait(&stream->sent, deadline))
			return stream_keep_failure(stream);
	if (!stream_is_whole(stream))
		return fail_again(&stream->failure);
	for (size_t i = 0; i < count; i++)
		size += pieces[i].size;
	if (size + buffer_size(&stream->outbox) <= COPIED_MAX &&
		(count > 1 || buffer_size(&stream->outbox))) {
		buffer_reserve(&stream->outbox, size);
		for (size_t i = 0; i < count; i++)
			buffer_append(&stream->outbox, pieces[i]);
		count = 0;
	}
	if (size == 0 && buffer_size(&stream->outbox) == 0)
		return !stream->layer->flush || stream->layer->flush(stream, deadline);
	return send_now(stream, pieces, count, deadline);
}

bool stream_flush(struct stream *stream, struct deadline deadline)
{
	return stream_send(stream, NULL, 0, deadline);
}

bool stream_flush_ahead(struct stream *stream, struct deadline deadline)
{
	return stream->sending || buffer_size(&stream->outbox) == 0 ||
	       stream_flush(stream, deadline);
}

/* ---- The end ---- */

void stream_close(struct stream **stream)
{
	struct stream *s = *stream;

	if (!s)
		return;
	*stream = NULL;
	s->layer->close(s);
	buffer_finish(&s->outbox);
	buffer_finish(&s->line);
	memory_free(s);
}

void stream_finish(struct stream **stream, struct deadline deadline)
{
	struct stream *s = *stream;

	if (s && stream_flush(s, deadline)) {
		stream_settle(s);
		s->layer->finish(s, deadline);
	}
	stream_close(stream);
}
