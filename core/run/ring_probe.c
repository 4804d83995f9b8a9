/*
 * Probing: whether a ring works here as the workers need it, and if not, what
 * an operator can do about it.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/ring_core.h"

/* A multishot receive into a provided buffer: the youngest thing we need. */
struct trial {
	struct operation operation;
	int result;
	bool more, buffered, completed;
};

static bool try_receiving(struct ring *ring, int receiving, int sending);
static void complete(
	struct operation *operation, int result, unsigned flags, bool more);
static bool refuse_old_kernel(void);
static const char *description = "";
static int read_number(const char *path);

/* With the size of a worker's ring: the limit of locked memory counts it. */
bool ring_probe(void)
{
	const struct ring_setup setup = {.entries = RING_ENTRIES,
		.buffer_count = BUFFER_COUNT,
		.buffer_size = BUFFER_SIZE};
	struct ring *ring = ring_create(&setup);
	int sockets[2];
	bool works;

	if (!ring)
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets)) {
		ring_destroy(&ring);
		return fail_errno(FAILURE_RESOURCE, errno, "no pair of sockets");
	}
	ring_enable(ring);
	works = try_receiving(ring, sockets[0], sockets[1]);
	close(sockets[0]);
	close(sockets[1]);
	description = ring_is_deferred(ring)
			      ? "multishot receive into provided buffers, DEFER_TASKRUN"
			      : "multishot receive into provided buffers, COOP_TASKRUN";
	ring_destroy(&ring);
	return works || refuse_old_kernel();
}

const char *ring_describe(void)
{
	return description;
}

bool ring_refused(int error)
{
	int disabled;

	switch (error) {
	case ENOSYS:
		return fail(FAILURE_RESOURCE,
			"this kernel has no io_uring: Linux 6.0 or newer,"
			" built with CONFIG_IO_URING, is needed");
	case EPERM:
		disabled = read_number("/proc/sys/kernel/io_uring_disabled");
		if (disabled > 0)
			return fail(FAILURE_RESOURCE,
				"io_uring is switched off: kernel.io_uring_disabled is"
				" %d, set it to 0 with sysctl (or, at 1, add this"
				" user's group to kernel.io_uring_group)",
				disabled);
		return fail(FAILURE_RESOURCE,
			"io_uring is not permitted: let the container's"
			" seccomp profile allow io_uring_setup,"
			" io_uring_enter and io_uring_register");
	case ENOMEM:
		return fail(FAILURE_RESOURCE,
			"no memory for the ring: raise the limit of"
			" locked memory (LimitMEMLOCK=infinity, ulimit -l"
			" unlimited)");
	case EMFILE:
	case ENFILE:
		return fail(FAILURE_RESOURCE,
			"no descriptor left for the ring: raise the limit"
			" of open files (LimitNOFILE, ulimit -n)");
	case EINVAL:
		return refuse_old_kernel();
	default:
		return fail_errno(FAILURE_RESOURCE, error, "io_uring_setup");
	}
}

static bool try_receiving(struct ring *ring, int receiving, int sending)
{
	struct trial trial = {.operation = {.complete = complete}};
	bool works;

	ring_submit(ring, &trial.operation,
		&(struct request){
			.code = IORING_OP_RECV,
			.fd = receiving,
			.io_priority = IORING_RECV_MULTISHOT,
			.buffer_select = true,
		});
	ring_enter(ring, 0);
	works = send(sending, "x", 1, MSG_NOSIGNAL) == 1;
	for (unsigned i = 0; i < 10 && !trial.completed; i++) {
		ring_enter(ring, 100 * 1000);
		ring_drain(ring);
	}
	works = works && trial.result == 1 && trial.more && trial.buffered;
	if (trial.operation.id)
		ring_cancel(ring, &trial.operation);
	while (ring_in_flight(ring)) {
		ring_enter(ring, INT64_MAX);
		ring_drain(ring);
	}
	return works;
}

static void complete(struct operation *operation, int result, unsigned flags, bool more)
{
	struct trial *trial = CONTAINER_OF(operation, struct trial, operation);

	if (trial->completed)
		return;
	trial->completed = true;
	trial->result = result;
	trial->more = more;
	trial->buffered = ring_buffer_of(flags) >= 0;
}

static bool refuse_old_kernel(void)
{
	struct utsname name;

	if (uname(&name))
		memcpy(name.release, "unknown", sizeof("unknown"));
	return fail(FAILURE_RESOURCE,
		"Linux %s lacks parts of io_uring that are needed (multishot receive "
		"into"
		" provided buffers): run Linux 6.0 or newer, best 6.1",
		name.release);
}

static int read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	int number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}
