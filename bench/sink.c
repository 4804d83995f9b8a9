/*
 * `ringpost-bench sink`: binds its ports, lets its workers take mail, and
 * reports.
 */
#include "bench/sink.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/certificate.h"
#include "bench/report.h"
#include "bench/sink_core.h"

/* How long messages on their way may take when the end was asked for. */
#define PATIENCE_MS 3000

struct acceptor {
	struct sink_worker *worker;
	const struct endpoint *endpoint;
	int fd;
};

static bool prepare(struct sink *sink);
static bool read_rules(struct sink *sink);
static bool read_certificate(struct sink *sink);
static bool listen_all(struct sink *sink);
static void say_listening(void *context);
static bool run(struct sink *sink, char **arguments);
static void tick(void *context);
static void init_worker(struct sink *sink, unsigned index);
static void work(void *context, unsigned index);
static void accept_all(void *arg);
static void admit(const struct acceptor *acceptor, int fd);
static void wait_for_the_end(struct sink_worker *worker);
static void stop(void *context, unsigned index);
static void out_of_time(struct timer *timer);
static void finish(struct sink *sink);

int sink_main(char **arguments)
{
	struct sink *sink = NEW(struct sink);
	int status = 2;

	sink->ledger_fd = -1;
	if (!sink_options_read(arguments, &sink->options)) {
		fprintf(stderr, "sink: %s\n", failure_last()->text);
	} else if (sink->options.help) {
		sink_options_help(stdout);
		status = 0;
	} else if (!prepare(sink)) {
		fprintf(stderr, "sink: %s\n", failure_last()->text);
		status = failure_kind_last() == FAILURE_CONFIG ? 2 : 1;
	} else if (!run(sink, arguments)) {
		fprintf(stderr, "sink: %s\n", failure_last()->text);
		status = 1;
	} else {
		status = sink->ledger_failed ? 1 : 0;
	}
	finish(sink);
	return status;
}

static bool prepare(struct sink *sink)
{
	const struct sink_options *options = &sink->options;
	unsigned workers = (unsigned)options->workers;

	sink->workers = memory_allocate_array(workers, sizeof(*sink->workers));
	for (size_t i = 0; i < options->addresses.count; i++)
		if (!endpoints_add(
			    &sink->endpoints, slice_of(options->addresses.at[i]), true))
			return false;
	if (!read_rules(sink) || !read_certificate(sink))
		return false;
	if (options->save && mkdir(options->save, 0777) && errno != EEXIST)
		return fail_errno(FAILURE_FILE, errno, "cannot make the folder %s",
			options->save);
	if (options->ledger) {
		sink->ledger_fd = ledger_open_file(
			options->ledger, options->ledger_sync);
		if (sink->ledger_fd < 0)
			return false;
	}
	return listen_all(sink);
}

static bool read_rules(struct sink *sink)
{
	const struct sink_options *options = &sink->options;

	for (size_t i = 0; i < options->rule.count; i++)
		if (!rules_add(&sink->rules, slice_of(options->rule.at[i])))
			return false;
	return !options->rules || rules_read_file(&sink->rules, options->rules);
}

static bool read_certificate(struct sink *sink)
{
	const struct sink_options *options = &sink->options;
	struct certificate made = {.folder = ""};
	struct tls_pair pair = {options->certificate, options->key};
	size_t which;
	bool good = true;

	if (!options->tls && !options->starttls)
		return true;
	if (!pair.certificate) {
		good = certificate_make(&made, options->hostname);
		pair = (struct tls_pair){made.certificate, made.key};
	}
	if (good)
		sink->tls = tls_server_create(&pair, 1, "1.2", NULL, &which);
	certificate_remove(&made);
	return sink->tls != NULL;
}

static bool listen_all(struct sink *sink)
{
	unsigned workers = (unsigned)sink->options.workers;
	size_t count = sink->endpoints.count;
	int fds[CREW_WORKERS_MAX];

	for (unsigned w = 0; w < workers; w++) {
		sink->workers[w].fds = memory_allocate_array(
			count, sizeof(*sink->workers[w].fds));
		memset(sink->workers[w].fds, -1, count * sizeof(int));
	}
	for (size_t i = 0; i < count; i++) {
		if (!endpoint_listen(&sink->endpoints.at[i], fds, workers))
			return false;
		for (unsigned w = 0; w < workers; w++)
			sink->workers[w].fds[i] = fds[w];
	}
	return true;
}

/* "sink: listening on 127.0.0.1:2525", to wait for before mail is sent. */
static void say_listening(void *context)
{
	const struct sink *sink = context;
	size_t count = sink->endpoints.count;

	fprintf(stderr, "sink: listening on %s", sink->endpoints.at[0].text);
	if (count > 1)
		fprintf(stderr, " to %s (%zu ports)",
			sink->endpoints.at[count - 1].text, count);
	fputc('\n', stderr);
}

static bool run(struct sink *sink, char **arguments)
{
	const struct sink_options *options = &sink->options;
	unsigned workers = (unsigned)options->workers;
	struct tally **tallies = memory_allocate_array(workers, sizeof(*tallies));
	struct report report = {.program = "sink",
		.done = "taken",
		.arguments = arguments,
		.progress = !options->quiet && isatty(STDERR_FILENO),
		.tallies = tallies,
		.tally_count = workers};
	struct crew_plan plan = {.workers = workers,
		/* Large ones: at 64 KiB a message 15 % less CPU than 8 KiB. */
		.options = {.buffer_count = 512,
			.buffer_size = 32768,
			.fibers_max = (size_t)options->connections +
				      sink->endpoints.count + 8},
		.body = work,
		.stop = stop,
		.ready = say_listening,
		.context = sink,
		.tick = tick,
		.tick_context = sink};
	bool good;

	for (unsigned i = 0; i < workers; i++) {
		init_worker(sink, i);
		tallies[i] = sink->workers[i].tally;
	}
	sink->report = &report;
	atomic_store(&sink->second, 1);
	report_open(&report);
	sink->rules.start_us = report.began_us;
	good = crew_run(&plan, &sink->crew);
	if (good) {
		report_close(&report);
		if (!options->json || strcmp(options->json, "-") != 0)
			report_print(&report, stdout);
		if (options->json)
			good = report_write_json(&report, options->json);
	}
	report_finish(&report);
	for (unsigned i = 0; i < workers; i++)
		tally_destroy(&tallies[i]);
	memory_free(tallies);
	return good;
}

static void tick(void *context)
{
	struct sink *sink = context;

	report_tick(sink->report);
	atomic_fetch_add(&sink->second, 1);
}

/* Before it runs, because it may be asked to end at once. */
static void init_worker(struct sink *sink, unsigned index)
{
	struct sink_worker *worker = &sink->workers[index];

	worker->tally = tally_create();
	worker->sink = sink;
	worker->index = index;
	worker->duration.run = out_of_time;
	scope_init(&worker->acceptors);
	scope_init(&worker->sessions);
	scope_init(&worker->writers);
	condition_init(&worker->stopped);
	list_init(&worker->open);
}

static void work(void *context, unsigned index)
{
	struct sink *sink = context;
	struct sink_worker *worker = &sink->workers[index];
	size_t count = sink->endpoints.count;
	struct acceptor *acceptors = memory_allocate_array(count, sizeof(*acceptors));

	ledger_open(&worker->ledger, sink->ledger_fd, sink->options.ledger_sync,
		&worker->writers);
	for (size_t i = 0; i < count; i++) {
		acceptors[i] = (struct acceptor){
			worker, &sink->endpoints.at[i], worker->fds[i]};
		worker->fds[i] = -1;
		if (!scope_spawn(&worker->acceptors, "sink acceptor", accept_all,
			    &acceptors[i]))
			close(acceptors[i].fd);
	}
	if (sink->options.duration_us)
		timer_start(&worker->duration,
			deadline_after_ms(sink->options.duration_us / 1000));
	wait_for_the_end(worker);
	memory_free(acceptors);
	tally_ring(worker->tally);
}

static void accept_all(void *arg)
{
	const struct acceptor *self = arg;
	struct sink_worker *worker = self->worker;
	struct ring_acceptor *acceptor = ring_acceptor_open(self->fd);

	while (!worker->stopping) {
		int fd;

		/* Who comes now waits in the kernel until somebody leaves. */
		while (worker->sessions.count >= worker->sink->options.connections)
			if (!condition_wait(&worker->sessions.ended, deadline_none()))
				break;
		fd = ring_acceptor_wait(acceptor, deadline_none());
		if (fd < 0)
			break;
		admit(self, fd);
	}
	ring_acceptor_close(&acceptor);
}

static void admit(const struct acceptor *acceptor, int fd)
{
	struct sink_worker *worker = acceptor->worker;
	struct sink_session *session = NEW(struct sink_session);

	session->worker = worker;
	session->endpoint = acceptor->endpoint;
	session->fd = fd;
	session->number = ++worker->connections * worker->sink->options.workers +
			  worker->index;
	if (scope_spawn(&worker->sessions, "sink session", sink_session_run, session))
		return;
	tally_text(worker->tally, "connection", failure_last()->text);
	ring_close(fd);
	memory_free(session);
}

static void wait_for_the_end(struct sink_worker *worker)
{
	while (!worker->stopping)
		condition_wait(&worker->stopped, deadline_none());
	scope_cancel(&worker->acceptors);
	scope_finish(&worker->acceptors, deadline_none());
	LIST_EACH (&worker->open, link) {
		struct sink_session *session = CONTAINER_OF(
			link, struct sink_session, link);

		if (session->idle)
			fiber_cancel(session->fiber);
	}
	scope_finish(&worker->sessions, deadline_after_ms(PATIENCE_MS));
	ledger_close(&worker->ledger, deadline_after_ms(PATIENCE_MS));
	scope_finish(&worker->writers, deadline_after_ms(PATIENCE_MS));
	timer_stop(&worker->duration);
}

static void stop(void *context, unsigned index)
{
	struct sink *sink = context;

	sink->workers[index].stopping = true;
	condition_broadcast(&sink->workers[index].stopped);
}

static void out_of_time(struct timer *timer)
{
	crew_stop(CONTAINER_OF(timer, struct sink_worker, duration)->sink->crew);
}

static void finish(struct sink *sink)
{
	for (unsigned w = 0; sink->workers && w < sink->options.workers; w++) {
		for (size_t i = 0; sink->workers[w].fds && i < sink->endpoints.count;
			i++)
			if (sink->workers[w].fds[i] >= 0)
				close(sink->workers[w].fds[i]);
		memory_free(sink->workers[w].fds);
	}
	memory_free(sink->workers);
	tls_server_release(&sink->tls);
	rules_finish(&sink->rules);
	endpoints_finish(&sink->endpoints);
	if (sink->ledger_fd >= 0)
		close(sink->ledger_fd);
	sink_options_finish(&sink->options);
	memory_free(sink);
}
