/* Compression as a stream: all that is said arrives, however it is cut; memory at
 * rest and what is remembered then; what is broken, endless or larger than it looks. */
#include "io/deflate.h"

#include <malloc.h>
#include <zlib.h>

#include "../clock_virtual.h"
#include "base/clock.h"
#include "base/memory.h"
#include "check.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "run/virtual.h"

#define SOON deadline_after_ms(60000)

static void wind(int64_t next_timer_us)
{
	clock_virtual_advance_us(next_timer_us - clock_monotonic_us());
}

/* Runs each case below in a fiber, in virtual time. */
#define FIBER_CASE(title)                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg);   \
	CASE(title)                                           \
	{                                                     \
		worker_set_idle(wind);                        \
		on_worker(CHECK_JOIN(body_, __LINE__), NULL); \
		worker_set_idle(NULL);                        \
	}                                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg)

/* A peer by zlib itself. */
struct peer {
	z_stream out, in;
	char bytes[100000];
	size_t size;
};

static struct peer *peer_create(int window)
{
	struct peer *peer = NEW(struct peer);

	CHECK(deflateInit2(&peer->out, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) ==
		Z_OK);
	CHECK(inflateInit2(&peer->in, -15) == Z_OK);
	return peer;
}

static void peer_destroy(struct peer **peer)
{
	deflateEnd(&(*peer)->out);
	inflateEnd(&(*peer)->in);
	memory_free(*peer);
	*peer = NULL;
}

static struct slice peer_pack(struct peer *peer, struct slice text, int flush)
{
	peer->out.next_in = (Bytef *)(uintptr_t)text.at;
	peer->out.avail_in = (uInt)text.size;
	peer->out.next_out = (Bytef *)peer->bytes;
	peer->out.avail_out = sizeof(peer->bytes);
	deflate(&peer->out, flush);
	return slice_make(peer->bytes, sizeof(peer->bytes) - peer->out.avail_out);
}

static struct slice peer_unpack(struct peer *peer, struct stream *from, size_t want)
{
	struct slice got;

	peer->size = 0;
	while (peer->size < want && stream_read(from, 100000, &got, SOON)) {
		peer->in.next_in = (Bytef *)(uintptr_t)got.at;
		peer->in.avail_in = (uInt)got.size;
		peer->in.next_out = (Bytef *)peer->bytes + peer->size;
		peer->in.avail_out = (uInt)(sizeof(peer->bytes) - peer->size);
		CHECK_NUMBER(inflate(&peer->in, Z_SYNC_FLUSH), Z_OK);
		CHECK_NUMBER(peer->in.avail_in, 0);
		peer->size = sizeof(peer->bytes) - peer->in.avail_out;
	}
	return slice_make(peer->bytes, peer->size);
}

static void check_line(struct stream *stream, const char *want)
{
	struct slice line;

	if (CHECK(stream_read_line(stream, 1000, &line, SOON)))
		CHECK_SLICE(line, want);
}

FIBER_CASE("what a peer says arrives, cut at every byte, flushed in either way")
{
	static const int flushes[] = {Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_PARTIAL_FLUSH};

	for (size_t f = 0; f < ARRAY_COUNT(flushes); f++) {
		size_t size = 1;

		for (size_t cut = 0; cut <= size; cut++) {
			struct peer *peer = peer_create(-15);
			struct stream *far, *near;
			struct slice bytes, part;

			stream_pair(1 << 20, &far, &near);
			near = stream_deflate(&near);
			bytes = peer_pack(peer,
				SLICE("a1 NOOP\r\na2 NOOP\r\na3 NOOP\r\n"), flushes[f]);
			size = bytes.size;
			part = slice_part(bytes, 0, cut);
			CHECK(stream_send(far, &part, 1, SOON));
			part = slice_from(bytes, cut);
			CHECK(stream_send(far, &part, 1, SOON));
			check_line(near, "a1 NOOP\r\n");
			check_line(near, "a2 NOOP\r\n");
			CHECK(stream_has_line(near, 1000));
			check_line(near, "a3 NOOP\r\n");
			CHECK(!stream_has_input(near));
			stream_close(&far);
			stream_close(&near);
			peer_destroy(&peer);
		}
	}
}

FIBER_CASE("each send can be read to its end, and is smaller")
{
	struct peer *peer = peer_create(-9);
	struct stream *far, *near;
	static char text[30000];

	stream_pair(1 << 20, &far, &near);
	near = stream_deflate(&near);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "From: a@b.example\r\n"[i % 19];
	for (size_t size = 1; size < sizeof(text); size = size * 3 + 1) {
		struct slice pieces[] = {slice_make(text, size / 2),
			slice_make(text + size / 2, size - size / 2)};
		struct slice got;

		stream_write(near, SLICE("* "));
		CHECK(stream_send(near, pieces, 2, SOON));
		got = peer_unpack(peer, far, size + 2);
		CHECK(slice_starts(got, SLICE("* ")));
		CHECK(slice_equal(slice_from(got, 2), slice_make(text, size)));
	}
	CHECK(stream_facts(far)->bytes_in * 10 < stream_facts(near)->bytes_out);
	CHECK(stream_facts(near)->bytes_out > 40000);
	stream_close(&far);
	stream_close(&near);
	peer_destroy(&peer);
}

FIBER_CASE("what was written before goes as it is; what has come already was packed")
{
	struct peer *peer = peer_create(-15);
	struct stream *far, *near;
	struct slice bytes, line;

	stream_pair(1 << 20, &far, &near);
	bytes = peer_pack(peer, SLICE("a2 NOOP\r\n"), Z_SYNC_FLUSH);
	stream_write(far, SLICE("a1 COMPRESS DEFLATE\r\n"));
	CHECK(stream_send(far, &bytes, 1, SOON));
	CHECK(stream_read_line(near, 1000, &line, SOON));
	stream_write(near, SLICE("a1 OK\r\n"));
	near = stream_deflate(&near);
	check_line(near, "a2 NOOP\r\n");
	stream_write(near, SLICE("a2 OK\r\n"));
	CHECK(stream_flush(near, SOON));
	check_line(far, "a1 OK\r\n");
	CHECK(slice_equal(peer_unpack(peer, far, 7), SLICE("a2 OK\r\n")));
	stream_close(&far);
	stream_close(&near);
	peer_destroy(&peer);
}

FIBER_CASE("both ends of ours, and much at once")
{
	struct stream *far, *near;
	size_t left = 5000000;
	struct slice got;
	char *text = memory_allocate(left);

	for (size_t i = 0; i < left; i++)
		text[i] = (char)((i * 2654435761u) >> 13);
	stream_pair(16 << 20, &far, &near);
	near = stream_deflate(&near);
	far = stream_deflate(&far);
	got = slice_make(text, left);
	CHECK(stream_send(near, &got, 1, SOON));
	while (left && CHECK(stream_read(far, 70000, &got, SOON))) {
		CHECK(!memcmp(got.at, text + 5000000 - left, got.size));
		left -= got.size;
	}
	stream_finish(&near, SOON);
	CHECK(!stream_read(far, 1, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_close(&far);
	memory_free(text);
}

/* Says and hears more than once over an idle minute between. */
static void rest_between(int flush)
{
	struct peer *peer = peer_create(-15);
	struct stream *far, *near;
	struct slice bytes;

	stream_pair(1 << 20, &far, &near);
	near = stream_deflate(&near);
	for (unsigned i = 0; i < 50; i++) {
		char text[60];

		snprintf(
			text, sizeof(text), "a%u UID FETCH 1:%u (FLAGS)\r\n", i, i * i);
		bytes = peer_pack(peer, slice_of(text), flush);
		CHECK(stream_send(far, &bytes, 1, SOON));
		check_line(near, text);
		stream_write(near, slice_of(text));
		CHECK(stream_flush(near, SOON));
		CHECK(slice_equal(
			peer_unpack(peer, far, strlen(text)), slice_of(text)));
		CHECK(!stream_wait(near, deadline_after_ms(i % 2 ? 60000 : 100)));
		CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	}
	stream_close(&far);
	stream_close(&near);
	peer_destroy(&peer);
}

FIBER_CASE("who rested goes on where he was, whatever the flush")
{
	rest_between(Z_SYNC_FLUSH);
	rest_between(Z_PARTIAL_FLUSH);
	rest_between(Z_FULL_FLUSH);
}

FIBER_CASE("at rest: what was said, and little else")
{
	struct peer *peer = peer_create(-15);
	struct stream *far, *near;
	size_t before, busy, idle;
	struct slice bytes;

	stream_pair(1 << 20, &far, &near);
	before = mallinfo2().uordblks;
	near = stream_deflate(&near);
	bytes = peer_pack(peer, SLICE("a1 IDLE\r\n"), Z_SYNC_FLUSH);
	CHECK(stream_send(far, &bytes, 1, SOON));
	check_line(near, "a1 IDLE\r\n");
	stream_write(near, SLICE("+ Idling\r\n"));
	CHECK(stream_flush(near, SOON));
	CHECK(stream_read(far, 1000, &bytes, SOON));
	busy = mallinfo2().uordblks - before;
	CHECK(!stream_wait(near, deadline_after_ms(60000)));
	idle = mallinfo2().uordblks - before;
	printf("compressed: %zu bytes while it talks, %zu at rest\n", busy, idle);
#ifndef __SANITIZE_ADDRESS__
	CHECK(busy > 40000);
	CHECK(idle < 3000);
#endif
	stream_close(&far);
	stream_close(&near);
	peer_destroy(&peer);
}

FIBER_CASE("a wait that is over in time leaves all as it is")
{
	struct peer *peer = peer_create(-15);
	struct stream *far, *near;
	struct slice bytes, part;

	stream_pair(1 << 20, &far, &near);
	near = stream_deflate(&near);
	bytes = peer_pack(peer, SLICE("a1 NOOP\r\n"), Z_SYNC_FLUSH);
	for (size_t i = 0; i < bytes.size; i++) {
		part = slice_part(bytes, i, 1);
		if (stream_has_line(near, 1000)) /* the last bytes say nothing */
			break;
		CHECK(!stream_wait_line(
			near, 1000, deadline_after_ms(i % 2 ? 10 : 10000)));
		CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
		CHECK(stream_is_whole(near));
		CHECK(stream_send(far, &part, 1, SOON));
	}
	check_line(near, "a1 NOOP\r\n");
	stream_close(&far);
	stream_close(&near);
	peer_destroy(&peer);
}

FIBER_CASE("broken and ended compression end the stream, behind what was said")
{
	static const char garbage[] = "a2 NOOP\r\n and no DEFLATE";

	for (unsigned end = 0; end < 2; end++) {
		struct peer *peer = peer_create(-15);
		struct stream *far, *near;
		struct slice bytes, line;

		stream_pair(1 << 20, &far, &near);
		near = stream_deflate(&near);
		bytes = peer_pack(
			peer, SLICE("a1 NOOP\r\n"), end ? Z_FINISH : Z_SYNC_FLUSH);
		CHECK(stream_send(far, &bytes, 1, SOON));
		if (!end)
			stream_write(far, slice_of(garbage));
		CHECK(stream_flush(far, SOON));
		check_line(near, "a1 NOOP\r\n");
		CHECK(!stream_read_line(near, 1000, &line, SOON));
		CHECK_NUMBER(
			failure_kind_last(), end ? FAILURE_CLOSED : FAILURE_PROTOCOL);
		stream_close(&far);
		stream_close(&near);
		peer_destroy(&peer);
	}
}

FIBER_CASE("what is huge behind little costs what is read of it")
{
	struct peer *peer = peer_create(-15);
	char *zeros = memory_allocate(50000000);
	struct stream *far, *near;
	struct slice bytes, got;
	size_t before;

	stream_pair(1 << 20, &far, &near);
	near = stream_deflate(&near);
	bytes = peer_pack(peer, slice_make(zeros, 50000000), Z_SYNC_FLUSH);
	CHECK_NUMBER(peer->out.avail_in, 0);
	memory_free(zeros);
	CHECK(stream_send(far, &bytes, 1, SOON));
	before = mallinfo2().uordblks;
	CHECK(stream_has_line(near, 65536));
	CHECK(stream_read_line(near, 65536, &got, SOON));
	CHECK_NUMBER(got.size, 65536);
#ifndef __SANITIZE_ADDRESS__
	CHECK(mallinfo2().uordblks - before < 400000);
#else
	(void)before;
#endif
	stream_close(&far);
	stream_close(&near);
	peer_destroy(&peer);
}

CHECK_MAIN()
