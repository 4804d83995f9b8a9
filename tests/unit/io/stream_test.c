/* Streams over a pipe in memory: lines however they are cut, stickiness, the
 * outbox, memory at rest. */
#include <errno.h>

#include "base/memory.h"
#include "check.h"
#include "io/stream.h"
#include "io/stream_layer.h"
#include "run/on_worker.h"

#define SOON deadline_after_ms(60000)

/* Runs each case below in a fiber. */
#define FIBER_CASE(title)                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg);   \
	CASE(title)                                           \
	{                                                     \
		on_worker(CHECK_JOIN(body_, __LINE__), NULL); \
	}                                                     \
	static void CHECK_JOIN(body_, __LINE__)(void *arg)

static const char text[] = "EHLO client.example\r\n"
			   "\n"
			   "MAIL FROM:<>\r\n"
			   "x\r\r\n"
			   "no end";
static const char *const lines[] = {
	"EHLO client.example\r\n", "\n", "MAIL FROM:<>\r\n", "x\r\r\n"};

static void put(struct stream *to, size_t from, size_t size)
{
	struct slice piece = slice_part(slice_of(text), from, size);

	CHECK(stream_send(to, &piece, 1, SOON));
}

static void check_lines(struct stream *stream)
{
	struct slice line;

	for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
		CHECK(stream_has_line(stream, 100));
		CHECK(stream_read_line(stream, 100, &line, SOON));
		CHECK_SLICE(line, lines[i]);
		CHECK(stream_has_input(stream));
		CHECK_SLICE(line, lines[i]);
	}
	CHECK(!stream_has_line(stream, 100));
	CHECK(stream_has_line(stream, 6));
	CHECK(!stream_read_line(stream, 100, &line, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	CHECK(!stream_has_input(stream));
	CHECK(!stream_has_line(stream, 6));
}

FIBER_CASE("lines cut at every two places")
{
	size_t size = sizeof(text) - 1;

	for (size_t first = 0; first <= size; first++)
		for (size_t second = first; second <= size; second++) {
			struct stream *a, *b;

			stream_pair(1000, &a, &b);
			put(a, 0, first);
			put(a, first, second - first);
			put(a, second, size - second);
			stream_close(&a);
			check_lines(b);
			stream_close(&b);
		}
}

FIBER_CASE("lines byte by byte")
{
	struct stream *a, *b;

	stream_pair(1000, &a, &b);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		put(a, i, 1);
	stream_close(&a);
	check_lines(b);
	CHECK_NUMBER(stream_facts(b)->bytes_in, sizeof(text) - 1 - 6);
	stream_close(&b);
}

static void send_slowly(void *arg)
{
	struct stream *a = arg;

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		put(a, i, 1);
		fiber_yield(SOON);
	}
	stream_finish(&a, SOON);
}

FIBER_CASE("lines byte by byte, waiting for each")
{
	struct stream *a, *b;
	struct slice line;
	struct scope scope;

	scope_init(&scope);
	stream_pair(1, &a, &b);
	CHECK(scope_spawn(&scope, "sender", send_slowly, a));
	for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
		CHECK(stream_read_line(b, 100, &line, SOON));
		CHECK_SLICE(line, lines[i]);
	}
	CHECK(!stream_read_line(b, 100, &line, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_close(&b);
	scope_finish(&scope, SOON);
}

FIBER_CASE("a line of more than the limit comes in parts, wherever it is cut")
{
	for (size_t cut = 0; cut <= 12; cut++) {
		struct stream *a, *b;
		struct slice line, whole = SLICE("0123456789\r\n"), part;

		stream_pair(1000, &a, &b);
		part = slice_part(whole, 0, cut);
		stream_send(a, &part, 1, SOON);
		part = slice_from(whole, cut);
		stream_send(a, &part, 1, SOON);
		CHECK(stream_has_line(b, 5));
		CHECK(stream_read_line(b, 5, &line, SOON));
		CHECK_SLICE(line, "01234");
		CHECK(stream_read_line(b, 5, &line, SOON));
		CHECK_SLICE(line, "56789");
		CHECK(stream_read_line(b, 5, &line, SOON));
		CHECK_SLICE(line, "\r\n");
		stream_close(&a);
		stream_close(&b);
	}
}

FIBER_CASE("what is given back is read again, whole or in part")
{
	struct stream *a, *b;
	struct slice got;

	stream_pair(1000, &a, &b);
	stream_send(a, &SLICE("220 rea"), 1, SOON);
	stream_send(a, &SLICE("dy\r\n250"), 1, SOON);
	stream_send(a, &SLICE(" ok\r\n"), 1, SOON);
	CHECK(stream_read_line(b, 100, &got, SOON)); /* assembled */
	CHECK_SLICE(got, "220 ready\r\n");
	stream_unread(b, 7);
	CHECK(stream_has_line(b, 100));
	CHECK_NUMBER(stream_facts(b)->bytes_in, 4);
	CHECK(stream_read(b, 3, &got, SOON));
	CHECK_SLICE(got, "rea");
	CHECK(stream_read_line(b, 100, &got, SOON));
	CHECK_SLICE(got, "dy\r\n");
	stream_unread(b, 4);
	CHECK(stream_read_line(b, 3, &got, SOON));
	CHECK_SLICE(got, "dy\r");
	stream_unread(b, 1);
	CHECK(stream_read(b, 100, &got, SOON));
	CHECK_SLICE(got, "\r\n");
	CHECK(stream_read(b, 2, &got, SOON)); /* not assembled */
	CHECK_SLICE(got, "25");
	stream_unread(b, 1);
	CHECK(stream_has_line(b, 100));
	CHECK(stream_read_line(b, 100, &got, SOON));
	CHECK_SLICE(got, "50 ok\r\n");
	stream_unread(b, 6);
	CHECK(stream_read_line(b, 100, &got, SOON));
	CHECK_SLICE(got, "0 ok\r\n");
	CHECK(!stream_has_input(b));
	stream_unread(b, 6);
	CHECK(stream_wait(b, SOON));
	CHECK(stream_has_line(b, 100));
	stream_close(&a);
	stream_close(&b);
}

FIBER_CASE("the first failure is the last")
{
	struct stream *a, *b;
	struct slice got;

	stream_pair(1000, &a, &b);
	stream_write(b, SLICE("lost"));
	CHECK(!stream_fail(b, FAILURE_PROTOCOL, "enough"));
	CHECK(!stream_fail(b, FAILURE_LIMIT, "other"));
	stream_send(a, &SLICE("never read\r\n"), 1, SOON);
	failure_clear();
	CHECK(!stream_read(b, 10, &got, SOON));
	CHECK_SLICE(slice_of(failure_last()->text), "enough");
	failure_clear();
	CHECK(!stream_read_line(b, 10, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_PROTOCOL);
	failure_clear();
	CHECK(!stream_flush(b, SOON));
	CHECK_SLICE(slice_of(failure_last()->text), "enough");
	CHECK(!stream_send(b, &SLICE("x"), 1, SOON));
	CHECK(!stream_wait(b, SOON));
	stream_write(b, SLICE("ignored"));
	stream_write_format(b, "%d", 1);
	CHECK_NUMBER(stream_outbox_size(b), 4);
	CHECK(!stream_is_whole(b));
	CHECK_NUMBER(stream_failure(b)->kind, FAILURE_PROTOCOL);
	stream_finish(&b, SOON);
	CHECK(!b);
	CHECK(!stream_read(a, 10, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_finish(&a, SOON);
	stream_close(&a);
}

FIBER_CASE("a deadline and a lost peer, each way")
{
	struct stream *a, *b;
	struct slice got;

	stream_pair(4, &a, &b);
	CHECK(!stream_read(a, 10, &got, deadline_after_ms(10)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	CHECK(!stream_send(b, &SLICE("12345"), 1, deadline_after_ms(10)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	stream_close(&a);
	stream_close(&b);

	stream_pair(4, &a, &b);
	stream_write(b, SLICE("question\n"));
	stream_close(&a);
	CHECK(!stream_read(b, 10, &got, SOON)); /* the flush fails it */
	CHECK_NUMBER(failure_kind_last(), FAILURE_NETWORK);
	stream_close(&b);
}

FIBER_CASE("a wait that runs out of time loses nothing, a read that does is the end")
{
	struct stream *a, *b;
	struct slice got;

	stream_pair(100, &a, &b);
	CHECK(!stream_wait(a, deadline_after_ms(1)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	CHECK(stream_is_whole(a));
	stream_send(b, &SLICE("here\n"), 1, SOON);
	CHECK(stream_wait(a, deadline_after_ms(0)));
	CHECK(stream_read_line(a, 100, &got, SOON));
	CHECK_SLICE(got, "here\n");
	stream_close(&b);
	CHECK(!stream_wait(a, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	CHECK(!stream_is_whole(a));
	stream_close(&a);

	stream_pair(2, &a, &b);
	stream_write(a, SLICE("too much"));
	CHECK(!stream_wait(a, deadline_after_ms(1)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	CHECK(!stream_is_whole(a));
	stream_close(&a);
	stream_close(&b);
}

FIBER_CASE("the outbox has a cap")
{
	static char much[1 << 20];
	struct stream *a, *b;

	stream_pair(4, &a, &b);
	for (int i = 0; i < 4; i++)
		stream_write(a, slice_make(much, sizeof(much)));
	CHECK(stream_is_whole(a));
	CHECK_NUMBER(stream_outbox_size(a), STREAM_OUTBOX_MAX);
	stream_write(a, SLICE("x"));
	CHECK_NUMBER(stream_failure(a)->kind, FAILURE_LIMIT);
	stream_close(&a);
	stream_close(&b);
}

static void answer(void *arg)
{
	struct stream *stream = arg;
	struct slice line;

	while (stream_read_line(stream, 1000, &line, SOON))
		stream_write_format(stream, "%zu %.*s", line.size, SLICE_PRINT(line));
	stream_close(&stream);
}

FIBER_CASE("the outbox is sent ahead of the wait for an answer, and nothing is kept")
{
	struct stream *a, *b;
	struct slice line;
	struct scope scope;

	scope_init(&scope);
	stream_pair(1000, &a, &b);
	CHECK(scope_spawn(&scope, "answer", answer, b));
	for (int i = 0; i < 3; i++) {
		stream_write(a, SLICE("one\n"));
		stream_write(a, SLICE("three\n"));
		CHECK(stream_read_line(a, 100, &line, SOON));
		CHECK_SLICE(line, "4 one\n");
		CHECK(stream_has_line(a, 100));
		CHECK(stream_read_line(a, 100, &line, SOON));
		CHECK_SLICE(line, "6 three\n");
	}
	for (int i = 0; i < 700; i++)
		stream_write(a, SLICE("x"));
	stream_write(a, SLICE("\n"));
	CHECK(stream_read_line(a, 1000, &line, SOON));
	CHECK_NUMBER(line.size, 705);
	CHECK(stream_flush(a, SOON));
	CHECK_NUMBER(a->outbox.capacity, 0);
	CHECK(!stream_wait(a, deadline_after_ms(1)));
	CHECK_NUMBER(a->line.capacity, 0);
	stream_close(&a);
	scope_finish(&scope, SOON);
}

struct collected {
	struct stream *stream;
	struct buffer all;
	size_t pause_each;
};

static void collect(void *arg)
{
	struct collected *c = arg;
	struct slice got;

	while (stream_read(
		c->stream, c->pause_each ? c->pause_each : 100000, &got, SOON)) {
		buffer_append(&c->all, got);
		if (c->pause_each)
			fiber_yield(SOON);
	}
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_close(&c->stream);
}

/* PIECES of SIZE bytes behind an outbox, to a reader that takes READS bytes. */
static void check_pieces(size_t count, size_t size, size_t limit, size_t reads)
{
	struct collected c = {.pause_each = reads};
	struct buffer want = {0};
	struct slice *pieces = memory_allocate_array(count + 1, sizeof(*pieces));
	char *bytes = memory_allocate(count * size + 1);
	struct stream *a;
	struct scope scope;

	for (size_t i = 0; i < count * size; i++)
		bytes[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < count; i++)
		pieces[i] = slice_make(bytes + i * size, size);
	buffer_append(&want, SLICE("front "));
	buffer_append(&want, slice_make(bytes, count * size));
	scope_init(&scope);
	stream_pair(limit, &a, &c.stream);
	CHECK(scope_spawn(&scope, "collect", collect, &c));
	stream_write(a, SLICE("front "));
	CHECK(stream_send(a, pieces, count, SOON));
	CHECK_NUMBER(stream_facts(a)->bytes_out, buffer_size(&want));
	stream_finish(&a, SOON);
	scope_finish(&scope, SOON);
	CHECK(slice_equal(buffer_contents(&c.all), buffer_contents(&want)));
	buffer_finish(&c.all);
	buffer_finish(&want);
	memory_free(bytes);
	memory_free(pieces);
}

FIBER_CASE("pieces behind the outbox, few and many, small and large, slow readers")
{
	static const size_t counts[] = {0, 1, 2, 14, 15, 16, 17, 31, 32, 33, 100};
	static const size_t sizes[] = {0, 1, 100, 1024, 5000};

	for (size_t i = 0; i < ARRAY_COUNT(counts); i++)
		for (size_t j = 0; j < ARRAY_COUNT(sizes); j++) {
			check_pieces(counts[i], sizes[j], 1 << 20, 0);
			check_pieces(counts[i], sizes[j], 777, 0);
		}
	check_pieces(20, 2000, 100, 7);
	check_pieces(1, 1 << 20, 4096, 5000);
}

struct writer {
	struct stream *stream;
	struct turn_hook hook;
	int appended;
};

static void append_from_hook(struct turn_hook *hook)
{
	struct writer *w = CONTAINER_OF(hook, struct writer, hook);

	stream_write(w->stream, SLICE("hook"));
	w->appended++;
}

static void write_much(void *arg)
{
	static char much[3000];
	struct writer *w = arg;

	memset(much, '.', sizeof(much));
	stream_write(w->stream, slice_make(much, sizeof(much)));
	worker_at_turn_end(&w->hook);
	CHECK(stream_flush(w->stream, SOON));
}

FIBER_CASE("a hook appends while the outbox is on its way, another fiber sends then")
{
	struct collected c = {.pause_each = 10};
	struct writer w = {.hook.run = append_from_hook};
	struct scope scope, writers;

	scope_init(&scope);
	scope_init(&writers);
	stream_pair(100, &w.stream, &c.stream);
	CHECK(scope_spawn(&writers, "writer", write_much, &w));
	fiber_yield(SOON);
	fiber_yield(SOON);
	CHECK_NUMBER(w.appended, 1);
	CHECK(scope_spawn(&scope, "collect", collect, &c));
	CHECK(stream_send(w.stream, &SLICE("end"), 1, SOON));
	CHECK(scope_join(&writers, SOON));
	scope_finish(&writers, SOON);
	stream_finish(&w.stream, SOON);
	scope_finish(&scope, SOON);
	CHECK_NUMBER(buffer_size(&c.all), 3007);
	CHECK(slice_ends(buffer_contents(&c.all), SLICE(".hookend")));
	buffer_finish(&c.all);
}

static void wait_for_ever(void *arg)
{
	struct stream *stream = arg;
	struct slice got;

	CHECK(!stream_read(stream, 1, &got, deadline_none()));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CANCELLED);
	stream_write(stream, SLICE("bye"));
	stream_finish(&stream, SOON);
}

FIBER_CASE("a cancelled fiber closes without waiting")
{
	struct stream *a, *b;
	struct slice got;
	struct scope scope;

	scope_init(&scope);
	stream_pair(10, &a, &b);
	CHECK(scope_spawn(&scope, "waiting", wait_for_ever, b));
	fiber_yield(SOON);
	scope_cancel(&scope);
	scope_finish(&scope, SOON);
	CHECK(!stream_read(a, 1, &got, SOON));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CLOSED);
	stream_close(&a);
	stream_close(&a);
}

FIBER_CASE("the facts of a pipe")
{
	struct stream *a, *b;

	stream_pair(10, &a, &b);
	CHECK_SLICE(slice_of(stream_facts(a)->peer), "memory");
	CHECK_SLICE(slice_of(stream_facts(a)->peer_address), "127.0.0.1");
	CHECK(stream_facts(a)->peer_is_loopback);
	CHECK(!stream_facts(a)->encrypted);
	stream_close(&a);
	stream_close(&b);
}

CHECK_MAIN()
