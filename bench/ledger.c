/* Ledgers: what became of every message, a line each, appended to a file. */
#include "bench/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/ring.h"

#define OFFSET_APPEND UINT64_MAX /* io_uring: the file's own position */

static void write_pending(struct turn_hook *hook);
static void writer(void *arg);
static void write_batch(struct ledger *ledger);
static void refuse(struct ledger *ledger, int error);

int ledger_open_file(const char *path, bool synced)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (synced ? O_DSYNC : 0);
	int fd = open(path, flags, 0644);

	if (fd < 0)
		fail_errno(FAILURE_FILE, errno, "cannot write the ledger %s", path);
	return fd;
}

bool ledger_open(struct ledger *ledger, int fd, bool synced, struct scope *scope)
{
	*ledger = (struct ledger){.fd = fd, .synced = synced};
	buffer_init(&ledger->pending, LEDGER_PENDING_MAX);
	condition_init(&ledger->changed);
	ledger->hook.run = write_pending;
	return fd < 0 || !synced || scope_spawn(scope, "ledger", writer, ledger);
}

bool ledger_is_open(const struct ledger *ledger)
{
	return ledger->fd >= 0;
}

struct buffer *ledger_line(struct ledger *ledger)
{
	return &ledger->pending;
}

void ledger_line_end(struct ledger *ledger)
{
	ledger->added++;
	if (ledger->synced)
		condition_broadcast(&ledger->changed);
	else
		worker_at_turn_end(&ledger->hook);
}

bool ledger_commit(struct ledger *ledger, struct deadline deadline)
{
	uint64_t mine = ledger->added;

	while (ledger->written < mine && !ledger->failed)
		if (!condition_wait(&ledger->changed, deadline))
			return false;
	return !ledger->failed || fail_again(&ledger->why);
}

void ledger_close(struct ledger *ledger, struct deadline deadline)
{
	if (ledger->fd < 0)
		return;
	ledger_commit(ledger, deadline);
	ledger->closing = true;
	condition_broadcast(&ledger->changed);
	buffer_finish(&ledger->pending);
}

/*
 * A write into the page cache, which does not wait for the disk: cheaper than
 * any way through the ring, which would hand it to a thread of the kernel's.
 */
static void write_pending(struct turn_hook *hook)
{
	struct ledger *ledger = CONTAINER_OF(hook, struct ledger, hook);

	while (buffer_size(&ledger->pending) && !ledger->failed) {
		struct slice rest = buffer_contents(&ledger->pending);
		ssize_t size = write(ledger->fd, rest.at, rest.size);

		if (size > 0)
			buffer_consume(&ledger->pending, (size_t)size);
		else if (errno != EINTR)
			refuse(ledger, errno);
	}
	buffer_clear(&ledger->pending);
	ledger->written = ledger->added;
	condition_broadcast(&ledger->changed);
}

/* Synced: each batch is waited for, and the next collects meanwhile. */
static void writer(void *arg)
{
	struct ledger *ledger = arg;

	for (;;) {
		if (buffer_size(&ledger->pending) && !ledger->failed)
			write_batch(ledger);
		else if (ledger->closing ||
			 !condition_wait(&ledger->changed, deadline_none()))
			return;
	}
}

static void write_batch(struct ledger *ledger)
{
	struct buffer batch = ledger->pending;
	uint64_t lines = ledger->added;

	buffer_init(&ledger->pending, LEDGER_PENDING_MAX);
	while (buffer_size(&batch) && !ledger->failed) {
		int size = ring_write(ledger->fd, buffer_contents(&batch),
			OFFSET_APPEND, deadline_none());

		if (size > 0)
			buffer_consume(&batch, (size_t)size);
		else
			refuse(ledger, size ? -size : EIO);
	}
	buffer_finish(&batch);
	if (!ledger->failed)
		ledger->written = lines;
	condition_broadcast(&ledger->changed);
}

static void refuse(struct ledger *ledger, int error)
{
	fail_errno(FAILURE_FILE, error, "cannot write the ledger");
	ledger->why = *failure_last();
	ledger->failed = true;
	buffer_clear(&ledger->pending);
}
