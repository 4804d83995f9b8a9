/* Acceptors: out of descriptors, nobody takes, closing. */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/event.h"
#include "on_worker.h"
#include "run/sanitize.h"

static void accept_one(void *arg)
{
	struct sockaddr_in address;
	struct ring_acceptor *acceptor = ring_acceptor_open(
		listen_on_loopback(8, &address));
	int fd, peer;

	CHECK_NUMBER(ring_acceptor_wait(acceptor, deadline_after_ms(5)), -ETIME);
	for (int i = 0; i < 3; i++) {
		fd = connect_to(&address);
		peer = ring_acceptor_wait(acceptor, deadline_after_ms(60000));
		CHECK(peer >= 0);
		CHECK_NUMBER(fcntl(peer, F_GETFD), FD_CLOEXEC);
		CHECK(fcntl(peer, F_GETFL) & O_NONBLOCK);
		ring_close(fd);
		ring_close(peer);
	}
	ring_acceptor_close(&acceptor);
	CHECK(!acceptor);
	ring_acceptor_close(&acceptor);
}

CASE("accepted sockets are non-blocking and close on exec")
{
	on_worker(accept_one, NULL);
}

#define CALLERS 700

static void nobody_takes(void *arg)
{
	static int fds[CALLERS];
	struct sockaddr_in address;
	struct ring_acceptor *acceptor = ring_acceptor_open(
		listen_on_loopback(1024, &address));
	unsigned taken = 0;
	int fd;

	for (int i = 0; i < CALLERS; i++)
		fds[i] = connect_to(&address);
	fiber_sleep(deadline_after_ms(10));
	while (taken < CALLERS &&
		(fd = ring_acceptor_wait(acceptor, deadline_after_ms(60000))) >= 0) {
		taken++;
		ring_close(fd);
		if (taken % 50 == 0)
			fiber_yield(deadline_none());
	}
	CHECK_NUMBER(taken, CALLERS);
	CHECK_NUMBER(ring_acceptor_wait(acceptor, deadline_after_ms(50)), -ETIME);
	for (int i = 0; i < CALLERS; i++)
		ring_close(fds[i]);
	/* And closing with some that wait. */
	for (int i = 0; i < CALLERS; i++)
		fds[i] = connect_to(&address);
	ring_acceptor_close(&acceptor);
	for (int i = 0; i < CALLERS; i++)
		ring_close(fds[i]);
}

CASE("accepting pauses while nobody takes, and loses none")
{
	struct rlimit files = {4096, 4096};

	setrlimit(RLIMIT_NOFILE, &files);
	on_worker(nobody_takes, NULL);
}

static void run_out(void *arg)
{
	struct sockaddr_in address;
	struct ring_acceptor *acceptor = ring_acceptor_open(
		listen_on_loopback(64, &address));
	struct rlimit before, few;
	int fds[8], filler[256], fillers = 0, peer;
	char byte;

	for (int i = 0; i < 8; i++)
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = 64;
	setrlimit(RLIMIT_NOFILE, &few);
	while (fillers < 256 && (filler[fillers] = dup(0)) >= 0)
		fillers++;
	/* Turned away: the connection is made and ends. */
	for (int i = 0; i < 4; i++) {
		CHECK_NUMBER(ring_connect(fds[i], (struct sockaddr *)&address,
				     sizeof(address), deadline_after_ms(60000)),
			0);
		CHECK(ring_receive(fds[i], &byte, 1, deadline_after_ms(60000)) <= 0);
	}
	CHECK_NUMBER(ring_acceptor_wait(acceptor, deadline_after_ms(10)), -ETIME);
	/* Accepting resumes by itself. */
	for (int i = 0; i < fillers; i++)
		close(filler[i]);
	for (int i = 4; i < 8; i++) {
		CHECK_NUMBER(ring_connect(fds[i], (struct sockaddr *)&address,
				     sizeof(address), deadline_after_ms(60000)),
			0);
		peer = ring_acceptor_wait(acceptor, deadline_after_ms(60000));
		CHECK(peer >= 0);
		ring_close(peer);
	}
	setrlimit(RLIMIT_NOFILE, &before);
	for (int i = 0; i < 8; i++)
		ring_close(fds[i]);
	ring_acceptor_close(&acceptor);
}

CASE("out of descriptors, callers are turned away at once, later ones are served")
{
	if (sanitize_is_valgrind())
		return; /* it keeps the limit itself, the ring's accept passes it by */
	event_set_level(EVENT_ERROR);
	on_worker(run_out, NULL);
	event_set_level(EVENT_INFO);
}

static void not_listening(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct ring_acceptor *acceptor = ring_acceptor_open(fd);

	CHECK_NUMBER(ring_acceptor_wait(acceptor, deadline_after_ms(60000)), -EINVAL);
	CHECK_NUMBER(ring_acceptor_wait(acceptor, deadline_after_ms(60000)), -EINVAL);
	ring_acceptor_close(&acceptor);
}

CASE("a socket that does not listen is an error, once and for all")
{
	on_worker(not_listening, NULL);
}

CHECK_MAIN()
