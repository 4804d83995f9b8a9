/* An echo server on loopback: acceptor, receivers and sends together. */
#include <sys/resource.h>

#include "on_worker.h"

#define CONNECTIONS 1000
#define ROUNDS	    20

struct echo {
	struct ring_acceptor *acceptor;
	struct sockaddr_in address;
	struct scope sessions;
	unsigned accepted, finished;
};

static void serve(void *arg)
{
	struct ring_receiver *receiver = ring_receiver_open((int)(intptr_t)arg);
	struct deadline deadline = deadline_after_ms(30000);

	while (ring_receiver_wait(receiver, deadline) == 1) {
		struct slice bytes = ring_receiver_peek(receiver);

		if (ring_send(ring_receiver_fd(receiver), bytes, deadline) < 0)
			break;
		ring_receiver_consume(receiver, bytes.size);
	}
	ring_receiver_close(&receiver);
}

static void accept_all(void *arg)
{
	struct echo *echo = arg;
	int fd;

	while ((fd = ring_acceptor_wait(echo->acceptor, deadline_none())) >= 0) {
		echo->accepted++;
		if (!CHECK(scope_spawn(
			    &echo->sessions, "session", serve, (void *)(intptr_t)fd)))
			ring_close(fd);
	}
	CHECK_NUMBER(fd, -ECANCELED);
}

static void call_server(void *arg)
{
	struct echo *echo = arg;
	struct deadline deadline = deadline_after_ms(30000);
	int fd = connect_to(&echo->address);
	struct ring_receiver *receiver = ring_receiver_open(fd);

	for (int round = 0; round < ROUNDS; round++) {
		char text[32];
		int size = snprintf(
			text, sizeof(text), "round %d of %d\r\n", round, fd);
		size_t got = 0;

		CHECK_NUMBER(
			ring_send(fd, slice_make(text, (size_t)size), deadline), size);
		while (got < (size_t)size) {
			struct slice bytes;

			if (!CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 1))
				break;
			bytes = ring_receiver_peek(receiver);
			CHECK(slice_equal(bytes, slice_make(text + got, bytes.size)));
			got += bytes.size;
			ring_receiver_consume(receiver, bytes.size);
		}
	}
	shutdown(fd, SHUT_WR);
	CHECK_NUMBER(ring_receiver_wait(receiver, deadline), 0);
	ring_receiver_close(&receiver);
	echo->finished++;
}

static void echo_with(void *arg)
{
	struct echo *echo = arg;
	struct scope servers, clients;

	scope_init(&echo->sessions);
	scope_init(&servers);
	scope_init(&clients);
	echo->acceptor = ring_acceptor_open(listen_on_loopback(4096, &echo->address));
	CHECK(scope_spawn(&servers, "acceptor", accept_all, echo));
	for (int i = 0; i < CONNECTIONS; i++)
		CHECK(scope_spawn(&clients, "client", call_server, echo));
	CHECK(scope_join(&clients, deadline_after_ms(60000)));
	scope_finish(&clients, deadline_after_ms(0));
	scope_finish(&servers, deadline_after_ms(0));
	scope_finish(&echo->sessions, deadline_after_ms(10000));
	ring_acceptor_close(&echo->acceptor);
}

CASE("a thousand connections, twenty round trips each")
{
	struct rlimit files = {4096, 4096};
	struct echo echo = {0};

	setrlimit(RLIMIT_NOFILE, &files);
	on_worker(echo_with, &echo);
	CHECK_NUMBER(echo.accepted, CONNECTIONS);
	CHECK_NUMBER(echo.finished, CONNECTIONS);
}

CASE("the same with 16 small buffers for all of them")
{
	struct echo echo = {0};

	on_worker_with(
		&(struct worker_options){
			.buffer_count = 16, .buffer_size = 64, .ring_entries = 64},
		echo_with, &echo);
	CHECK_NUMBER(echo.accepted, CONNECTIONS);
	CHECK_NUMBER(echo.finished, CONNECTIONS);
}

CHECK_MAIN()
