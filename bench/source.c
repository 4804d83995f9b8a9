/*
 * `ringpost-bench source`: makes ready what its workers share, lets them send,
 * and reports.
 */
#include "bench/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "mail/sasl.h"

#include "bench/amount.h"
#include "bench/report.h"
#include "bench/source_http.h"
#include "bench/source_session.h"

/* How long what is in flight may take when the end was asked for. */
#define PATIENCE_MS 10000

static bool prepare(struct source *source);
static bool read_targets(struct source *source);
static bool read_patterns(struct source *source);
static bool read_password(struct source *source);
static bool open_ledger(struct source *source);
static void remark(const struct source *source, const char *what);
static bool run(struct source *source, char **arguments);
static void init_worker(struct source *source, struct source_worker *worker);
static void work(void *context, unsigned index);
static void start_sessions(struct source_worker *worker, unsigned index);
static void stop(void *context, unsigned index);
static void lose_patience(struct timer *timer);
static bool say(const struct source *source, const struct report *report);
static void finish(struct source *source);

int source_main(char **arguments)
{
	struct source source = {.ledger_fd = -1};
	int status = 2;

	if (!source_options_read(arguments, &source.options)) {
		fprintf(stderr, "source: %s\n", failure_last()->text);
	} else if (source.options.help) {
		source_options_help(stdout);
		status = 0;
	} else if (!prepare(&source)) {
		fprintf(stderr, "source: %s\n", failure_last()->text);
	} else if (!run(&source, arguments)) {
		fprintf(stderr, "source: %s\n", failure_last()->text);
		status = 1;
	} else {
		status = source.gave_up || source.ledger_failed ? 1 : 0;
	}
	finish(&source);
	return status;
}

static bool prepare(struct source *source)
{
	const struct source_options *options = &source->options;

	source->seed = random_u64();
	base32_encode(source->seed, 8, source->run);
	source->filler = filler_create();
	source->pace.messages = options->messages;
	source->pace.rate = options->rate;
	source->pace.duration_us = options->duration_us;
	pace_init(&source->pace, (unsigned)options->sessions);
	if (!read_targets(source) || !read_patterns(source) ||
		!sizes_read(&source->sizes, options->size) || !read_password(source))
		return false;
	if (options->starttls || options->tls) {
		source->tls = tls_client_create(options->ca, "1.2");
		if (!source->tls)
			return false;
	}
	return open_ledger(source);
}

static bool read_targets(struct source *source)
{
	const struct texts *targets = &source->options.targets;

	for (size_t i = 0; i < targets->count; i++) {
		struct source_url url = {.place = slice_of(targets->at[i])};

		if (source->options.http && !source_url_read(targets->at[i], &url))
			return false;
		if (i && url.tls != source->options.tls && source->options.http)
			return fail(FAILURE_CONFIG, "http:// or https://, not both");
		source->options.tls |= url.tls;
		if (!endpoints_add(&source->targets, url.place, false))
			return false;
	}
	return true;
}

static bool read_patterns(struct source *source)
{
	const struct source_options *options = &source->options;
	struct audience_plan plan = {.users = options->users,
		.domains = options->domains,
		.recipients = options->recipients,
		.seed = source->seed};

	source->audience = audience_create(&plan);
	for (size_t i = 0; i < options->to.count; i++)
		if (!audience_add(source->audience, slice_of(options->to.at[i])))
			return false;
	if (strcmp(options->from, "<>") == 0 || options->from[0] == '\0')
		return !options->http ||
		       fail(FAILURE_CONFIG, "over HTTP mail has a --from");
	plan.recipients = 1;
	source->senders = audience_create(&plan);
	return audience_add(source->senders, slice_of(options->from));
}

static bool read_password(struct source *source)
{
	const char *path = source->options.password_file,
		   *name = source->options.mechanism, *key = source->options.key_file;
	enum sasl_mechanism mechanism;

	if (name && !sasl_mechanism_find(slice_of(name), &mechanism))
		return fail(FAILURE_CONFIG,
			"--mechanism: \"%.40s\" is not PLAIN, LOGIN, CRAM-MD5 or "
			"SCRAM-SHA-256",
			name);
	return (!path || options_read_secret(path, &source->password)) &&
	       (!key || options_read_secret(key, &source->key));
}

static bool open_ledger(struct source *source)
{
	if (!source->options.ledger)
		return true;
	source->ledger_fd = ledger_open_file(source->options.ledger, false);
	if (source->ledger_fd >= 0)
		remark(source, "source");
	return source->ledger_fd >= 0;
}

/* "# source r4k2mx9z": whose ids follow; "# end …": all of them are there. */
static void remark(const struct source *source, const char *what)
{
	if (source->ledger_fd >= 0)
		dprintf(source->ledger_fd, "# %s %s\n", what, source->run);
}

static bool run(struct source *source, char **arguments)
{
	unsigned workers = (unsigned)source->options.workers;
	struct tally **tallies = memory_allocate_array(workers, sizeof(*tallies));
	struct report report = {.program = "source",
		.done = "acked",
		.arguments = arguments,
		.progress = !source->options.quiet && isatty(STDERR_FILENO),
		.tallies = tallies,
		.tally_count = workers};
	struct crew_plan plan = {.workers = workers,
		.body = work,
		.stop = stop,
		.tick = report_tick,
		.context = source,
		.tick_context = &report};
	bool good;

	source->workers = memory_allocate_array(workers, sizeof(*source->workers));
	for (unsigned i = 0; i < workers; i++) {
		init_worker(source, &source->workers[i]);
		tallies[i] = source->workers[i].tally;
	}
	report_open(&report);
	good = crew_run(&plan, &source->crew);
	if (good) {
		remark(source, "end");
		report_close(&report);
		good = say(source, &report);
	}
	report_finish(&report);
	for (unsigned i = 0; i < workers; i++)
		tally_destroy(&tallies[i]);
	memory_free(tallies);
	return good;
}

/* Before it runs, because it may be asked to end at once. */
static void init_worker(struct source *source, struct source_worker *worker)
{
	worker->tally = tally_create();
	worker->source = source;
	worker->patience.run = lose_patience;
	scope_init(&worker->sessions);
	condition_init(&worker->stopped);
	list_init(&worker->again);
}

static void work(void *context, unsigned index)
{
	struct source *source = context;
	struct source_worker *worker = &source->workers[index];

	ledger_open(&worker->ledger, source->ledger_fd, false, &worker->sessions);
	start_sessions(worker, index);
	scope_finish(&worker->sessions, deadline_none());
	timer_stop(&worker->patience);
	ledger_close(&worker->ledger, deadline_after_ms(PATIENCE_MS));
	while (!list_is_empty(&worker->again)) {
		struct again *again = source_again_first(worker);

		list_remove(&again->link);
		memory_free(again);
	}
	tally_ring(worker->tally);
}

/* Session I of all belongs to worker I modulo workers. */
static void start_sessions(struct source_worker *worker, unsigned index)
{
	struct source *source = worker->source;
	uint64_t workers = source->options.workers, all = source->options.sessions;
	size_t count = (size_t)((all - index + workers - 1) / workers);

	worker->list = memory_allocate_array(count, sizeof(*worker->list));
	for (size_t i = 0; i < count; i++) {
		struct source_session *session = &worker->list[i];
		uint64_t number = index + i * workers;

		session->worker = worker;
		session->number = (unsigned)number;
		session->target = &source->targets.at[number % source->targets.count];
		if (scope_spawn(&worker->sessions, "source session", source_session_run,
			    session))
			continue;
		tally_text(worker->tally, "session", failure_last()->text);
		atomic_fetch_add(&source->gave_up, 1);
		pace_ready(&source->pace, worker_now_us());
	}
}

static void stop(void *context, unsigned index)
{
	struct source *source = context;
	struct source_worker *worker = &source->workers[index];

	worker->stopping = true;
	condition_broadcast(&worker->stopped);
	timer_start(&worker->patience, deadline_after_ms(PATIENCE_MS));
}

static void lose_patience(struct timer *timer)
{
	scope_cancel(&CONTAINER_OF(timer, struct source_worker, patience)->sessions);
}

static bool say(const struct source *source, const struct report *report)
{
	const char *json = source->options.json;

	if (!json || strcmp(json, "-") != 0)
		report_print(report, stdout);
	if (source->gave_up)
		fprintf(stderr, "source: %u of %llu sessions gave up\n",
			atomic_load(&source->gave_up),
			(unsigned long long)source->options.sessions);
	return !json || report_write_json(report, json);
}

static void finish(struct source *source)
{
	if (source->workers)
		for (uint64_t i = 0; i < source->options.workers; i++)
			memory_free(source->workers[i].list);
	memory_free(source->workers);
	tls_client_release(&source->tls);
	audience_destroy(&source->audience);
	audience_destroy(&source->senders);
	sizes_finish(&source->sizes);
	filler_destroy(&source->filler);
	endpoints_finish(&source->targets);
	options_forget_secret(&source->password);
	options_forget_secret(&source->key);
	if (source->ledger_fd >= 0)
		close(source->ledger_fd);
	source_options_finish(&source->options);
}
