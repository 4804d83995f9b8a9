/* `ringpost-bench delay`: a port at which the target seems to be far away. */
#include "bench/delay.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/ring.h"

#include "bench/delay_core.h"

static bool prepare(struct delay *delay);
static bool run(struct delay *delay);
static void init_worker(struct delay *delay, unsigned index);
static void say_listening(void *context);
static void work(void *context, unsigned index);
static void accept_all(void *arg);
static void stop(void *context, unsigned index);
static void out_of_time(struct timer *timer);
static void finish(struct delay *delay);

int delay_main(char **arguments)
{
	struct delay *delay = NEW(struct delay);
	int status = 2;

	if (!delay_options_read(arguments, &delay->options)) {
		fprintf(stderr, "delay: %s\n", failure_last()->text);
	} else if (delay->options.help) {
		delay_options_help(stdout);
		status = 0;
	} else if (!prepare(delay)) {
		fprintf(stderr, "delay: %s\n", failure_last()->text);
		status = failure_kind_last() == FAILURE_CONFIG ? 2 : 1;
	} else if (!run(delay)) {
		fprintf(stderr, "delay: %s\n", failure_last()->text);
		status = 1;
	} else {
		status = 0;
	}
	finish(delay);
	return status;
}

void delay_count(struct delay_worker *worker, enum delay_number number, int64_t by)
{
	uint64_t *at = &worker->numbers[number];

	__atomic_store_n(at, *at + (uint64_t)by, __ATOMIC_RELAXED);
}

static bool prepare(struct delay *delay)
{
	unsigned count = (unsigned)delay->options.workers;
	int fds[CREW_WORKERS_MAX];

	for (size_t i = 0; i < delay->options.addresses.count; i++)
		if (!endpoints_add(&delay->endpoints,
			    slice_of(delay->options.addresses.at[i]), false))
			return false;
	if (!endpoint_listen(&delay->endpoints.at[0], fds, count))
		return false;
	delay->workers = memory_allocate_array(count, sizeof(*delay->workers));
	for (unsigned i = 0; i < count; i++) {
		init_worker(delay, i);
		delay->workers[i].fd = fds[i];
	}
	return true;
}

static bool run(struct delay *delay)
{
	const struct delay_options *options = &delay->options;
	struct crew_plan plan = {.workers = (unsigned)options->workers,
		/* Two fibers for each connection. */
		.options = {.fibers_max = (size_t)options->connections * 2 + 8},
		.body = work,
		.stop = stop,
		.ready = say_listening,
		.context = delay,
		.tick = delay_report_tick,
		.tick_context = delay};

	delay->began_us = clock_monotonic_us();
	if (!crew_run(&plan, &delay->crew))
		return false;
	delay->ended_us = clock_monotonic_us();
	return delay_report(delay);
}

/* Before it runs, because it may be asked to end at once. */
static void init_worker(struct delay *delay, unsigned index)
{
	struct delay_worker *worker = &delay->workers[index];

	worker->delay = delay;
	worker->duration.run = out_of_time;
	scope_init(&worker->acceptor);
	scope_init(&worker->sessions);
	condition_init(&worker->stopped);
}

/* "delay: listening on 127.0.0.1:2525", to wait for before it is used. */
static void say_listening(void *context)
{
	const struct delay *delay = context;

	fprintf(stderr, "delay: listening on %s\n", delay->endpoints.at[0].text);
}

static void work(void *context, unsigned index)
{
	struct delay *delay = context;
	struct delay_worker *worker = &delay->workers[index];
	int64_t duration_us = delay->options.duration_us;

	if (!scope_spawn(&worker->acceptor, "delay acceptor", accept_all, worker))
		stop(delay, index);
	if (duration_us)
		timer_start(&worker->duration, deadline_after_ms(duration_us / 1000));
	while (!worker->stopping)
		condition_wait(&worker->stopped, deadline_none());
	scope_cancel(&worker->acceptor);
	scope_finish(&worker->acceptor, deadline_none());
	scope_cancel(&worker->sessions);
	scope_finish(&worker->sessions, deadline_none());
	timer_stop(&worker->duration);
}

static void accept_all(void *arg)
{
	struct delay_worker *worker = arg;
	uint64_t most = worker->delay->options.connections;
	struct ring_acceptor *acceptor = ring_acceptor_open(worker->fd);

	worker->fd = -1;
	while (!worker->stopping) {
		struct delay_session *session;
		int fd;

		/* Who comes now waits in the kernel until somebody leaves. */
		while (worker->sessions.count >= most)
			if (!condition_wait(&worker->sessions.ended, deadline_none()))
				break;
		fd = ring_acceptor_wait(acceptor, deadline_none());
		if (fd < 0)
			break;
		session = delay_session_create(worker, fd);
		if (!scope_spawn(&worker->sessions, "delay session", delay_session_run,
			    session))
			delay_session_destroy(&session);
	}
	ring_acceptor_close(&acceptor);
}

static void stop(void *context, unsigned index)
{
	struct delay *delay = context;

	delay->workers[index].stopping = true;
	condition_broadcast(&delay->workers[index].stopped);
}

static void out_of_time(struct timer *timer)
{
	crew_stop(CONTAINER_OF(timer, struct delay_worker, duration)->delay->crew);
}

static void finish(struct delay *delay)
{
	for (size_t i = 0; delay->workers && i < delay->options.workers; i++)
		if (delay->workers[i].fd >= 0)
			close(delay->workers[i].fd);
	memory_free(delay->workers);
	endpoints_finish(&delay->endpoints);
	delay_options_finish(&delay->options);
	memory_free(delay);
}
