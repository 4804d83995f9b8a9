/*
 * The embedded Redis: configured, started or taken over, watched, repaired.
 *
 * A fiber follows the server's life through a pidfd on the ring. When it ends
 * unasked it is started again, after a pause that doubles; when it ends before
 * it ever answered, its append-only file is looked at first.
 */
#include "queue/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/stream.h"
#include "queue/embedded_files.h"
#include "queue/embedded_repair.h"
#include "queue/program.h"
#include "run/ring.h"
#include "run/worker.h"

#define PAUSE_FIRST_MS	 100
#define PAUSE_MOST_MS	 5000
#define ANSWER_LINE_MAX	 512
#define ANSWER_POLL_MS	 20
#define STEADY_MS	 10000 /* running so long, the pause starts over */
#define SOCKET_PATH_MOST 107

struct embedded_redis {
	char *directory, *address, *socket, *password;
	uint64_t memory;
	int pidfd;
	bool child, stopping, answered;
	bool attended; /* by its supervising fiber */
	struct condition changed;
	struct embedded_figures figures;
};

static char *path_in(const struct embedded_redis *redis, const char *name)
{
	return memory_format("%s/%s", redis->directory, name);
}

/* The process in redis.pid, if it is our server and still there. */
static pid_t find_running(const struct embedded_redis *redis)
{
	char *path = path_in(redis, "redis.pid");
	struct buffer text = {0}, title = {0};
	pid_t pid = 0;

	buffer_append(&text, SLICE_EMPTY);
	if (embedded_read_file(path, &text) && buffer_append_byte(&text, 0))
		pid = (pid_t)atoi(text.bytes + text.start);
	memory_free(path);
	path = memory_format("/proc/%d/cmdline", (int)pid);
	if (pid <= 0 || !embedded_read_file(path, &title) ||
		slice_find(buffer_contents(&title), slice_of(redis->socket)) ==
			buffer_size(&title))
		pid = 0;
	memory_free(path);
	buffer_finish(&text);
	buffer_finish(&title);
	return pid;
}

struct starting {
	struct embedded_redis *redis;
	bool repair, good;
	struct failure failure;
};

static bool start(struct embedded_redis *redis)
{
	char *configuration = path_in(redis, "redis.conf");
	char *log = path_in(redis, "redis.log");
	char *argv[] = {"redis-server", configuration, NULL};
	pid_t pid = find_running(redis);
	bool started = true;

	redis->child = pid == 0;
	if (redis->child) {
		unlink(redis->socket);
		started = embedded_write_configuration(redis->directory, redis->socket,
				  redis->password, redis->memory) &&
			  program_start(argv, log, &pid);
	}
	redis->pidfd = started ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (started && redis->pidfd < 0)
		started = fail_errno(
			FAILURE_RESOURCE, errno, "cannot watch redis-server");
	redis->figures.pid = pid;
	memory_free(configuration);
	memory_free(log);
	return started;
}

static void start_job(void *arg)
{
	struct starting *starting = arg;
	struct embedded_redis *redis = starting->redis;
	uint64_t bytes = 0;

	if (starting->repair && embedded_repair(redis->directory, &bytes)) {
		redis->figures.repairs++;
		redis->figures.bytes_lost_to_repair += bytes;
	}
	starting->good = start(redis);
	if (!starting->good)
		starting->failure = *failure_last();
}

static bool start_on_pool(
	struct embedded_redis *redis, bool repair, struct deadline deadline)
{
	struct starting starting = {.redis = redis, .repair = repair};

	if (!offload(start_job, &starting, deadline))
		return false;
	if (!starting.good)
		return fail_again(&starting.failure);
	redis->figures.starts++;
	return true;
}

/* Whether it answers PING: it takes connections before it has loaded its file,
 * and only then is known whether that was whole. */
static bool answers(struct embedded_redis *redis, struct deadline deadline)
{
	struct stream *stream = stream_connect_unix(redis->socket, deadline);
	struct slice line;
	bool ready;

	if (!stream)
		return false;
	stream_write_format(stream, "AUTH %s\r\nPING\r\n", redis->password);
	ready = stream_read_line(stream, ANSWER_LINE_MAX, &line, deadline) &&
		stream_read_line(stream, ANSWER_LINE_MAX, &line, deadline) &&
		slice_starts(line, SLICE("+PONG"));
	stream_close(&stream);
	return ready;
}

/* Follows one life of the server; returns when it is over. */
static void follow(struct embedded_redis *redis)
{
	redis->answered = false;
	while (!redis->answered) {
		int ended = ring_poll(
			redis->pidfd, POLLIN, deadline_after_ms(ANSWER_POLL_MS));

		if (ended != -ETIME)
			return;
		redis->answered = answers(redis, deadline_after_ms(1000));
	}
	condition_broadcast(&redis->changed);
	ring_poll(redis->pidfd, POLLIN, deadline_none());
}

static void bury(struct embedded_redis *redis)
{
	int status = 0;

	if (redis->child)
		waitpid(redis->figures.pid, &status, WNOHANG);
	close(redis->pidfd);
	redis->pidfd = -1;
	redis->figures.pid = 0;
}

static void ask_to_end(struct embedded_redis *redis)
{
	if (redis->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, redis->pidfd, SIGTERM, NULL, 0);
}

/* False: it is to be started no more. */
static bool pause_for(struct embedded_redis *redis, int64_t ms)
{
	struct deadline end = deadline_after_ms(ms);

	while (!redis->stopping && condition_wait(&redis->changed, end))
		continue;
	return !redis->stopping && !fiber_is_cancelled();
}

static void keep_running(struct embedded_redis *redis)
{
	int64_t pause_ms = PAUSE_FIRST_MS;

	while (!fiber_is_cancelled()) {
		int64_t began = worker_now_us();
		bool repair;

		if (redis->pidfd >= 0) {
			follow(redis);
			if (fiber_is_cancelled())
				break;
			bury(redis);
		}
		condition_broadcast(&redis->changed);
		if (redis->stopping)
			return;
		repair = !redis->answered;
		if (worker_now_us() - began > STEADY_MS * 1000LL)
			pause_ms = PAUSE_FIRST_MS;
		event_note(EVENT_ERROR, "redis_ended",
			"the embedded redis-server has ended%s; starting it again",
			repair ? " before it answered" : "");
		if (!pause_for(redis, pause_ms))
			break;
		pause_ms = pause_ms * 2 < PAUSE_MOST_MS ? pause_ms * 2 : PAUSE_MOST_MS;
		if (!start_on_pool(redis, repair, deadline_none()))
			event_note(EVENT_ERROR, "redis_start_failed", "%s",
				failure_last()->text);
		if (redis->stopping) /* meanwhile */
			ask_to_end(redis);
	}
}

static void supervise(void *arg)
{
	struct embedded_redis *redis = arg;

	keep_running(redis);
	redis->attended = false;
	condition_broadcast(&redis->changed);
}

static void free_all(struct embedded_redis *redis)
{
	if (redis->pidfd >= 0)
		close(redis->pidfd);
	if (redis->password)
		memory_wipe(redis->password, strlen(redis->password));
	memory_free(redis->directory);
	memory_free(redis->address);
	memory_free(redis->socket);
	memory_free(redis->password);
	memory_free(redis);
}

static bool prepare(
	struct embedded_redis *redis, const struct embedded_options *options)
{
	redis->directory = memory_copy_text(slice_of(options->directory));
	redis->memory = options->memory;
	redis->socket = path_in(redis, "redis.sock");
	redis->address = memory_format("unix:%s", redis->socket);
	if (strlen(redis->socket) > SOCKET_PATH_MOST)
		return fail(FAILURE_RESOURCE,
			"%s is too long for a socket: choose a shorter "
			"state_directory",
			redis->socket);
	if (mkdir(redis->directory, 0700) != 0 && errno != EEXIST)
		return fail_errno(
			FAILURE_RESOURCE, errno, "cannot make %s", redis->directory);
	return embedded_check_version() && embedded_find_password(redis->directory,
						   options->password, &redis->password);
}

struct preparing {
	struct embedded_redis *redis;
	const struct embedded_options *options;
	bool good;
	struct failure failure;
};

static void prepare_job(void *arg)
{
	struct preparing *preparing = arg;

	preparing->good = prepare(preparing->redis, preparing->options);
	if (!preparing->good)
		preparing->failure = *failure_last();
}

struct embedded_redis *embedded_redis_start(const struct embedded_options *options,
	struct scope *scope, struct deadline deadline)
{
	struct embedded_redis *redis = NEW(struct embedded_redis);
	struct preparing preparing = {.redis = redis, .options = options};

	redis->pidfd = -1;
	condition_init(&redis->changed);
	if (!offload(prepare_job, &preparing, deadline)) {
		free_all(redis);
		return NULL;
	}
	if (!preparing.good)
		fail_again(&preparing.failure);
	else if (start_on_pool(redis, false, deadline) &&
		 (redis->attended = scope_spawn(
			  scope, "embedded redis", supervise, redis)))
		return redis;
	free_all(redis);
	return NULL;
}

const char *embedded_redis_address(const struct embedded_redis *redis)
{
	return redis->address;
}

const char *embedded_redis_password(const struct embedded_redis *redis)
{
	return redis->password;
}

/* Its supervisor buries it, and leaves, perhaps from its pause between two starts;
 * or we do where that fiber was cancelled. */
static void wait_for_end(struct embedded_redis *redis, struct deadline deadline)
{
	while (redis->attended && condition_wait(&redis->changed, deadline))
		continue;
	if (redis->pidfd >= 0 && !redis->attended &&
		ring_poll(redis->pidfd, POLLIN, deadline) > 0)
		bury(redis);
}

void embedded_redis_stop(struct embedded_redis **redis, struct deadline deadline)
{
	struct embedded_redis *old = *redis;

	*redis = NULL;
	if (!old)
		return;
	old->stopping = true;
	ask_to_end(old);
	condition_broadcast(&old->changed);
	wait_for_end(old, deadline);
	if (old->pidfd >= 0) {
		event_note(EVENT_WARNING, "redis_killed",
			"the embedded redis-server did not end in time");
		syscall(SYS_pidfd_send_signal, old->pidfd, SIGKILL, NULL, 0);
	}
	wait_for_end(old, deadline_none());
	free_all(old);
}

struct embedded_figures embedded_redis_figures(const struct embedded_redis *redis)
{
	return redis->figures;
}
