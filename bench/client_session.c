/* A session of the client: connects, goes through its steps, begins anew. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/amount.h"
#include "bench/client_core.h"

/* Openings that fail in a row before it gives up. */
#define FAILURES_MAX 10
#define BACK_OFF_MS  100

static void work(struct client_session *session);
static void run_round(struct client_session *session);
static bool run_step(
	struct client_session *session, struct slice text, uint64_t number);
static void account(struct client_session *session, int64_t began_us, bool good);
static bool fill_in(struct client_session *session, struct slice text, uint64_t number);
static void fill_in_mark(struct client_session *session, char mark, uint64_t number);
static bool take(struct client_session *session, uint64_t *number_r);
static bool is_open(struct client_session *session);
static void tell_ready(struct client_session *session);
static void hold(struct client_session *session);

void client_session_run(void *arg)
{
	struct client_session *session = arg;

	session->command.limit = CLIENT_COMMAND_MAX;
	if (session->worker->client->options.hold)
		hold(session);
	else
		work(session);
	tell_ready(session);
	client_close(session);
	buffer_finish(&session->command);
	draft_finish(&session->draft);
	content_finish(&session->content);
}

void client_judge(struct client_session *session)
{
	struct client *client = session->worker->client;
	enum client_mail_verdict verdict = client_mail_judge(
		&client->mail, &session->content, &session->draft);

	if (verdict == CLIENT_MAIL_SAME)
		return;
	atomic_fetch_add(&client->differed, 1);
	tally_text(session->worker->tally, "content",
		verdict == CLIENT_MAIL_OTHER ? "differs from what was stored"
					     : "is not of a client of this tool");
}

static void work(struct client_session *session)
{
	const struct client_options *options = &session->worker->client->options;
	uint64_t number;

	while (!session->over && !session->worker->stopping) {
		if (!options->steps.count) {
			int64_t began_us = worker_now_us();

			if (!take(session, &number) || !is_open(session))
				return;
			client_close(session);
			session->items = 0;
			account(session, began_us, true);
			continue;
		}
		if (!is_open(session))
			return;
		tell_ready(session);
		run_round(session);
		session->over |= pace_is_over(
			&session->worker->client->pace, worker_now_us());
		if (session->stream &&
			(options->logout || !stream_is_whole(session->stream)))
			client_close(session);
	}
}

/* Each step once, or as often as its share says. */
static void run_round(struct client_session *session)
{
	const struct client *client = session->worker->client;
	uint64_t chance = mix_scatter(session->number, session->round++);

	for (size_t i = 0; i < client->options.steps.count; i++) {
		const struct client_step *step = &client->steps[i];
		int64_t began_us;
		uint64_t number;
		bool good;

		if (mix_scatter(chance, i) % 100 >= step->percent)
			continue;
		if (!take(session, &number))
			return;
		began_us = worker_now_us();
		session->said[0] = '\0';
		session->items = 0;
		good = run_step(session, step->text, number);
		account(session, began_us, good);
		if (!stream_is_whole(session->stream))
			return;
	}
}

static bool run_step(struct client_session *session, struct slice text, uint64_t number)
{
	bool pop3 = session->worker->client->options.pop3;

	session->stage = "step";
	if (!pop3 && slice_equal(text, SLICE("APPEND")))
		return imap_append(session, number);
	if (pop3 && slice_equal(text, SLICE("RETR *")))
		return pop3_read_all(session);
	if (!fill_in(session, text, number))
		return false;
	return pop3 ? pop3_ask(session, buffer_contents(&session->command))
		    : imap_ask(session, buffer_contents(&session->command));
}

static void account(struct client_session *session, int64_t began_us, bool good)
{
	struct tally *tally = session->worker->tally;

	if (good) {
		tally_message(tally, began_us, worker_now_us());
		tally_count(tally, TALLY_DONE, 1);
		tally_count(tally, TALLY_ITEMS, (int64_t)session->items);
	} else if (session->said[0]) {
		tally_count(tally, TALLY_REFUSED, 1);
		tally_text(tally, session->stage, session->said);
	} else if (!session->worker->stopping) {
		tally_count(tally, TALLY_UNKNOWN, 1);
		tally_text(
			tally, session->stage, stream_failure(session->stream)->text);
	}
}

/* The step's command, its marks filled in. */
static bool fill_in(struct client_session *session, struct slice text, uint64_t number)
{
	struct buffer *command = &session->command;

	buffer_clear(command);
	while (text.size) {
		size_t mark = slice_index(text, '%');

		buffer_append(command, slice_part(text, 0, mark));
		text = slice_from(text, mark);
		if (text.size < 2)
			break;
		if (!session->exists && (text.at[1] == 'm' || text.at[1] == 'l')) {
			snprintf(session->said, sizeof(session->said),
				"there is no message for %%%c", text.at[1]);
			return false;
		}
		fill_in_mark(session, text.at[1], number);
		text = slice_from(text, 2);
	}
	return true;
}

static void fill_in_mark(struct client_session *session, char mark, uint64_t number)
{
	char digits[AMOUNT_DIGITS];
	uint64_t value = 0;

	switch (mark) {
	case 'm':
		value = mix_scatter(session->number, number) % session->exists + 1;
		break;
	case 'l':
		value = session->exists;
		break;
	case 'n':
		value = number;
		break;
	case 'u':
		value = session->user;
		break;
	default:
		buffer_append_byte(&session->command, mark);
		return;
	}
	buffer_append(&session->command,
		slice_make(digits, amount_print_number(value, digits)));
}

/* The next operation's number, when it is due; false: there is none. */
static bool take(struct client_session *session, uint64_t *number_r)
{
	struct client_worker *worker = session->worker;
	struct pace *pace = &worker->client->pace;
	int64_t due_us = INT64_MAX;

	while (!worker->stopping && !fiber_is_cancelled()) {
		enum pace_answer answer = pace_take(
			pace, worker_now_us(), true, number_r, &due_us);

		session->over = answer == PACE_OVER;
		if (session->over)
			return false;
		while (!worker->stopping && due_us > worker_now_us() &&
			condition_wait(&worker->stopped, (struct deadline){due_us}))
			continue;
		if (answer == PACE_TAKEN)
			return !worker->stopping;
	}
	return false;
}

/* Opens a connection if there is none; false when it gives up or must end. */
static bool is_open(struct client_session *session)
{
	struct client_worker *worker = session->worker;
	int64_t pause_ms = BACK_OFF_MS;

	while (!session->stream && !worker->stopping) {
		if (client_open(session)) {
			session->failures = 0;
			return true;
		}
		if (++session->failures >= FAILURES_MAX) {
			atomic_fetch_add(&worker->client->gave_up, 1);
			return false;
		}
		tell_ready(session);
		condition_wait(&worker->stopped, deadline_after_ms(pause_ms));
		if (pause_ms < 8 * BACK_OFF_MS)
			pause_ms *= 2;
		if (pace_is_out_of_time(&worker->client->pace, worker_now_us()))
			return false;
	}
	return session->stream != NULL;
}

static void tell_ready(struct client_session *session)
{
	if (!session->ready_told)
		pace_ready(&session->worker->client->pace, worker_now_us());
	session->ready_told = true;
}

/* Silent until the end, a new connection in place of one that was closed. */
static void hold(struct client_session *session)
{
	struct client_worker *worker = session->worker;
	int64_t us = worker->client->options.duration_us;
	struct deadline end = us ? deadline_after_ms(us / 1000) : deadline_none();
	struct slice bytes;
	uint64_t number;

	tell_ready(session);
	if (worker->client->options.rate > 0 && !take(session, &number))
		return;
	while (!worker->stopping && !deadline_has_passed(end) && is_open(session)) {
		if (stream_read(session->stream, CLIENT_COMMAND_MAX, &bytes, end))
			continue; /* "* OK Still here" */
		if (!deadline_has_passed(end) && !worker->stopping) {
			tally_count(worker->tally, TALLY_BROKEN, 1);
			tally_text(worker->tally, "idle", "the server hung up");
		}
		stream_close(&session->stream);
		tally_count(worker->tally, TALLY_OPEN, -1);
	}
}
