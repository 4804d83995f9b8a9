/*
 * Acceptors: a multishot accept on a listening socket.
 *
 * Out of descriptors, the kernel ends the accept, and the callers would hang
 * in the backlog. So a spare descriptor is given up to take some of them and
 * close them, which they see at once, and accepting is tried again later.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "run/worker_core.h"

#define WAITING_MAX	 256 /* accepted sockets nobody took yet */
#define BACK_OFF_MIN_MS	 10
#define BACK_OFF_MAX_MS	 1000
#define TURNED_AWAY_MAX	 64 /* at a time, so that others run in between */
#define WARNING_EVERY_US (10 * 1000 * 1000)

struct ring_acceptor {
	struct operation operation;
	int fd, spare;
	int error; /* -errno that ended it for good, 0: none */
	bool closed;
	bool stopping; /* a cancel is under way */
	int *waiting;  /* accepted, not taken; a ring of capacity places */
	size_t first, count, capacity;
	struct condition changed;
	struct timer retry;
	int64_t back_off_ms, warned_us;
	uint64_t turned_away; /* since the last warning */
};

static void go_on(struct ring_acceptor *acceptor);
static void complete(
	struct operation *operation, int result, unsigned flags, bool more);
static void add_waiting(struct ring_acceptor *acceptor, int fd);
static void back_off(struct ring_acceptor *acceptor, int error);
static void turn_away(struct ring_acceptor *acceptor);
static void retry(struct timer *timer);
static bool is_final(int error);
static void finish(struct ring_acceptor *acceptor);

struct ring_acceptor *ring_acceptor_open(int fd)
{
	struct ring_acceptor *acceptor = NEW(struct ring_acceptor);

	acceptor->operation.complete = complete;
	acceptor->fd = fd;
	acceptor->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	acceptor->retry.run = retry;
	acceptor->back_off_ms = BACK_OFF_MIN_MS;
	acceptor->warned_us = worker_now_us() - WARNING_EVERY_US;
	condition_init(&acceptor->changed);
	go_on(acceptor);
	return acceptor;
}

int ring_acceptor_wait(struct ring_acceptor *acceptor, struct deadline deadline)
{
	int fd;

	if (fiber_is_cancelled())
		return -ECANCELED;
	while (!acceptor->count) {
		int why;

		if (acceptor->error)
			return acceptor->error;
		why = condition_wait_code(&acceptor->changed, deadline);
		if (why)
			return why;
	}
	fd = acceptor->waiting[acceptor->first];
	acceptor->first = (acceptor->first + 1) % acceptor->capacity;
	acceptor->count--;
	go_on(acceptor);
	return fd;
}

void ring_acceptor_close(struct ring_acceptor **acceptor)
{
	struct ring_acceptor *a = *acceptor;

	if (!a)
		return;
	assert(!condition_has_waiters(&a->changed));
	*acceptor = NULL;
	a->closed = true;
	timer_stop(&a->retry);
	for (; a->count; a->count--) {
		ring_submit_close(worker_self()->ring, a->waiting[a->first]);
		a->first = (a->first + 1) % a->capacity;
	}
	if (!a->operation.id)
		finish(a);
	else if (!a->stopping)
		ring_cancel(worker_self()->ring, &a->operation);
}

/* Accepts unless too many wait, or it is backing off. */
static void go_on(struct ring_acceptor *acceptor)
{
	struct ring *ring = worker_self()->ring;
	bool full = acceptor->count >= WAITING_MAX;

	if (acceptor->error || acceptor->retry.heap_place)
		return;
	if (full && acceptor->operation.id && !acceptor->stopping) {
		ring_cancel(ring, &acceptor->operation);
		acceptor->stopping = true;
	} else if (!full && !acceptor->operation.id) {
		ring_submit(ring, &acceptor->operation,
			&(struct request){
				.code = IORING_OP_ACCEPT,
				.fd = acceptor->fd,
				.io_priority = IORING_ACCEPT_MULTISHOT,
				.flags = SOCK_NONBLOCK | SOCK_CLOEXEC,
			});
	}
}

static void complete(struct operation *operation, int result, unsigned flags, bool more)
{
	struct ring_acceptor *acceptor = CONTAINER_OF(
		operation, struct ring_acceptor, operation);

	(void)flags;
	if (!more)
		acceptor->stopping = false;
	if (acceptor->closed) {
		if (result >= 0)
			ring_submit_close(worker_self()->ring, result);
		if (!more)
			finish(acceptor);
		return;
	}
	if (result >= 0) {
		acceptor->back_off_ms = BACK_OFF_MIN_MS;
		add_waiting(acceptor, result);
	} else if (is_final(-result)) {
		acceptor->error = result;
	} else if (result != -ECANCELED && result != -EINTR) {
		back_off(acceptor, -result);
	}
	go_on(acceptor);
	if (result >= 0)
		condition_signal(&acceptor->changed);
	else if (acceptor->error)
		condition_broadcast(&acceptor->changed);
}

/* No cap here: the accept was stopped at WAITING_MAX, and what the kernel had
 * finished by then is bounded by the backlog. */
static void add_waiting(struct ring_acceptor *acceptor, int fd)
{
	if (acceptor->count == acceptor->capacity) {
		size_t capacity = acceptor->capacity ? acceptor->capacity * 2 : 16;
		int *waiting = memory_allocate_array(capacity, sizeof(*waiting));

		for (size_t i = 0; i < acceptor->count; i++)
			waiting[i] = acceptor->waiting[(acceptor->first + i) %
						       acceptor->capacity];
		memory_free(acceptor->waiting);
		acceptor->waiting = waiting;
		acceptor->capacity = capacity;
		acceptor->first = 0;
	}
	acceptor->waiting[(acceptor->first + acceptor->count) % acceptor->capacity] =
		fd;
	acceptor->count++;
}

static void back_off(struct ring_acceptor *acceptor, int error)
{
	int64_t now = worker_now_us();

	if (error == EMFILE || error == ENFILE)
		turn_away(acceptor);
	if (now - acceptor->warned_us >= WARNING_EVERY_US) {
		event_note(EVENT_WARNING, "accept_failed",
			"%s; %llu callers were turned away; trying again in %lld ms",
			strerror(error), (unsigned long long)acceptor->turned_away,
			(long long)acceptor->back_off_ms);
		acceptor->warned_us = now;
		acceptor->turned_away = 0;
	}
	timer_start(&acceptor->retry, deadline_after_ms(acceptor->back_off_ms));
	acceptor->back_off_ms *= 2;
	if (acceptor->back_off_ms > BACK_OFF_MAX_MS)
		acceptor->back_off_ms = BACK_OFF_MAX_MS;
}

static void turn_away(struct ring_acceptor *acceptor)
{
	int flags = fcntl(acceptor->fd, F_GETFL), fd;

	if (acceptor->spare < 0)
		return;
	close(acceptor->spare);
	fcntl(acceptor->fd, F_SETFL, flags | O_NONBLOCK);
	for (unsigned i = 0; i < TURNED_AWAY_MAX; i++) {
		fd = accept4(acceptor->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			break;
		close(fd);
		acceptor->turned_away++;
	}
	acceptor->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void retry(struct timer *timer)
{
	struct ring_acceptor *acceptor = CONTAINER_OF(
		timer, struct ring_acceptor, retry);

	if (acceptor->spare < 0)
		acceptor->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	go_on(acceptor);
}

static bool is_final(int error)
{
	return error == EBADF || error == EINVAL || error == ENOTSOCK ||
	       error == EOPNOTSUPP || error == EFAULT;
}

static void finish(struct ring_acceptor *acceptor)
{
	ring_submit_close(worker_self()->ring, acceptor->fd);
	if (acceptor->spare >= 0)
		close(acceptor->spare);
	memory_free(acceptor->waiting);
	memory_free(acceptor);
}
