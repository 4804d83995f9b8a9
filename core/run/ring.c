/*
 * The ring itself: the only file that knows liburing.
 *
 * The kernel holds pointers into our memory until it has answered, so an
 * operation is identified by its address and a number that differs from one
 * submission to the next: a cancel cannot meet a later operation that lies at
 * the same address.
 */
#include "run/ring.h"

#include <assert.h>
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/ring_core.h"
#include "run/sanitize.h"

#define ADDRESS_BITS 48
#define ADDRESS_MASK ((1ull << ADDRESS_BITS) - 1)
#define BUFFER_GROUP 0

struct completion {
	uint64_t id;
	int result;
	unsigned flags;
};

struct ring {
	struct io_uring uring;
	struct ring_figures figures;
	size_t in_flight;
	uint64_t number; /* of the last submission */

	struct completion *taken; /* out of the kernel's queue, not delivered */
	size_t taken_count, taken_capacity;

	struct io_uring_buf_ring *buffers;
	char *memory;
	unsigned buffer_count, buffer_size, buffers_free;
};

static bool open_ring(struct ring *ring, unsigned entries);
static bool provide_buffers(struct ring *ring, const struct ring_setup *setup);
static struct io_uring_sqe *take_entry(struct ring *ring);
static void take_completions(struct ring *ring);
static void wait_outside(struct ring *ring, int64_t timeout_us);
static void deliver(struct ring *ring, const struct completion *completion);
static bool is_transient(int error);
static void die(const char *what, int error) __attribute__((noreturn));

struct ring *ring_create(const struct ring_setup *setup)
{
	struct ring *ring = NEW(struct ring);

	if (!open_ring(ring, setup->entries)) {
		memory_free(ring);
		return NULL;
	}
	if (!provide_buffers(ring, setup))
		ring_destroy(&ring);
	return ring;
}

void ring_destroy(struct ring **ring)
{
	struct ring *r = *ring;

	if (!r)
		return;
	io_uring_queue_exit(&r->uring);
	if (r->buffers)
		munmap(r->buffers, r->buffer_count * sizeof(struct io_uring_buf));
	if (r->memory)
		munmap(r->memory, (size_t)r->buffer_count * r->buffer_size);
	memory_free(r->taken);
	memory_free(r);
	*ring = NULL;
}

void ring_enable(struct ring *ring)
{
	/* By hand: liburing 2.3 declares the call for this and does not export it. */
	if (syscall(__NR_io_uring_register, ring->uring.ring_fd,
		    IORING_REGISTER_ENABLE_RINGS, NULL, 0))
		die("io_uring_register", errno);
}

void ring_submit(
	struct ring *ring, struct operation *operation, const struct request *request)
{
	struct io_uring_sqe *entry = take_entry(ring);
	uint64_t address = (uintptr_t)operation;

	assert(operation->id == 0);
	assert((address & ~ADDRESS_MASK) == 0);
	operation->id = address | ++ring->number << ADDRESS_BITS;
	*entry = (struct io_uring_sqe){
		.opcode = request->code,
		.flags = request->buffer_select ? IOSQE_BUFFER_SELECT : 0,
		.ioprio = request->io_priority,
		.fd = request->fd,
		.off = request->offset,
		.addr = (uintptr_t)request->at,
		.len = request->size,
		.rw_flags = (int)request->flags,
		.user_data = operation->id,
	};
	if (request->buffer_select)
		entry->buf_group = BUFFER_GROUP;
	ring->in_flight++;
	ring->figures.operations++;
}

void ring_cancel(struct ring *ring, struct operation *operation)
{
	struct io_uring_sqe *entry;

	assert(operation->id);
	entry = take_entry(ring);
	io_uring_prep_cancel64(entry, operation->id, 0);
	entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
	entry->user_data = 0;
	ring->figures.operations++;
}

void ring_submit_close(struct ring *ring, int fd)
{
	struct io_uring_sqe *entry = take_entry(ring);

	io_uring_prep_close(entry, fd);
	entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
	entry->user_data = 0;
	ring->figures.operations++;
}

size_t ring_in_flight(const struct ring *ring)
{
	return ring->in_flight;
}

void ring_enter(struct ring *ring, int64_t timeout_us)
{
	struct __kernel_timespec time = {
		.tv_sec = timeout_us / 1000000,
		.tv_nsec = timeout_us % 1000000 * 1000,
	};
	struct io_uring_cqe *unused;
	int result;

	if (timeout_us > 0 && sanitize_is_valgrind()) {
		wait_outside(ring, timeout_us);
		timeout_us = 0;
	}
	ring->figures.enters++;
	if (timeout_us <= 0)
		result = io_uring_submit_and_get_events(&ring->uring);
	else
		result = io_uring_submit_and_wait_timeout(&ring->uring, &unused, 1,
			timeout_us == INT64_MAX ? NULL : &time, NULL);
	if (result < 0 && result != -ETIME && !is_transient(-result))
		die("io_uring_enter", -result);
}

void ring_drain(struct ring *ring)
{
	take_completions(ring);
	/* By index: what is delivered may submit, and that may take more. */
	for (size_t i = 0; i < ring->taken_count; i++) {
		struct completion completion = ring->taken[i];

		deliver(ring, &completion);
	}
	ring->taken_count = 0;
}

int ring_buffer_of(unsigned flags)
{
	return flags & IORING_CQE_F_BUFFER ? (int)(flags >> IORING_CQE_BUFFER_SHIFT)
					   : -1;
}

char *ring_buffer_at(const struct ring *ring, int buffer)
{
	assert(buffer >= 0 && (unsigned)buffer < ring->buffer_count);
	return ring->memory + (size_t)buffer * ring->buffer_size;
}

void ring_buffer_return(struct ring *ring, int buffer)
{
	io_uring_buf_ring_add(ring->buffers, ring_buffer_at(ring, buffer),
		ring->buffer_size, (unsigned short)buffer,
		io_uring_buf_ring_mask(ring->buffer_count), 0);
	io_uring_buf_ring_advance(ring->buffers, 1);
	ring->buffers_free++;
	assert(ring->buffers_free <= ring->buffer_count);
}

unsigned ring_buffers_free(const struct ring *ring)
{
	return ring->buffers_free;
}

unsigned ring_buffer_count(const struct ring *ring)
{
	return ring->buffer_count;
}

bool ring_is_deferred(const struct ring *ring)
{
	return ring->uring.flags & IORING_SETUP_DEFER_TASKRUN;
}

struct ring_figures *ring_figures_of(struct ring *ring)
{
	return &ring->figures;
}

/*
 * Completions are run when we enter and at no other time (DEFER_TASKRUN),
 * which is worth 11 to 13 % of everything; Linux 6.0 has only the next best.
 */
static bool open_ring(struct ring *ring, unsigned entries)
{
	const unsigned always = IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL |
				IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_CQSIZE;
	struct io_uring_params parameters = {
		.flags = always | IORING_SETUP_DEFER_TASKRUN,
		.cq_entries = entries * 4,
	};
	int error = io_uring_queue_init_params(entries, &ring->uring, &parameters);

	if (error == -EINVAL) {
		parameters = (struct io_uring_params){
			.flags = always | IORING_SETUP_COOP_TASKRUN |
				 IORING_SETUP_TASKRUN_FLAG,
			.cq_entries = entries * 4,
		};
		error = io_uring_queue_init_params(entries, &ring->uring, &parameters);
	}
	return error ? ring_refused(-error) : true;
}

static bool provide_buffers(struct ring *ring, const struct ring_setup *setup)
{
	struct io_uring_buf_reg registration = {
		.ring_entries = setup->buffer_count,
		.bgid = BUFFER_GROUP,
	};
	size_t list_bytes = setup->buffer_count * sizeof(struct io_uring_buf);
	size_t bytes = (size_t)setup->buffer_count * setup->buffer_size;
	int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS,
	    error;
	void *list = mmap(NULL, list_bytes, protection, flags, -1, 0);
	void *memory = mmap(NULL, bytes, protection, flags, -1, 0);

	ring->buffer_count = setup->buffer_count;
	ring->buffer_size = setup->buffer_size;
	ring->buffers = list == MAP_FAILED ? NULL : list;
	ring->memory = memory == MAP_FAILED ? NULL : memory;
	if (!ring->buffers || !ring->memory)
		return fail_errno(FAILURE_RESOURCE, ENOMEM,
			"%zu bytes of receive buffers", bytes);
	registration.ring_addr = (uintptr_t)list;
	error = io_uring_register_buf_ring(&ring->uring, &registration, 0);
	if (error)
		return fail_errno(FAILURE_RESOURCE, -error,
			"the kernel refuses %u receive buffers", setup->buffer_count);
	io_uring_buf_ring_init(ring->buffers);
	for (unsigned i = 0; i < ring->buffer_count; i++)
		ring_buffer_return(ring, (int)i);
	return true;
}

/* Never NULL: when the queue is full, it is submitted early. */
static struct io_uring_sqe *take_entry(struct ring *ring)
{
	struct io_uring_sqe *entry;

	while (!(entry = io_uring_get_sqe(&ring->uring))) {
		int result = io_uring_submit(&ring->uring);

		ring->figures.enters++;
		if (result >= 0)
			continue;
		if (!is_transient(-result))
			die("io_uring_enter", -result);
		take_completions(ring);
	}
	return entry;
}

static void take_completions(struct ring *ring)
{
	struct io_uring_cqe *entry;
	unsigned head, count = 0;

	io_uring_for_each_cqe(&ring->uring, head, entry)
	{
		if (ring->taken_count == ring->taken_capacity) {
			ring->taken_capacity = ring->taken_capacity * 2 + 256;
			ring->taken = memory_resize(ring->taken,
				ring->taken_capacity * sizeof(*ring->taken));
		}
		ring->taken[ring->taken_count++] = (struct completion){
			.id = entry->user_data,
			.result = entry->res,
			.flags = entry->flags,
		};
		count++;
	}
	io_uring_cq_advance(&ring->uring, count);
}

/* For valgrind, which lets no other thread run while one waits inside
 * io_uring_enter: submit, and look again after a nap. */
static void wait_outside(struct ring *ring, int64_t timeout_us)
{
	io_uring_submit(&ring->uring);
	poll(NULL, 0, timeout_us < 1000 ? 0 : 1);
}

static void deliver(struct ring *ring, const struct completion *completion)
{
	bool more = completion->flags & IORING_CQE_F_MORE;
	struct operation *operation;
	int buffer = ring_buffer_of(completion->flags);

	ring->figures.completions++;
	if (!completion->id) /* a cancel that came too late, a close that failed */
		return;
	operation = (void *)(uintptr_t)(completion->id & ADDRESS_MASK);
	assert(operation->id == completion->id);
	if (!more) {
		operation->id = 0;
		ring->in_flight--;
	}
	if (buffer >= 0) {
		assert(ring->buffers_free > 0);
		ring->buffers_free--;
		if (completion->result > 0)
			sanitize_filled(ring_buffer_at(ring, buffer),
				(size_t)completion->result);
	}
	operation->complete(operation, completion->result, completion->flags, more);
}

/* The completion queue must be emptied first, or memory be found. */
static bool is_transient(int error)
{
	return error == EINTR || error == EAGAIN || error == EBUSY || error == ENOMEM;
}

static void die(const char *what, int error)
{
	event_note(EVENT_ERROR, "ring_broken", "%s: %s", what, strerror(error));
	abort();
}
