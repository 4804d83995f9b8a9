/* Receivers: pausing, buffers running out, ends and errors kept in order. */
#include <fcntl.h>
#include <unistd.h>

#include "on_worker.h"

static struct ring_receiver *open_pair(int *peer_r)
{
	int fds[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
	*peer_r = fds[1];
	return ring_receiver_open(fds[0]);
}

/* Takes SIZE bytes, which continue the pattern at *AT. */
static void take(struct ring_receiver *receiver, size_t size, size_t *at)
{
	while (size) {
		struct slice bytes;
		size_t part;
		bool right = true;

		if (!CHECK_NUMBER(
			    ring_receiver_wait(receiver, deadline_after_ms(60000)), 1))
			return;
		bytes = ring_receiver_peek(receiver);
		part = bytes.size < size ? bytes.size : size;
		for (size_t i = 0; i < part; i++)
			right = right && bytes.at[i] == (char)(*at + i);
		CHECK(right);
		ring_receiver_consume(receiver, part);
		*at += part;
		size -= part;
	}
}

/* Sends as much as the peer's window takes; how much. */
static size_t fill(int fd, size_t size, size_t part, size_t *at)
{
	size_t sent = 0;

	while (sent < size) {
		char bytes[4096];
		ssize_t result;

		for (size_t i = 0; i < part; i++)
			bytes[i] = (char)(*at + i);
		result = send(fd, bytes, part, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (result < 0)
			break;
		sent += (size_t)result;
		*at += (size_t)result;
	}
	return sent;
}

static void receive_and_end(void *arg)
{
	struct deadline deadline = deadline_after_ms(60000);
	int peer;
	struct ring_receiver *receiver = open_pair(&peer);

	CHECK_NUMBER(ring_receiver_peek(receiver).size, 0);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline_after_ms(0)), -ETIME);
	CHECK_NUMBER(write(peer, "hello", 5), 5);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 1);
	CHECK_SLICE(ring_receiver_peek(receiver), "hello");
	ring_receiver_consume(receiver, 0);
	ring_receiver_consume(receiver, 2);
	CHECK_SLICE(ring_receiver_peek(receiver), "llo");
	CHECK_NUMBER(write(peer, "bye", 3), 3);
	close(peer);
	for (int ms = 0; ms < 60000 && ring_receiver_unread(receiver) < 6; ms++)
		fiber_sleep(deadline_after_ms(1));
	CHECK_NUMBER(ring_receiver_unread(receiver), 6);
	/* The bytes first, then the end, and the end stays. */
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 1);
	ring_receiver_consume(receiver, 3);
	CHECK_SLICE(ring_receiver_peek(receiver), "bye");
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 1);
	ring_receiver_consume(receiver, 3);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 0);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 0);
	ring_receiver_close(&receiver);
	CHECK(!receiver);
	ring_receiver_close(&receiver);
}

CASE("bytes, then the end")
{
	on_worker(receive_and_end, NULL);
}

static void reset_with_bytes_unread(void *arg)
{
	struct deadline deadline = deadline_after_ms(60000);
	struct sockaddr_in address;
	struct linger linger = {.l_onoff = 1};
	int listener = listen_on_loopback(1, &address), fd = connect_to(&address);
	int peer = accept(listener, NULL, NULL);
	struct ring_receiver *receiver = ring_receiver_open(fd);

	CHECK_NUMBER(write(peer, "last words", 10), 10);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 1);
	setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(peer);
	fiber_sleep(deadline_after_ms(5));
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 1);
	ring_receiver_consume(receiver, 10);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), -ECONNRESET);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), -ECONNRESET);
	ring_receiver_close(&receiver);
	close(listener);
}

CASE("bytes, then a reset")
{
	on_worker(reset_with_bytes_unread, NULL);
}

static void pause_and_go_on(void *arg)
{
	size_t part = (size_t)(uintptr_t)arg, sent = 0, sent_at = 0, taken_at = 0,
	       unread;
	int peer;
	struct ring_receiver *receiver = open_pair(&peer);

	/* Offer far more than may wait; the rest stays with the peer. */
	for (int i = 0; i < 2000; i++) {
		sent += fill(peer, 65536, part, &sent_at);
		fiber_yield(deadline_none());
	}
	do { /* until the last of it has come */
		unread = ring_receiver_unread(receiver);
		fiber_sleep(deadline_after_ms(50));
	} while (ring_receiver_unread(receiver) != unread);
	sent += fill(peer, 65536, part, &sent_at);
	CHECK(unread < sent);
	CHECK(unread <= 4 * RING_RECEIVED_MAX);
	if (part > 1000)
		CHECK(unread > RING_RECEIVED_MAX);
	/* Nothing more is taken while it pauses. */
	fiber_sleep(deadline_after_ms(10));
	CHECK_NUMBER(ring_receiver_unread(receiver), unread);
	CHECK_NUMBER(fill(peer, 1, 1, &sent_at), 0);

	take(receiver, sent, &taken_at);
	CHECK_NUMBER(ring_receiver_unread(receiver), 0);
	sent = fill(peer, 1000, 100, &sent_at);
	take(receiver, sent, &taken_at);
	CHECK_NUMBER(taken_at, sent_at);
	ring_receiver_close(&receiver);
	close(peer);
}

CASE("a receiver pauses when much is unread, and goes on when it was read")
{
	on_worker(pause_and_go_on, (void *)(uintptr_t)4096);
}

CASE("also when it comes byte by byte")
{
	on_worker(pause_and_go_on, (void *)(uintptr_t)1);
}

#define RECEIVERS 200

/* Waits until each has SIZE bytes unread. */
static void wait_for_all(struct ring_receiver *receivers[RECEIVERS], size_t size)
{
	for (int ms = 0; ms < 60000; ms++) {
		size_t ready = 0;

		for (size_t i = 0; i < RECEIVERS; i++)
			ready += ring_receiver_unread(receivers[i]) == size;
		if (ready == RECEIVERS)
			return;
		fiber_sleep(deadline_after_ms(1));
	}
	CHECK_NUMBER(ring_receiver_unread(receivers[0]), size);
	check_failures++;
}

static void exhaust_buffers(void *arg)
{
	struct ring_receiver *receivers[RECEIVERS];
	size_t sent_at[RECEIVERS] = {0}, taken_at[RECEIVERS] = {0};
	int peers[RECEIVERS];

	for (size_t i = 0; i < RECEIVERS; i++)
		receivers[i] = open_pair(&peers[i]);
	fiber_sleep(deadline_after_ms(1));
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < RECEIVERS; i++)
			CHECK_NUMBER(fill(peers[i], 300, 300, &sent_at[i]), 300);
		/* All arrive although nobody has read, and 8 buffers are all. */
		wait_for_all(receivers, (size_t)(round + 1) * 300);
	}
	for (size_t i = 0; i < RECEIVERS; i++)
		take(receivers[i], 1000, &taken_at[i]);
	for (size_t i = 0; i < RECEIVERS; i++) {
		take(receivers[i], 500, &taken_at[i]);
		CHECK_NUMBER(fill(peers[i], 300, 300, &sent_at[i]), 300);
	}
	wait_for_all(receivers, 300);
	for (size_t i = 0; i < RECEIVERS; i++) {
		ring_receiver_close(&receivers[i]);
		close(peers[i]);
	}
}

CASE("200 receivers with unread bytes and 8 buffers: nobody starves")
{
	on_worker_with(
		&(struct worker_options){
			.buffer_count = 8, .buffer_size = 128, .ring_entries = 32},
		exhaust_buffers, NULL);
}

static void close_in_each_state(void *arg)
{
	size_t at = 0;
	int peer, fd;
	struct ring_receiver *receiver = open_pair(&peer);
	ssize_t result = 0;
	char byte;

	/* Before the kernel ever saw it. */
	ring_receiver_close(&receiver);
	for (int ms = 0; ms < 60000 && read(peer, &byte, 1) < 0; ms++)
		fiber_sleep(deadline_after_ms(1));
	CHECK_NUMBER(read(peer, &byte, 1), 0);
	close(peer);
	/* Armed, with bytes on their way in the same turn. */
	receiver = open_pair(&peer);
	fiber_sleep(deadline_after_ms(2));
	fill(peer, 20000, 1000, &at);
	fd = ring_receiver_fd(receiver);
	ring_receiver_close(&receiver);
	for (int ms = 0; ms < 60000 && fcntl(fd, F_GETFD) >= 0; ms++)
		fiber_sleep(deadline_after_ms(1));
	CHECK_NUMBER(fcntl(fd, F_GETFD), -1);
	close(peer);
	/* Paused. */
	receiver = open_pair(&peer);
	for (int i = 0; i < 100; i++) {
		fill(peer, 65536, 4096, &at);
		fiber_yield(deadline_none());
	}
	ring_receiver_close(&receiver);
	for (int ms = 0; ms < 60000; ms++) {
		result = send(peer, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (result < 0 && errno != EAGAIN)
			break;
		fiber_sleep(deadline_after_ms(1));
	}
	CHECK_NUMBER(result, -1);
	CHECK(errno == EPIPE || errno == ECONNRESET);
	close(peer);
	/* Ended. */
	receiver = open_pair(&peer);
	close(peer);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline_after_ms(60000)), 0);
	ring_receiver_close(&receiver);
	/* And all buffers are back: the worker asserts nothing is left. */
	receiver = open_pair(&peer);
	fill(peer, 1000, 1000, &at);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline_after_ms(60000)), 1);
	ring_receiver_close(&receiver);
	close(peer);
}

CASE("closing before, while and after anything arrives")
{
	on_worker(close_in_each_state, NULL);
	on_worker_with(&(struct worker_options){.buffer_count = 4, .buffer_size = 64},
		close_in_each_state, NULL);
}

struct flood {
	int peer;
	bool stop;
};

static void flood(void *arg)
{
	struct flood *flood = arg;
	size_t at = 0;

	while (!flood->stop) {
		fill(flood->peer, 4096, 4096, &at);
		fiber_yield(deadline_none());
	}
}

static void cancelled_reader(void *arg)
{
	struct flood *flood = arg;
	struct ring_receiver *receiver = open_pair(&flood->peer);
	int result;

	while ((result = ring_receiver_wait(receiver, deadline_none())) == 1)
		ring_receiver_consume(receiver, ring_receiver_peek(receiver).size);
	CHECK_NUMBER(result, -ECANCELED);
	ring_receiver_close(&receiver);
}

static void cancel_under_flood(void *arg)
{
	struct flood state = {0};
	struct scope reader, writer;

	scope_init(&reader);
	scope_init(&writer);
	CHECK(scope_spawn(&reader, "reader", cancelled_reader, &state));
	fiber_yield(deadline_none());
	CHECK(scope_spawn(&writer, "writer", flood, &state));
	fiber_sleep(deadline_after_ms(10));
	scope_finish(&reader, deadline_after_ms(0));
	state.stop = true;
	scope_finish(&writer, deadline_none());
	close(state.peer);
}

CASE("a cancelled reader stops although bytes keep coming")
{
	on_worker(cancel_under_flood, NULL);
}

CHECK_MAIN()
