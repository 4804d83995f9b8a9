/*
 * A session of the source: takes messages as they are due, and connects as
 * often as it must.
 */
#include "bench/source_session.h"

#include <stdio.h>

#include "base/memory.h"

#include "bench/source_http.h"

/* Without --persist: openings that fail in a row before it gives up. */
#define FAILURES_MAX 10
#define BACK_OFF_MS  100

static void work(struct source_session *session);
static bool is_open(struct source_session *session);
static void tell_ready(struct source_session *session);
static void hold(struct source_session *session);
static bool wait_until(struct source_worker *worker, struct deadline deadline);
static void begin(struct source_session *session, uint64_t number, int64_t began_us,
	unsigned attempts);
static struct slice date_of(struct source_worker *worker);

void source_session_run(void *arg)
{
	struct source_session *session = arg;
	const struct source_options *options = &session->worker->source->options;

	session->flight = memory_allocate_array(
		options->places, sizeof(*session->flight));
	if (is_open(session)) {
		tell_ready(session);
		if (options->hold)
			hold(session);
		else
			work(session);
	} else {
		tell_ready(session);
	}
	source_quit(session);
	for (size_t i = 0; i < options->places; i++) {
		draft_finish(&session->flight[i].draft);
		buffer_finish(&session->flight[i].recipients);
	}
	memory_free(session->flight);
	buffer_finish(&session->commands);
}

struct transaction *source_flight(struct source_session *session, size_t i)
{
	size_t places = session->worker->source->options.places;

	return &session->flight[(session->first + i) % places];
}

bool source_take(struct source_session *session, bool wait, struct deadline deadline)
{
	struct source_worker *worker = session->worker;
	struct pace *pace = &worker->source->pace;

	session->over = false;
	while (!worker->stopping) {
		struct again *again = source_again_first(worker);
		int64_t now_us = worker_now_us(), due_us = INT64_MAX;
		enum pace_answer answer;
		uint64_t number;

		if (again && again->at_us <= now_us) {
			list_remove(&again->link);
			worker->again_count--;
			begin(session, again->number, again->began_us,
				again->attempts + 1);
			memory_free(again);
			return true;
		}
		answer = pace_take(pace, now_us, wait, &number, &due_us);
		if (answer == PACE_TAKEN) {
			if (due_us > now_us &&
				!wait_until(worker, (struct deadline){due_us}))
				return false;
			begin(session, number, due_us, 1);
			return true;
		}
		if (answer == PACE_OVER && again && !pace_is_out_of_time(pace, now_us))
			due_us = again->at_us;
		else if (answer == PACE_OVER)
			session->over = true;
		if (!wait || session->over)
			return false;
		wait_until(
			worker, deadline_earlier(deadline, (struct deadline){due_us}));
	}
	return false;
}

static void work(struct source_session *session)
{
	const struct source_options *options = &session->worker->source->options;
	uint64_t most = options->per_session;

	while (session->count || source_take(session, true, deadline_none())) {
		if (!is_open(session)) {
			while (session->count)
				source_lost(session);
			return;
		}
		(options->http ? source_http_converse : source_converse)(session);
		if (!stream_is_whole(session->stream) || session->closing ||
			(most && session->begun >= most))
			source_quit(session);
	}
}

/* Opens a connection if there is none; false when it gives up or must end. */
static bool is_open(struct source_session *session)
{
	struct source_worker *worker = session->worker;
	struct source *source = worker->source;
	struct pace *pace = &source->pace;
	int64_t pause_ms = BACK_OFF_MS;

	while (!session->stream && !worker->stopping) {
		if (source_open(session)) {
			session->failures = 0;
			return true;
		}
		session->failures++;
		if (!source->options.persist && session->failures >= FAILURES_MAX) {
			atomic_fetch_add(&source->gave_up, 1);
			return false;
		}
		if (pace_is_out_of_time(pace, worker_now_us()) ||
			(pace_is_over(pace, worker_now_us()) && !session->count))
			return false;
		tell_ready(session);
		wait_until(worker, deadline_after_ms(pause_ms));
		if (pause_ms < 8 * BACK_OFF_MS)
			pause_ms *= 2;
	}
	return session->stream != NULL;
}

static void tell_ready(struct source_session *session)
{
	if (!session->ready_told)
		pace_ready(&session->worker->source->pace, worker_now_us());
	session->ready_told = true;
}

/* Idle until the end, a new connection in place of one that was closed. */
static void hold(struct source_session *session)
{
	struct source_worker *worker = session->worker;
	int64_t us = worker->source->options.duration_us;
	struct deadline end = us ? deadline_after_ms(us / 1000) : deadline_none();

	while (!worker->stopping && !deadline_has_passed(end) && is_open(session)) {
		if (stream_wait(session->stream, end) ||
			!stream_is_whole(session->stream)) {
			tally_count(worker->tally, TALLY_BROKEN, 1);
			tally_text(
				worker->tally, "idle", "the server spoke or hung up");
			session->closing = true;
			source_quit(session);
		}
	}
}

/* False: the end was asked for. */
static bool wait_until(struct source_worker *worker, struct deadline deadline)
{
	while (!worker->stopping && condition_wait(&worker->stopped, deadline))
		continue;
	return !worker->stopping && !fiber_is_cancelled();
}

static void begin(struct source_session *session, uint64_t number, int64_t began_us,
	unsigned attempts)
{
	struct source *source = session->worker->source;
	struct transaction *transaction = source_flight(session, session->count);
	char from[AUDIENCE_TEXT_SIZE], to[AUDIENCE_TEXT_SIZE];
	struct slice id, one = SLICE_EMPTY;

	transaction->id_size = (size_t)snprintf(transaction->id, SOURCE_ID_SIZE,
		"%s-%llu", source->run, (unsigned long long)number);
	id = slice_make(transaction->id, transaction->id_size);
	if (source->options.recipients == 1)
		one = audience_print(source->audience, number, 0, id, to);
	draft_make(&transaction->draft, source->filler,
		&(struct draft_facts){
			.id = id,
			.from = audience_print(source->senders, number, 0, id, from),
			.to = one,
			.date = date_of(session->worker),
			.number = number,
			.size = sizes_pick(
				&source->sizes, mix_scatter(source->seed + 1, number)),
			.sum = source->ledger_fd >= 0,
		});
	transaction->number = number;
	transaction->attempts = attempts;
	transaction->began_us = began_us;
	transaction->answered = transaction->accepted = 0;
	buffer_clear(&transaction->recipients);
	transaction->mail_accepted = transaction->sent = transaction->for_now = false;
	transaction->code = 0;
	session->count++;
}

static struct slice date_of(struct source_worker *worker)
{
	int64_t second = worker_wall_ms() / 1000;

	if (second != worker->date_s) {
		clock_format_mail(second * 1000, worker->date);
		worker->date_s = second;
	}
	return slice_of(worker->date);
}
