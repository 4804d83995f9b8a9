/*
 * What became of a message: acked, refused, or unknown; and whether it is
 * tried again.
 *
 * Unknown: its content was begun and no reply was read. Such a message is
 * never sent again unless --retry-unknown asks for it, because it may well
 * have been taken.
 */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"

#include "bench/ledger_entry.h"
#include "bench/source_session.h"

#define AGAIN_MAX	   1000000
#define ATTEMPTS_UNREFUSED 5 /* a connection broke each time, without --persist */

static struct transaction *take_out(struct source_session *session);
static void note(struct source_session *session, const struct transaction *transaction,
	const char *outcome, struct slice rest);
static bool try_again(struct source_session *session,
	const struct transaction *transaction, int64_t after_us);
static struct slice find_queue_id(struct slice text);
static void check_ledger(struct source_session *session);

void source_accept(
	struct source_session *session, struct transaction *transaction, uint64_t k)
{
	struct source *source = session->worker->source;
	struct slice id = slice_make(transaction->id, transaction->id_size);
	char address[AUDIENCE_TEXT_SIZE];

	transaction->accepted++;
	if (source->ledger_fd >= 0)
		ledger_recipient_add(&transaction->recipients,
			audience_print(
				source->audience, transaction->number, k, id, address));
}

void source_acked(struct source_session *session, const struct reply *reply)
{
	struct transaction *transaction = take_out(session);
	struct tally *tally = session->worker->tally;
	char rest[SOURCE_TEXT_MAX];
	struct slice id;

	tally_count(tally, TALLY_DONE, 1);
	tally_count(tally, TALLY_RECIPIENTS, (int64_t)transaction->accepted);
	tally_count(tally, TALLY_BYTES, (int64_t)transaction->draft.size);
	tally_message(tally, transaction->began_us, worker_now_us());
	if (!ledger_is_open(&session->worker->ledger))
		return;
	id = find_queue_id(reply->text);
	snprintf(rest, sizeof(rest), "%d %.*s", reply->code,
		SLICE_PRINT(slice_part(id, 0, sizeof(rest) - 8)));
	note(session, transaction, "acked", slice_of(rest));
}

void source_refused(struct source_session *session)
{
	struct transaction *transaction = take_out(session);
	const struct source_options *options = &session->worker->source->options;
	char rest[SOURCE_TEXT_MAX + 32];

	snprintf(rest, sizeof(rest), "%s %s", transaction->stage, transaction->refusal);
	note(session, transaction, "refused", slice_of(rest));
	if (options->persist && transaction->for_now &&
		try_again(session, transaction, options->retry_after_us))
		return;
	tally_count(session->worker->tally, TALLY_REFUSED, 1);
}

void source_lost(struct source_session *session)
{
	struct transaction *transaction = take_out(session);
	const struct source_options *options = &session->worker->source->options;

	if (transaction->sent) {
		/* Whose reply is missing may have been accepted. */
		for (uint64_t k = transaction->answered; k < options->recipients; k++)
			source_accept(session, transaction, k);
		note(session, transaction, "unknown", slice_of(failure_last()->text));
		if (options->retry_unknown &&
			try_again(session, transaction, options->retry_after_us))
			return;
		tally_count(session->worker->tally, TALLY_UNKNOWN, 1);
		return;
	}
	if ((options->persist || transaction->attempts < ATTEMPTS_UNREFUSED) &&
		try_again(session, transaction, 0))
		return;
	note(session, transaction, "refused", SLICE("- 000 no reply"));
	tally_count(session->worker->tally, TALLY_REFUSED, 1);
}

void source_astray(struct source_session *session)
{
	struct transaction *transaction = take_out(session);

	if (!try_again(session, transaction, 0))
		tally_count(session->worker->tally, TALLY_REFUSED, 1);
}

struct again *source_again_first(struct source_worker *worker)
{
	return LIST_FIRST(&worker->again, struct again, link);
}

/* Its place stays as it is until the next message is taken into the flight. */
static struct transaction *take_out(struct source_session *session)
{
	struct transaction *transaction = source_flight(session, 0);

	session->first = (session->first + 1) % session->worker->source->options.places;
	session->count--;
	session->written -= session->written > 0;
	return transaction;
}

static void note(struct source_session *session, const struct transaction *transaction,
	const char *outcome, struct slice rest)
{
	struct ledger *ledger = &session->worker->ledger;

	if (!ledger_is_open(ledger))
		return;
	ledger_entry_write(ledger_line(ledger),
		&(struct ledger_entry){
			.wall_ms = worker_wall_ms(),
			.outcome = slice_of(outcome),
			.id = slice_make(transaction->id, transaction->id_size),
			.size = transaction->draft.body_size,
			.crc = transaction->draft.body_crc,
			.count = transaction->accepted,
			.recipients = buffer_contents(&transaction->recipients),
			.rest = rest,
		});
	ledger_line_end(ledger);
	check_ledger(session);
}

/* A run whose ledger cannot be written is worth nothing: it ends. */
static void check_ledger(struct source_session *session)
{
	struct source *source = session->worker->source;

	if (!session->worker->ledger.failed ||
		atomic_exchange(&source->ledger_failed, true))
		return;
	fprintf(stderr, "source: %s\n", session->worker->ledger.why.text);
	crew_stop(source->crew);
}

/* Those at once stand before those that wait; all of these wait as long. */
static bool try_again(struct source_session *session,
	const struct transaction *transaction, int64_t after_us)
{
	struct source_worker *worker = session->worker;
	struct again *again;

	if (worker->stopping || worker->again_count >= AGAIN_MAX)
		return false;
	again = NEW(struct again);
	again->number = transaction->number;
	again->attempts = transaction->attempts;
	again->began_us = transaction->began_us;
	again->at_us = after_us ? worker_now_us() + after_us : 0;
	if (after_us)
		list_append(&worker->again, &again->link);
	else
		list_prepend(&worker->again, &again->link);
	worker->again_count++;
	tally_count(worker->tally, TALLY_AGAIN, 1);
	return true;
}

/* "Ok: queued as 4ABCD": the word behind "queued as"; else the whole text. */
static struct slice find_queue_id(struct slice text)
{
	struct slice queued = SLICE("queued as ");
	size_t at = slice_find(text, queued);
	struct slice id;

	if (at == text.size)
		return text;
	id = slice_from(text, at + queued.size);
	return slice_part(id, 0, slice_index(id, ' '));
}
