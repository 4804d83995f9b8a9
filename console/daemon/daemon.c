/*
 * The daemon's outer story: prepare as root, become nobody special, start the
 * workers, obey signals, end.
 *
 * Worker 0 runs on the first thread and is the one that acts for all: it keeps
 * the embedded Redis, answers the admin socket and carries out signals. The
 * others are reached with letters.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/events.h"
#include "io/fetch.h"
#include "run/ring.h"
#include "serve/process.h"
#include "index/index.h"
#include "store/store.h"
#include "verify/suffix.h"

#include "daemon/domains.h"
#include "daemon/doors.h"
#include "daemon/worker.h"
#include "report/exit_status.h"
#include "daemon/log.h"

#define WORKERS_MAX   64
#define OFFLOAD_QUEUE 10000

#define START_MS       30000
#define ENDING_POLL_MS 20
#define REDIS_END_MS   2000

static unsigned choose_workers(const struct config *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->workers)
		return config->workers < WORKERS_MAX ? (unsigned)config->workers
						     : WORKERS_MAX;
	if (cores <= 2)
		return 1;
	return cores / 2 < WORKERS_MAX ? (unsigned)(cores / 2) : WORKERS_MAX;
}

/* For signatures and the like: they may use every core, and a long job leaves
 * a thread to the short ones. */
static unsigned choose_threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 2 ? 2 : cores < WORKERS_MAX ? (unsigned)cores : WORKERS_MAX;
}

static bool complain(const char *text)
{
	size_t size = strlen(text);

	fprintf(stderr, "%s%s", text, size && text[size - 1] == '\n' ? "" : "\n");
	return false;
}

static bool load_first_world(struct daemon *daemon)
{
	struct buffer errors = {0}, warnings = {0};

	daemon->world = world_load(daemon->path, &errors, &warnings);
	if (buffer_size(&errors))
		fprintf(stderr, "%.*s", (int)buffer_size(&errors),
			errors.bytes + errors.start);
	if (buffer_size(&warnings))
		fprintf(stderr, "%.*s", (int)buffer_size(&warnings),
			warnings.bytes + warnings.start);
	buffer_finish(&errors);
	buffer_finish(&warnings);
	return daemon->world != NULL;
}

/* What only root may do comes first: ports, the log, then privileges go. */
static bool prepare(struct daemon *daemon)
{
	const struct config *config = daemon->world->config;

	daemon->started_config = config_hold(daemon->world->config);
	daemon->worker_count = choose_workers(config);
	daemon->sockets = sockets_open(config, daemon->worker_count, NULL);
	if (!daemon->sockets || !log_open(config) || !process_drop_privileges(config) ||
		!ring_probe())
		return false;
	daemon->queue_node = queue_node_open(config, daemon->worker_count);
	if (!daemon->queue_node)
		return false;
	daemon->relay_node = relay_node_create();
	if (strcmp(config->queue.redis, "embedded") != 0)
		relay_node_share_limits(
			daemon->relay_node, queue_node_name(daemon->queue_node));
	daemon->logins = logins_create();
	daemon->submission_node = submission_node_create();
	daemon->suppression = suppression_create();
	daemon->receiving_node = receiving_node_create();
	daemon->counts = session_counts_create();
	daemon->admin_path = memory_format("%s/admin.sock", config->state_directory);
	daemon->signals = process_signals();
	daemon->started_ms = clock_wall_ms();
	suffix_prepare();
	/* Threads come behind the signals, which none of them is to get. */
	return fetch_start() && offload_start(choose_threads(), OFFLOAD_QUEUE) &&
	       daemon_open_store(daemon) &&
	       (daemon->events = events_node_create(config));
}

static bool make_workers(struct daemon *daemon)
{
	unsigned count = daemon->worker_count;

	daemon->workers = memory_allocate_array(count, sizeof(*daemon->workers));
	atomic_store(&daemon->running, count);
	for (unsigned i = 0; i < count; i++) {
		struct daemon_worker *worker = &daemon->workers[i];

		worker->daemon = daemon;
		worker->index = i;
		condition_init(&worker->stop);
		if (i == 0)
			worker->worker = worker_create(
				&(struct worker_options){.index = 0});
		if (i == 0 && !worker->worker)
			return false;
	}
	return true;
}

/* The other workers: each makes its ring on the thread that uses it. */
static void *worker_thread(void *arg)
{
	struct daemon_worker *worker = arg;

	worker_run(worker->worker, daemon_worker_run, worker);
	return NULL;
}

static void stop_here(struct letter *letter)
{
	struct daemon_worker *worker = CONTAINER_OF(
		letter, struct daemon_worker, stop_letter);

	worker->stopping = true;
	condition_broadcast(&worker->stop);
}

void daemon_stop(struct daemon *daemon)
{
	if (daemon->stopping)
		return;
	daemon->stopping = true;
	daemon->ending = deadline_after_ms(daemon->world->config->shutdown_limit_ms);
	sd_notify(0, "STOPPING=1");
	event_note(EVENT_INFO, "stopping", "shutting down");
	for (unsigned i = 0; i < daemon->worker_count; i++) {
		struct daemon_worker *worker = &daemon->workers[i];

		if (!worker->worker || (i > 0 && !worker->threaded)) {
			daemon->unstarted++;
			continue;
		}
		worker->stop_letter.run = stop_here;
		worker_post(worker->worker, &worker->stop_letter);
	}
}

void daemon_fail(struct daemon *daemon)
{
	daemon->failed = true;
	kill(getpid(), SIGTERM); /* read by worker 0, whoever calls */
}

static void obey_signals(void *arg)
{
	struct daemon *daemon = arg;
	struct signalfd_siginfo info;

	while (ring_poll(daemon->signals, POLLIN, deadline_none()) > 0) {
		if (read(daemon->signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGHUP)
			daemon_reload_on_signal(daemon);
		else if (info.ssi_signo != SIGUSR1)
			daemon_stop(daemon);
	}
}

/* --- Worker 0 --- */

static bool start_redis(struct daemon *daemon, struct scope *scope)
{
	const struct config *config = daemon->world->config;
	struct embedded_options options = {.memory = config->queue.redis_memory};
	char *directory;

	if (strcmp(config->queue.redis, "embedded") != 0) {
		struct buffer secret = {0};

		daemon->redis_address = memory_copy_text(slice_of(config->queue.redis));
		if (config->queue.password_file &&
			config_read_secret(config,
				config_mark_of(config, &config->queue.password_file),
				config->queue.password_file, &secret))
			daemon->redis_password = memory_copy_text(
				buffer_contents(&secret));
		buffer_finish(&secret);
		return true;
	}
	directory = memory_format("%s/redis", config->state_directory);
	options.directory = directory;
	daemon->embedded = embedded_redis_start(
		&options, scope, deadline_after_ms(START_MS));
	memory_free(directory);
	if (!daemon->embedded)
		return false;
	daemon->redis_address = memory_copy_text(
		slice_of(embedded_redis_address(daemon->embedded)));
	daemon->redis_password = memory_copy_text(
		slice_of(embedded_redis_password(daemon->embedded)));
	return true;
}

/* It has what is left of the time, and the moment that its last write needs. */
static void stop_redis(struct daemon *daemon)
{
	int64_t left = deadline_left_ms(daemon->ending);

	embedded_redis_stop(&daemon->embedded,
		deadline_after_ms(left > REDIS_END_MS ? left : REDIS_END_MS));
}

static bool start_others(struct daemon *daemon)
{
	for (unsigned i = 1; i < daemon->worker_count; i++) {
		struct daemon_worker *worker = &daemon->workers[i];

		worker->worker = worker_create(&(struct worker_options){.index = i});
		if (!worker->worker)
			return false;
		if (pthread_create(&worker->thread, NULL, worker_thread, worker) != 0)
			return fail(FAILURE_RESOURCE, "cannot start a thread");
		worker->threaded = true;
	}
	return true;
}

/* Says READY when every worker can take mail, or ends the process when Redis is
 * one that must not be used. */
static void tell_ready(void *arg)
{
	struct daemon *daemon = arg;

	while (!daemon->stopping) {
		const char *refusal = queue_node_refusal(daemon->queue_node);

		if (refusal) {
			event_note(EVENT_ERROR, "start_refused", "%s", refusal);
			daemon_fail(daemon);
			return;
		}
		if (atomic_load(&daemon->accepting) == daemon->worker_count) {
			event_note(EVENT_INFO, "ready", "accepting mail as %s",
				daemon->world->config->hostname);
			sd_notify(0, "READY=1");
			return;
		}
		if (!fiber_sleep(deadline_after_ms(ENDING_POLL_MS)))
			return;
	}
}

static void first_fiber(void *arg)
{
	struct daemon *daemon = arg;
	struct scope scope;

	scope_init(&scope);
	scope_spawn(&scope, "signals", obey_signals, daemon);
	if (start_redis(daemon, &scope) && start_others(daemon)) {
		daemon->admin = daemon->doors->admin_open(daemon);
		if (!daemon->admin)
			event_note(EVENT_ERROR, "no_admin_socket", "%s",
				failure_last()->text);
		scope_spawn(&scope, "ready", tell_ready, daemon);
		daemon_worker_run(&daemon->workers[0]);
	} else {
		fprintf(stderr, "ringpost: %s\n", failure_last()->text);
		daemon->failed = true;
		atomic_fetch_sub(&daemon->running, 1);
		daemon_stop(daemon);
	}
	while (atomic_load(&daemon->running) > daemon->unstarted)
		fiber_sleep(deadline_after_ms(ENDING_POLL_MS));
	daemon->doors->admin_close(daemon->admin);
	stop_redis(daemon);
	scope_finish(&scope, deadline_after_ms(0));
}

static void clean_up(struct daemon *daemon)
{
	for (unsigned i = 1; daemon->workers && i < daemon->worker_count; i++)
		if (daemon->workers[i].threaded)
			pthread_join(daemon->workers[i].thread, NULL);
	offload_stop();
	fetch_stop();
	for (unsigned i = 0; daemon->workers && i < daemon->worker_count; i++)
		worker_destroy(&daemon->workers[i].worker);
	daemon->doors->admin_destroy(&daemon->admin);
	domains_destroy(daemon);
	memory_free(daemon->workers);
	index_destroy(&daemon->index);
	store_destroy(&daemon->store);
	attendance_destroy(&daemon->attendance);
	events_node_destroy(&daemon->events);
	queue_node_close(&daemon->queue_node);
	relay_node_destroy(&daemon->relay_node);
	submission_node_destroy(&daemon->submission_node);
	logins_destroy(&daemon->logins);
	suppression_destroy(&daemon->suppression);
	receiving_node_destroy(&daemon->receiving_node);
	session_counts_destroy(&daemon->counts);
	sockets_close(&daemon->sockets);
	world_release(&daemon->world);
	config_release(&daemon->started_config);
	buffer_finish(&daemon->later);
	if (daemon->redis_password)
		memory_wipe(daemon->redis_password, strlen(daemon->redis_password));
	memory_free(daemon->redis_password);
	memory_free(daemon->redis_address);
	memory_free(daemon->admin_path);
}

int daemon_run(const char *path, const struct daemon_doors *doors)
{
	struct daemon *daemon = NEW(struct daemon);
	int status = EXIT_CONFIG;

	daemon->path = path;
	daemon->doors = doors;
	process_set_limits();
	memory_tune();
	if (load_first_world(daemon)) {
		if (prepare(daemon) && make_workers(daemon)) {
			worker_run(daemon->workers[0].worker, first_fiber, daemon);
			status = daemon->failed ? EXIT_FAILED : EXIT_GOOD;
		} else {
			complain(failure_last()->text);
		}
	}
	clean_up(daemon);
	memory_free(daemon);
	return status;
}
