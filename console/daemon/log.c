/*
 * The event log of a process: its descriptor, and a writing fiber for each
 * worker.
 */
#include "daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/fiber.h"
#include "run/ring.h"

#define WRITE_EVERY_MS	 50
#define DESCRIPTOR_LEAST 3
#define HERE		 UINT64_MAX /* the file's own position; appends */

struct log_writer {
	struct scope scope;
	struct buffer writing;
};

static enum event_level level_of(const char *name)
{
	static const char *const names[] = {
		[EVENT_DEBUG] = "debug",
		[EVENT_INFO] = "info",
		[EVENT_WARNING] = "warning",
		[EVENT_ERROR] = "error",
	};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum event_level)i;
	return EVENT_INFO;
}

/*
 * Events always go to the same descriptor, which is made to mean another file:
 * who is about to write to the old one writes to the new one, and nobody to a
 * closed one.
 */
static bool direct_to(int fd)
{
	static int ours = -1;

	if (ours < 0) {
		ours = fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTOR_LEAST);
		if (ours >= 0)
			event_set_descriptor(ours);
		return ours >= 0;
	}
	return dup3(fd, ours, O_CLOEXEC) >= 0;
}

bool log_open(const struct config *config)
{
	const char *file = config->log.file;
	char place[CONFIG_PLACE_SIZE];
	bool standard = strcmp(file, "-") == 0, good;
	int fd = STDERR_FILENO, error;

	if (!standard)
		fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	good = fd >= 0 && direct_to(fd);
	error = errno;
	if (fd >= 0 && !standard)
		close(fd);
	if (!good)
		return fail_errno(FAILURE_CONFIG, error, "%scannot write to %s",
			config_place(config, config_mark_of(config, &config->log.file),
				place),
			standard ? "standard error" : file);
	event_set_level(level_of(config->log.level));
	return true;
}

/* Pending lines move aside first: events go on while these are written. While
 * they cannot be, the rest stays pending, up to its cap. */
static bool write_pending(struct log_writer *writer, struct deadline deadline)
{
	struct slice pending = event_pending();

	if (buffer_size(&writer->writing) == 0) {
		buffer_append(&writer->writing, pending);
		event_forget(pending.size);
	}
	while (buffer_size(&writer->writing)) {
		int wrote = ring_write(event_descriptor(),
			buffer_contents(&writer->writing), HERE, deadline);

		if (wrote <= 0) /* a full disk, a closed pipe: kept, tried again */
			return false;
		buffer_consume(&writer->writing, (size_t)wrote);
	}
	return true;
}

static void write_on(void *arg)
{
	struct log_writer *writer = arg;

	while (fiber_sleep(deadline_after_ms(WRITE_EVERY_MS)))
		if (event_pending().size || buffer_size(&writer->writing))
			write_pending(writer, deadline_none());
}

struct log_writer *log_writer_open(void)
{
	struct log_writer *writer = NEW(struct log_writer);

	scope_init(&writer->scope);
	event_defer(true);
	if (!scope_spawn(&writer->scope, "log", write_on, writer))
		event_defer(false);
	return writer;
}

void log_writer_close(struct log_writer **writer, struct deadline deadline)
{
	struct log_writer *old = *writer;

	*writer = NULL;
	scope_cancel(&old->scope);
	scope_finish(&old->scope, deadline);
	/* Twice: what was being written, and what came meanwhile. */
	if (write_pending(old, deadline))
		write_pending(old, deadline);
	event_defer(false);
	buffer_finish(&old->writing);
	memory_free(old);
}
