/*
 * The file of events, and the thread that writes it.
 *
 * The thread waits a moment for more before it writes. While a full file is
 * compressed, what comes is written in between.
 */
#include "events/events_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/compress.h"
#include "events/rotation.h"

#define GATHER_MS    50
#define GATHER_BYTES (256u << 10) /* it does not wait for more */
#define AGAIN_MS     1000

struct events_file {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* Under the lock: */
	struct buffer waiting;
	uint64_t waiting_lines;
	struct events_file_figures figures;
	bool stopping;
	struct events_file_options next; /* path: NULL: no change */
	int next_fd;
	/* The thread's: */
	struct events_file_options options;
	int fd;
	uint64_t size;
	struct buffer writing;
	uint64_t writing_lines;
	struct compress *compress;
	bool look; /* for full files that are to be compressed */
	bool troubled;
};

static struct events_file_options copy_of(const struct events_file_options *options)
{
	struct events_file_options copy = *options;

	copy.path = memory_copy_text(slice_of(options->path));
	return copy;
}

/* A line that a killed process left half written is ended. */
static int open_file(const char *path, uint64_t *size_r)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	struct stat status = {.st_size = 0};
	char last = '\n';

	if (fd < 0 || fstat(fd, &status) != 0) {
		fail_errno(FAILURE_FILE, errno, "cannot write to %s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (S_ISREG(status.st_mode) && status.st_size > 0 &&
		pread(fd, &last, 1, status.st_size - 1) == 1 && last != '\n' &&
		write(fd, "\n", 1) == 1)
		status.st_size++;
	*size_r = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	return fd;
}

/* ---- The thread ---- */

static void note_trouble(struct events_file *file, bool good)
{
	if (!good && !file->troubled)
		event_note(EVENT_WARNING, "events_file_failed", "%s",
			failure_last()->text);
	else if (good && file->troubled)
		event_note(EVENT_INFO, "events_file_written", "%s is written again",
			file->options.path);
	file->troubled = !good;
}

/* False: the rest is tried again. */
static bool write_some(struct events_file *file)
{
	while (buffer_size(&file->writing)) {
		struct slice bytes = buffer_contents(&file->writing);
		ssize_t wrote = write(file->fd, bytes.at, bytes.size);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return fail_errno(FAILURE_FILE, errno, "cannot write to %s",
				file->options.path);
		buffer_consume(&file->writing, (size_t)wrote);
		file->size += (uint64_t)wrote;
	}
	return true;
}

static bool rotate(struct events_file *file)
{
	uint64_t size = 0;
	int fd;

	if (!rotation_rename(file->options.path, clock_wall_ms()))
		return false;
	fd = open_file(file->options.path, &size);
	if (fd < 0)
		return false;
	close(file->fd);
	file->fd = fd;
	file->size = size;
	file->look = true;
	return true;
}

static void compress_some(struct events_file *file)
{
	char path[ROTATION_PATH_MAX];

	if (file->compress) {
		if (compress_step(file->compress))
			return;
		file->look = compress_close(&file->compress);
		if (!file->look) /* tried again behind the next full file */
			note_trouble(file, false);
		else
			rotation_forget(file->options.path, file->options.files);
		return;
	}
	file->look = rotation_find(file->options.path, path);
	if (file->look) {
		file->compress = compress_open(path);
		file->look = file->compress != NULL;
		if (!file->compress)
			note_trouble(file, false);
	} else {
		rotation_forget(file->options.path, file->options.files);
	}
}

static void take_options(struct events_file *file)
{
	if (!file->next.path)
		return;
	if (file->compress)
		compress_close(&file->compress);
	close(file->fd);
	memory_free((char *)file->options.path);
	file->options = file->next;
	file->next.path = NULL;
	file->fd = file->next_fd;
	file->size = (uint64_t)lseek(file->fd, 0, SEEK_END);
	file->look = true;
}

static void wait_ms(struct events_file *file, int64_t ms)
{
	struct timespec until;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns = until.tv_nsec + ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_cond_timedwait(&file->wake, &file->lock, &until);
}

/* Under the lock: until there is something to do. */
static void wait_for_work(struct events_file *file)
{
	bool busy = file->look || file->compress;

	while (!file->stopping && !file->next.path && !busy &&
		!buffer_size(&file->writing) && !buffer_size(&file->waiting))
		pthread_cond_wait(&file->wake, &file->lock);
	if (file->stopping || file->next.path)
		return;
	if (file->troubled)
		wait_ms(file, AGAIN_MS);
	else if (!busy && buffer_size(&file->waiting) < GATHER_BYTES)
		wait_ms(file, GATHER_MS);
}

static void take_waiting(struct events_file *file)
{
	struct buffer empty = file->writing;

	if (buffer_size(&file->writing))
		return;
	file->figures.written += file->writing_lines;
	file->writing = file->waiting;
	file->writing_lines = file->waiting_lines;
	buffer_clear(&empty);
	empty.limit = EVENTS_FILE_MEMORY;
	file->waiting = empty;
	file->waiting_lines = 0;
}

static void write_and_rotate(struct events_file *file)
{
	bool any = buffer_size(&file->writing) > 0;
	bool good = write_some(file);

	if (good && file->size >= file->options.size)
		good = rotate(file);
	if (any || !good)
		note_trouble(file, good);
}

static void *run(void *arg)
{
	struct events_file *file = arg;
	bool stopping = false;

	while (!stopping) {
		pthread_mutex_lock(&file->lock);
		wait_for_work(file);
		take_options(file);
		stopping = file->stopping;
		take_waiting(file);
		pthread_mutex_unlock(&file->lock);
		write_and_rotate(file);
		if (!stopping && (file->look || file->compress))
			compress_some(file);
	}
	return NULL;
}

/* ---- From outside ---- */

static bool start(struct events_file *file)
{
	pthread_condattr_t attributes;
	sigset_t all, before;
	int error;

	pthread_mutex_init(&file->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&file->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&file->thread, NULL, run, file);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error == 0 ||
	       fail_errno(FAILURE_RESOURCE, error, "cannot start a thread");
}

static void release(struct events_file *file)
{
	if (file->compress)
		compress_close(&file->compress);
	if (file->fd >= 0)
		close(file->fd);
	memory_free((char *)file->options.path);
	buffer_finish(&file->waiting);
	buffer_finish(&file->writing);
	memory_free(file);
}

struct events_file *events_file_create(const struct events_file_options *options)
{
	struct events_file *file = NEW(struct events_file);

	file->options = copy_of(options);
	file->fd = open_file(options->path, &file->size);
	file->look = true;
	buffer_init(&file->waiting, EVENTS_FILE_MEMORY);
	if (file->fd < 0 || !start(file)) {
		release(file);
		return NULL;
	}
	return file;
}

bool events_file_reload(
	struct events_file *file, const struct events_file_options *options)
{
	uint64_t size;
	int fd = open_file(options->path, &size);

	if (fd < 0)
		return false;
	pthread_mutex_lock(&file->lock);
	if (file->next.path) {
		close(file->next_fd);
		memory_free((char *)file->next.path);
	}
	file->next = copy_of(options);
	file->next_fd = fd;
	pthread_cond_signal(&file->wake);
	pthread_mutex_unlock(&file->lock);
	return true;
}

void events_file_destroy(struct events_file **file)
{
	struct events_file *old = *file;

	*file = NULL;
	if (!old)
		return;
	pthread_mutex_lock(&old->lock);
	old->stopping = true;
	pthread_cond_signal(&old->wake);
	pthread_mutex_unlock(&old->lock);
	pthread_join(old->thread, NULL);
	/* What came while the thread wrote for the last time. */
	take_waiting(old);
	write_some(old);
	pthread_cond_destroy(&old->wake);
	pthread_mutex_destroy(&old->lock);
	release(old);
}

void events_file_give(struct events_file *file, struct slice lines, unsigned count)
{
	size_t before;

	if (!lines.size)
		return;
	pthread_mutex_lock(&file->lock);
	before = buffer_size(&file->waiting);
	if (buffer_append(&file->waiting, lines))
		file->waiting_lines += count;
	else
		file->figures.dropped += count;
	if (before == 0 ||
		(before < GATHER_BYTES && before + lines.size >= GATHER_BYTES))
		pthread_cond_signal(&file->wake);
	pthread_mutex_unlock(&file->lock);
}

struct events_file_figures events_file_figures(struct events_file *file)
{
	struct events_file_figures figures;

	pthread_mutex_lock(&file->lock);
	figures = file->figures;
	if (!buffer_size(&file->writing))
		figures.written += file->writing_lines;
	figures.waiting_bytes = buffer_size(&file->waiting);
	pthread_mutex_unlock(&file->lock);
	return figures;
}
