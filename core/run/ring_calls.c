/*
 * The calls of the ring: one operation each, waited for to its end.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <unistd.h>

#include "run/sanitize.h"
#include "run/worker_core.h"

#define PIECES_MAX 1024 /* IOV_MAX: more the kernel refuses */

struct call {
	struct wait wait;
	struct operation operation;
	int result;
};

static int call(
	const char *what, const struct request *request, struct deadline deadline);
static int call_filled(
	const char *what, const struct request *request, struct deadline deadline);
static int send_message(
	int fd, const struct iovec *pieces, unsigned count, struct deadline deadline);
static void complete(
	struct operation *operation, int result, unsigned flags, bool more);
static void interrupt(struct wait *wait);
static void account(const struct request *request, int result);

int ring_connect(int fd, const struct sockaddr *address, socklen_t size,
	struct deadline deadline)
{
	return call("connect",
		&(struct request){.code = IORING_OP_CONNECT,
			.fd = fd,
			.at = address,
			.offset = size},
		deadline);
}

int ring_send(int fd, struct slice bytes, struct deadline deadline)
{
	size_t sent = 0;

	assert(bytes.size <= INT32_MAX);
	/* A short count is rare: a signal, or the error the next one gives. */
	while (sent < bytes.size) {
		int result = call("send",
			&(struct request){.code = IORING_OP_SEND,
				.fd = fd,
				.at = bytes.at + sent,
				.size = (uint32_t)(bytes.size - sent),
				.flags = MSG_WAITALL | MSG_NOSIGNAL},
			deadline);

		if (result < 0)
			return result;
		sent += (size_t)result;
	}
	return (int)sent;
}

int ring_sendv(int fd, struct iovec *pieces, unsigned count, struct deadline deadline)
{
	size_t sent = 0;

	while (count) {
		size_t done;
		int result;

		if (pieces->iov_len == 0) {
			pieces++;
			count--;
			continue;
		}
		result = send_message(fd, pieces, count, deadline);
		if (result < 0)
			return result;
		sent += done = (size_t)result;
		for (; count && done >= pieces->iov_len; pieces++, count--)
			done -= pieces->iov_len;
		if (count) {
			pieces->iov_base = (char *)pieces->iov_base + done;
			pieces->iov_len -= done;
		}
	}
	assert(sent <= INT32_MAX);
	return (int)sent;
}

int ring_receive(int fd, void *at, size_t size, struct deadline deadline)
{
	return call_filled("receive",
		&(struct request){.code = IORING_OP_RECV,
			.fd = fd,
			.at = at,
			.size = size > INT32_MAX ? INT32_MAX : (uint32_t)size},
		deadline);
}

int ring_read(int fd, void *at, size_t size, uint64_t offset, struct deadline deadline)
{
	return call_filled("read",
		&(struct request){.code = IORING_OP_READ,
			.fd = fd,
			.at = at,
			.size = size > INT32_MAX ? INT32_MAX : (uint32_t)size,
			.offset = offset},
		deadline);
}

int ring_write(int fd, struct slice bytes, uint64_t offset, struct deadline deadline)
{
	return call("write",
		&(struct request){.code = IORING_OP_WRITE,
			.fd = fd,
			.at = bytes.at,
			.size = bytes.size > INT32_MAX ? INT32_MAX
						       : (uint32_t)bytes.size,
			.offset = offset},
		deadline);
}

int ring_writev(int fd, const struct iovec *pieces, unsigned count, uint64_t offset,
	int flags, struct deadline deadline)
{
	return call("write",
		&(struct request){.code = IORING_OP_WRITEV,
			.fd = fd,
			.at = pieces,
			.size = count > PIECES_MAX ? PIECES_MAX : count,
			.offset = offset,
			.flags = (uint32_t)flags},
		deadline);
}

int ring_fdatasync(int fd, struct deadline deadline)
{
	return call("fdatasync",
		&(struct request){.code = IORING_OP_FSYNC,
			.fd = fd,
			.flags = IORING_FSYNC_DATASYNC},
		deadline);
}

int ring_fallocate(int fd, uint64_t offset, uint64_t size, struct deadline deadline)
{
	/* The length travels as the address, the mode (0) as the length. */
	return call("fallocate",
		&(struct request){.code = IORING_OP_FALLOCATE,
			.fd = fd,
			.offset = offset,
			.at = (const void *)(uintptr_t)size},
		deadline);
}

int ring_poll(int fd, unsigned events, struct deadline deadline)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	events = events << 16 | events >> 16;
#endif
	return call("poll",
		&(struct request){
			.code = IORING_OP_POLL_ADD, .fd = fd, .flags = events},
		deadline);
}

int ring_open(const char *path, int flags, unsigned mode, struct deadline deadline)
{
	return call("open",
		&(struct request){.code = IORING_OP_OPENAT,
			.fd = AT_FDCWD,
			.at = path,
			.size = mode,
			.flags = (uint32_t)flags | O_CLOEXEC},
		deadline);
}

int ring_unlink(const char *path, struct deadline deadline)
{
	return call("unlink",
		&(struct request){
			.code = IORING_OP_UNLINKAT, .fd = AT_FDCWD, .at = path},
		deadline);
}

void ring_close(int fd)
{
	struct worker *worker = worker_here();

	if (worker)
		ring_submit_close(worker->ring, fd);
	else
		close(fd);
}

struct ring_figures ring_figures(void)
{
	return *ring_figures_of(worker_self()->ring);
}

static int call(
	const char *what, const struct request *request, struct deadline deadline)
{
	struct call call = {
		.wait = {.what = what, .interrupt = interrupt},
		.operation = {.complete = complete},
	};
	int why = wait_refused(deadline);

	if (why)
		return why;
	ring_submit(worker_self()->ring, &call.operation, request);
	why = wait_run(&call.wait, deadline);
	account(request, call.result);
	/* What was done before the cancel met it counts as done. */
	if (why && (call.result == -ECANCELED || call.result == -EINTR))
		return why;
	return call.result;
}

static int call_filled(
	const char *what, const struct request *request, struct deadline deadline)
{
	int result = call(what, request, deadline);

	if (result > 0)
		sanitize_filled(request->at, (size_t)result);
	return result;
}

static int send_message(
	int fd, const struct iovec *pieces, unsigned count, struct deadline deadline)
{
	struct msghdr message = {
		.msg_iov = (struct iovec *)pieces,
		.msg_iovlen = count > PIECES_MAX ? PIECES_MAX : count,
	};

	return call("send",
		&(struct request){.code = IORING_OP_SENDMSG,
			.fd = fd,
			.at = &message,
			.size = 1,
			.flags = MSG_WAITALL | MSG_NOSIGNAL},
		deadline);
}

static void complete(struct operation *operation, int result, unsigned flags, bool more)
{
	struct call *call = CONTAINER_OF(operation, struct call, operation);

	(void)flags;
	/* A zero-copy send would answer twice; nothing here does. */
	assert(!more);
	call->result = result;
	wait_end(&call->wait);
}

/* The operation completes soon, and that ends the wait. */
static void interrupt(struct wait *wait)
{
	ring_cancel(
		worker_self()->ring, &CONTAINER_OF(wait, struct call, wait)->operation);
}

static void account(const struct request *request, int result)
{
	struct ring_figures *figures = ring_figures_of(worker_self()->ring);

	if (request->code == IORING_OP_SEND || request->code == IORING_OP_SENDMSG) {
		figures->sends++;
		figures->bytes_sent += result > 0 ? (uint64_t)result : 0;
	} else if (request->code == IORING_OP_RECV) {
		figures->receives++;
		figures->bytes_received += result > 0 ? (uint64_t)result : 0;
	}
}
