/*
 * `ringpost-bench client`: makes ready what its workers share, lets them work,
 * and reports.
 */
#include "bench/client.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/client_core.h"
#include "bench/report.h"

/* How long what was begun may take when the end was asked for. */
#define PATIENCE_MS 10000

static bool prepare(struct client *client);
static bool read_steps(struct client *client);
static bool run(struct client *client, char **arguments);
static void init_worker(struct client *client, struct client_worker *worker);
static void work(void *context, unsigned index);
static void stop(void *context, unsigned index);
static void lose_patience(struct timer *timer);
static bool say(const struct client *client, const struct report *report);
static void finish(struct client *client);

int client_main(char **arguments)
{
	struct client *client = NEW(struct client);
	int status = 2;

	if (!client_options_read(arguments, &client->options)) {
		fprintf(stderr, "client: %s\n", failure_last()->text);
	} else if (client->options.help) {
		client_options_help(stdout);
		status = 0;
	} else if (!prepare(client)) {
		fprintf(stderr, "client: %s\n", failure_last()->text);
	} else if (!run(client, arguments)) {
		fprintf(stderr, "client: %s\n", failure_last()->text);
		status = 1;
	} else {
		status = client->gave_up || client->differed ? 1 : 0;
	}
	finish(client);
	memory_free(client);
	return status;
}

static bool prepare(struct client *client)
{
	const struct client_options *options = &client->options;

	client->mail.filler = filler_create();
	client->mail.seed = options->seed;
	client->pace.messages = options->operations;
	client->pace.rate = options->rate;
	client->pace.duration_us = options->duration_us;
	pace_init(&client->pace, (unsigned)options->sessions);
	for (size_t i = 0; i < options->targets.count; i++)
		if (!endpoints_add(
			    &client->targets, slice_of(options->targets.at[i]), false))
			return false;
	if (!read_steps(client) || !sizes_read(&client->mail.sizes, options->size) ||
		!options_read_secret(options->password_file, &client->password))
		return false;
	if (options->starttls || options->tls)
		client->tls = tls_client_create(options->ca, "1.2");
	return client->tls || !(options->starttls || options->tls);
}

/* "FETCH %m FLAGS@30": in 30 of 100 rounds. */
static bool read_steps(struct client *client)
{
	const struct texts *steps = &client->options.steps;

	for (size_t i = 0; i < steps->count; i++) {
		struct slice text = slice_of(steps->at[i]);
		size_t at = slice_index_last(text, '@');
		uint64_t percent = 100;

		if (at < text.size && slice_to_u64(slice_from(text, at + 1), &percent))
			text = slice_part(text, 0, at);
		if (percent < 1 || percent > 100 || !text.size ||
			text.size > CLIENT_COMMAND_MAX / 2)
			return fail(FAILURE_CONFIG,
				"--step: \"%.40s\" is not a command with a share from "
				"@1 to @100",
				steps->at[i]);
		client->steps[i] = (struct client_step){
			.text = text, .percent = (unsigned)percent};
	}
	return true;
}

static bool run(struct client *client, char **arguments)
{
	unsigned workers = (unsigned)client->options.workers;
	struct tally **tallies = memory_allocate_array(workers, sizeof(*tallies));
	struct report report = {.program = "client",
		.done = "done",
		.arguments = arguments,
		.progress = !client->options.quiet && isatty(STDERR_FILENO),
		.tallies = tallies,
		.tally_count = workers};
	struct crew_plan plan = {.workers = workers,
		.body = work,
		.stop = stop,
		.tick = report_tick,
		.context = client,
		.tick_context = &report};
	bool good;

	client->workers = memory_allocate_array(workers, sizeof(*client->workers));
	for (unsigned i = 0; i < workers; i++) {
		init_worker(client, &client->workers[i]);
		tallies[i] = client->workers[i].tally;
	}
	report_open(&report);
	good = crew_run(&plan, &client->crew);
	if (good) {
		report_close(&report);
		good = say(client, &report);
	}
	report_finish(&report);
	for (unsigned i = 0; i < workers; i++)
		tally_destroy(&tallies[i]);
	memory_free(tallies);
	return good;
}

/* Before it runs, because it may be asked to end at once. */
static void init_worker(struct client *client, struct client_worker *worker)
{
	worker->tally = tally_create();
	worker->client = client;
	worker->patience.run = lose_patience;
	scope_init(&worker->sessions);
	condition_init(&worker->stopped);
}

/* Session I of all belongs to worker I modulo workers. */
static void work(void *context, unsigned index)
{
	struct client *client = context;
	struct client_worker *worker = &client->workers[index];
	uint64_t workers = client->options.workers, all = client->options.sessions;
	size_t count = (size_t)((all - index + workers - 1) / workers);

	worker->list = memory_allocate_array(count, sizeof(*worker->list));
	for (size_t i = 0; i < count; i++) {
		struct client_session *session = &worker->list[i];
		uint64_t number = index + i * workers;

		session->worker = worker;
		session->number = (unsigned)number;
		session->user = (unsigned)(number % client->options.users) + 1;
		session->target = &client->targets.at[number % client->targets.count];
		if (scope_spawn(&worker->sessions, "client session", client_session_run,
			    session))
			continue;
		tally_text(worker->tally, "session", failure_last()->text);
		atomic_fetch_add(&client->gave_up, 1);
		pace_ready(&client->pace, worker_now_us());
	}
	scope_finish(&worker->sessions, deadline_none());
	timer_stop(&worker->patience);
	tally_ring(worker->tally);
}

static void stop(void *context, unsigned index)
{
	struct client *client = context;
	struct client_worker *worker = &client->workers[index];

	worker->stopping = true;
	condition_broadcast(&worker->stopped);
	/* Those that are held wait for nothing that would end by itself. */
	timer_start(&worker->patience,
		deadline_after_ms(client->options.hold ? 0 : PATIENCE_MS));
}

static void lose_patience(struct timer *timer)
{
	scope_cancel(&CONTAINER_OF(timer, struct client_worker, patience)->sessions);
}

static bool say(const struct client *client, const struct report *report)
{
	const char *json = client->options.json;

	if (!json || strcmp(json, "-") != 0)
		report_print(report, stdout);
	if (client->gave_up)
		fprintf(stderr, "client: %u of %llu sessions gave up\n",
			atomic_load(&client->gave_up),
			(unsigned long long)client->options.sessions);
	if (client->differed)
		fprintf(stderr, "client: %llu messages are not what was stored\n",
			atomic_load(&client->differed));
	return !json || report_write_json(report, json);
}

static void finish(struct client *client)
{
	if (client->workers)
		for (uint64_t i = 0; i < client->options.workers; i++)
			memory_free(client->workers[i].list);
	memory_free(client->workers);
	tls_client_release(&client->tls);
	sizes_finish(&client->mail.sizes);
	filler_destroy(&client->mail.filler);
	endpoints_finish(&client->targets);
	options_forget_secret(&client->password);
	client_options_finish(&client->options);
}
