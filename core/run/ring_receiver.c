/*
 * Receivers: a multishot receive each, into the worker's provided buffers.
 *
 * Buffers are few (they are for the bytes of the moment), so nobody may sit on
 * them: when few are free, what arrives is copied into memory of its own and
 * the buffer goes back at once. Otherwise a thousand sessions that wait for
 * Redis with a command unread could hold the very buffer Redis answers into.
 * How much one receiver may have unread is bounded in bytes and, so that one
 * byte packets do not collect, in buffers; beyond, it pauses.
 */
#include <assert.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>

#include "run/worker_core.h"

/* Of all buffers, what one receiver may hold, and below which all copy. */
#define HELD_SHARE 16
#define LOW_SHARE  4
/* A copied chunk takes further small ones up to this size. */
#define CHUNK_BYTES_MIN 2048

struct chunk {
	struct chunk *next;
	char *at; /* unread bytes */
	size_t size;
	size_t room; /* behind them; 0 in a provided buffer */
	int buffer;  /* -1: the bytes follow this record */
};

struct ring_receiver {
	struct operation operation;
	struct link link; /* receivers or starved of the worker */
	int fd;
	int error;     /* -errno that ended it, 0: none */
	bool ended;    /* the peer has */
	bool closed;   /* by the owner; freed when the kernel has let go */
	bool paused;   /* enough is unread */
	bool stopping; /* a cancel is under way */
	bool starved;  /* in that list of the worker */
	unsigned held;
	size_t unread;
	struct chunk *first, *last;
	struct condition changed;
};

static void arm(struct ring_receiver *receiver);
static void complete(
	struct operation *operation, int result, unsigned flags, bool more);
static void take_bytes(
	struct ring_receiver *receiver, const char *at, size_t size, int buffer);
static void copy_bytes(struct ring_receiver *receiver, const char *at, size_t size);
static struct chunk *take_record(struct worker *worker);
static void keep_record(struct worker *worker, struct chunk *record);
static void add_chunk(struct ring_receiver *receiver, struct chunk *chunk);
static void drop_first_chunk(struct ring_receiver *receiver);
static void pause_or_go_on(struct ring_receiver *receiver);
static void stop(struct ring_receiver *receiver);
static void finish(struct ring_receiver *receiver);

struct ring_receiver *ring_receiver_open(int fd)
{
	struct ring_receiver *receiver = NEW(struct ring_receiver);

	receiver->operation.complete = complete;
	receiver->fd = fd;
	condition_init(&receiver->changed);
	list_append(&worker_self()->receivers, &receiver->link);
	arm(receiver);
	return receiver;
}

int ring_receiver_fd(const struct ring_receiver *receiver)
{
	return receiver->fd;
}

int ring_receiver_wait(struct ring_receiver *receiver, struct deadline deadline)
{
	if (fiber_is_cancelled())
		return -ECANCELED;
	for (;;) {
		int why;

		if (receiver->unread)
			return 1;
		if (receiver->error)
			return receiver->error;
		if (receiver->ended)
			return 0;
		why = condition_wait_code(&receiver->changed, deadline);
		if (why)
			return why;
	}
}

struct slice ring_receiver_peek(const struct ring_receiver *receiver)
{
	const struct chunk *first = receiver->first;

	return first ? slice_make(first->at, first->size) : SLICE_EMPTY;
}

struct slice ring_receiver_peek_from(const struct ring_receiver *receiver, size_t skip)
{
	for (const struct chunk *chunk = receiver->first; chunk; chunk = chunk->next) {
		if (skip < chunk->size)
			return slice_make(chunk->at + skip, chunk->size - skip);
		skip -= chunk->size;
	}
	return SLICE_EMPTY;
}

size_t ring_receiver_unread(const struct ring_receiver *receiver)
{
	return receiver->unread;
}

void ring_receiver_consume(struct ring_receiver *receiver, size_t size)
{
	struct chunk *first = receiver->first;

	if (!size)
		return;
	assert(first && size <= first->size);
	first->at += size;
	first->size -= size;
	receiver->unread -= size;
	if (!first->size)
		drop_first_chunk(receiver);
	pause_or_go_on(receiver);
}

void ring_receiver_close(struct ring_receiver **receiver)
{
	struct ring_receiver *r = *receiver;

	if (!r)
		return;
	assert(!condition_has_waiters(&r->changed));
	*receiver = NULL;
	r->closed = true;
	while (r->first)
		drop_first_chunk(r);
	if (!r->operation.id)
		finish(r);
	else
		stop(r);
}

void ring_receivers_rearm(struct worker *worker)
{
	unsigned most = ring_buffers_free(worker->ring);

	for (; most && !list_is_empty(&worker->starved); most--) {
		struct ring_receiver *receiver = LIST_FIRST(
			&worker->starved, struct ring_receiver, link);

		list_remove(&receiver->link);
		list_append(&worker->receivers, &receiver->link);
		receiver->starved = false;
		pause_or_go_on(receiver);
	}
}

void ring_receivers_finish(struct worker *worker)
{
	struct chunk *record;

	while ((record = worker->records)) {
		worker->records = record->next;
		memory_free(record);
	}
}

static void arm(struct ring_receiver *receiver)
{
	ring_submit(worker_self()->ring, &receiver->operation,
		&(struct request){
			.code = IORING_OP_RECV,
			.fd = receiver->fd,
			.io_priority = IORING_RECV_MULTISHOT,
			.buffer_select = true,
		});
}

static void complete(struct operation *operation, int result, unsigned flags, bool more)
{
	struct ring_receiver *receiver = CONTAINER_OF(
		operation, struct ring_receiver, operation);
	struct worker *worker = worker_self();
	int buffer = ring_buffer_of(flags);

	if (result > 0 && !receiver->closed)
		take_bytes(receiver, ring_buffer_at(worker->ring, buffer),
			(size_t)result, buffer);
	else if (buffer >= 0)
		ring_buffer_return(worker->ring, buffer);

	if (!more)
		receiver->stopping = false;
	if (receiver->closed) {
		if (!more)
			finish(receiver);
		return;
	}
	if (result == 0) {
		receiver->ended = true;
	} else if (result == -ENOBUFS && !more) {
		receiver->starved = true;
		list_remove(&receiver->link);
		list_append(&worker->starved, &receiver->link);
	} else if (result < 0 && result != -ECANCELED && result != -EINTR) {
		receiver->error = result;
	}
	pause_or_go_on(receiver);
	condition_broadcast(&receiver->changed);
}

static void take_bytes(
	struct ring_receiver *receiver, const char *at, size_t size, int buffer)
{
	struct ring *ring = worker_self()->ring;
	struct ring_figures *figures = ring_figures_of(ring);
	struct chunk *chunk;

	figures->receives++;
	figures->bytes_received += size;
	receiver->unread += size;
	if (ring_buffers_free(ring) < ring_buffer_count(ring) / LOW_SHARE) {
		copy_bytes(receiver, at, size);
		ring_buffer_return(ring, buffer);
		return;
	}
	chunk = take_record(worker_self());
	*chunk = (struct chunk){.at = (char *)at, .size = size, .buffer = buffer};
	receiver->held++;
	add_chunk(receiver, chunk);
}

static void copy_bytes(struct ring_receiver *receiver, const char *at, size_t size)
{
	struct chunk *last = receiver->last;
	size_t room = size < CHUNK_BYTES_MIN ? CHUNK_BYTES_MIN : size;

	if (!last || last->room < size) {
		last = memory_allocate(sizeof(*last) + room);
		*last = (struct chunk){
			.at = (char *)(last + 1), .room = room, .buffer = -1};
		add_chunk(receiver, last);
	}
	memcpy(last->at + last->size, at, size);
	last->size += size;
	last->room -= size;
}

/* Records of provided buffers are used again: there are never more of them
 * than buffers, and several come and go with every message. */
static struct chunk *take_record(struct worker *worker)
{
	struct chunk *record = worker->records;

	if (!record)
		return NEW(struct chunk);
	worker->records = record->next;
	return record;
}

static void keep_record(struct worker *worker, struct chunk *record)
{
	record->next = worker->records;
	worker->records = record;
}

static void add_chunk(struct ring_receiver *receiver, struct chunk *chunk)
{
	if (receiver->last)
		receiver->last->next = chunk;
	else
		receiver->first = chunk;
	receiver->last = chunk;
}

static void drop_first_chunk(struct ring_receiver *receiver)
{
	struct chunk *first = receiver->first;

	receiver->first = first->next;
	if (!receiver->first)
		receiver->last = NULL;
	if (first->buffer < 0) {
		memory_free(first);
		return;
	}
	ring_buffer_return(worker_self()->ring, first->buffer);
	receiver->held--;
	keep_record(worker_self(), first);
}

/* Half empty before it goes on, so that it does not stutter. */
static void pause_or_go_on(struct ring_receiver *receiver)
{
	unsigned held_max = ring_buffer_count(worker_self()->ring) / HELD_SHARE + 4;

	if (receiver->unread > RING_RECEIVED_MAX || receiver->held > held_max)
		receiver->paused = true;
	else if (receiver->unread <= RING_RECEIVED_MAX / 2 &&
		 receiver->held <= held_max / 2)
		receiver->paused = false;

	if (receiver->ended || receiver->error || receiver->starved)
		return;
	if (receiver->paused && receiver->operation.id)
		stop(receiver);
	else if (!receiver->paused && !receiver->operation.id)
		arm(receiver);
}

static void stop(struct ring_receiver *receiver)
{
	if (!receiver->stopping)
		ring_cancel(worker_self()->ring, &receiver->operation);
	receiver->stopping = true;
}

static void finish(struct ring_receiver *receiver)
{
	list_remove(&receiver->link);
	ring_submit_close(worker_self()->ring, receiver->fd);
	memory_free(receiver);
}
