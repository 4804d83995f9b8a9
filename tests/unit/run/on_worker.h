/*
 * For the tests of run/: a worker for one body, and sockets on loopback.
 */
#ifndef RINGPOST_TESTS_RUN_ON_WORKER_H
#define RINGPOST_TESTS_RUN_ON_WORKER_H

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "check.h"
#include "run/ring.h"
#include "run/worker.h"

static inline void on_worker_with(
	const struct worker_options *options, void (*body)(void *arg), void *arg)
{
	struct worker *worker = worker_create(options);

	if (!CHECK(worker != NULL))
		return;
	worker_run(worker, body, arg);
	worker_destroy(&worker);
	CHECK(!worker);
}

/* Runs BODY as the first fiber of a worker of its own. */
static inline void on_worker(void (*body)(void *arg), void *arg)
{
	on_worker_with(&(struct worker_options){.fibers_max = 4000}, body, arg);
}

/* A listening TCP socket on 127.0.0.1, and where it listens. */
static inline int listen_on_loopback(int backlog, struct sockaddr_in *address_r)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*address_r);

	*address_r = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	CHECK(fd >= 0);
	CHECK(!bind(fd, (struct sockaddr *)address_r, size));
	CHECK(!getsockname(fd, (struct sockaddr *)address_r, &size));
	CHECK(!listen(fd, backlog));
	return fd;
}

/* A socket connected to ADDRESS, through the ring. */
static inline int connect_to(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	CHECK_NUMBER(ring_connect(fd, (const struct sockaddr *)address,
			     sizeof(*address), deadline_after_ms(20000)),
		0);
	return fd;
}

#endif
