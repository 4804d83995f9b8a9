/*
 * Letters: a stack that any thread pushes onto and its worker takes whole.
 *
 * Waking a worker costs a write to its eventfd, so it is written only when
 * the worker says that it sleeps: it says so first and looks for letters
 * after, the sender pushes first and looks after, so one of the two sees.
 */
#include <assert.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "run/worker_core.h"

static void woken(struct operation *operation, int result, unsigned flags, bool more);

void worker_post(struct worker *to, struct letter *letter)
{
	struct letter *newest;

	atomic_fetch_add(&to->posting, 1);
	newest = atomic_load_explicit(&to->letters, memory_order_relaxed);
	do
		letter->next = newest;
	while (!atomic_compare_exchange_weak(&to->letters, &newest, letter));
	if (atomic_exchange(&to->asleep, false)) {
		uint64_t one = 1;
		ssize_t written = write(to->wake_fd, &one, sizeof(one));

		/* It fails only when the count is at its top, which wakes too. */
		(void)written;
	}
	atomic_fetch_sub(&to->posting, 1);
}

bool worker_letters_open(struct worker *worker)
{
	/* Blocking: the ring's read of a non-blocking one would not wait. */
	worker->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (worker->wake_fd < 0)
		return fail_errno(FAILURE_RESOURCE, errno, "no eventfd for a worker");
	worker->wake.complete = woken;
	return true;
}

/* A letter may end the worker's last fiber while its sender is not yet out of
 * worker_post. */
void worker_letters_close(struct worker *worker)
{
	while (atomic_load(&worker->posting))
		sched_yield();
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
	worker->wake_fd = -1;
}

void worker_letters_listen(struct worker *worker)
{
	ring_submit(worker->ring, &worker->wake,
		&(struct request){
			.code = IORING_OP_READ,
			.fd = worker->wake_fd,
			.at = &worker->wake_count,
			.size = sizeof(worker->wake_count),
		});
}

bool worker_letters_wait(const struct worker *worker)
{
	return atomic_load(&worker->letters) != NULL;
}

/* In the order they were posted: the stack is turned over first. */
void worker_letters_run(struct worker *worker)
{
	struct letter *newest = NULL, *oldest = NULL;

	if (worker_letters_wait(worker))
		newest = atomic_exchange(&worker->letters, NULL);
	while (newest) {
		struct letter *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest) {
		struct letter *letter = oldest;

		oldest = letter->next;
		letter->next = NULL;
		letter->run(letter);
	}
}

static void woken(struct operation *operation, int result, unsigned flags, bool more)
{
	struct worker *worker = CONTAINER_OF(operation, struct worker, wake);

	(void)result;
	(void)flags;
	assert(!more);
	if (!worker->ending)
		worker_letters_listen(worker);
}
