/*
 * Messages over a connection, one of three ways.
 *
 * Lockstep: each command waits for its reply. Pipelined: MAIL, RCPT … and DATA
 * in one write, and, with messages ahead, those of the next behind this one's
 * final dot (RFC 2920 3.1). Chunked: MAIL, RCPT …, BDAT LAST and the content
 * in one write, and as many messages in flight as --ahead says (RFC 3030).
 */
#include "base/failure.h"

#include "bench/source_dialogue.h"

static bool advance(struct source_session *session);
static bool go_lockstep(struct source_session *session);
static bool go_pipelined(struct source_session *session);
static bool go_chunked(struct source_session *session);
static void write_chunks(struct source_session *session);
static bool give_up(struct source_session *session);
static bool reset(struct source_session *session);

void source_converse(struct source_session *session)
{
	bool chunked = session->way == SOURCE_CHUNKED;
	size_t depth = chunked ? session->worker->source->options.ahead : 1;

	do {
		while (session->count < depth && source_may_begin(session) &&
			source_take(session, session->count == 0, deadline_none()))
			continue;
		if (session->count == 0)
			return;
		if (chunked)
			write_chunks(session);
		do {
			if (!advance(session)) {
				source_lose_rest(session);
				return;
			}
		} while (chunked && session->written &&
			 stream_has_input(session->stream));
	} while (!session->closing);
}

bool source_may_begin(const struct source_session *session)
{
	uint64_t most = session->worker->source->options.per_session;

	return !session->disturbed && !session->closing &&
	       (most == 0 || session->begun + session->count - session->written < most);
}

/* The oldest in flight on to its end, taken out with its verdict. False: the
 * connection has to end. */
static bool advance(struct source_session *session)
{
	switch (session->way) {
	case SOURCE_LOCKSTEP:
		return go_lockstep(session);
	case SOURCE_PIPELINED:
		return go_pipelined(session);
	case SOURCE_CHUNKED:
		return go_chunked(session);
	}
	return false;
}

void source_lose_rest(struct source_session *session)
{
	struct source_worker *worker = session->worker;

	if (stream_is_whole(session->stream)) {
		fail(FAILURE_CLOSED, "the server ends the connection");
		/* Nothing behind a 421, or behind an answer that closes, is done any
		 * more: RFC 5321 3.8, RFC 9112 9.6. */
		for (size_t i = 0; session->closing && i < session->count; i++)
			source_flight(session, i)->sent = false;
	} else {
		tally_count(worker->tally, TALLY_BROKEN, 1);
		if (!worker->stopping)
			tally_text(worker->tally, "connection",
				stream_failure(session->stream)->text);
		fail_again(stream_failure(session->stream));
	}
	for (size_t left = session->count; left; left--)
		source_lost(session);
}

static bool go_lockstep(struct source_session *session)
{
	const struct source_options *options = &session->worker->source->options;
	struct transaction *transaction = source_flight(session, 0);
	bool wanted = false, acked;

	session->begun++;
	session->written = 1;
	dialogue_write_mail(session, transaction);
	dialogue_send_commands(session);
	if (!dialogue_read_mail(session, transaction))
		return false;
	for (uint64_t k = 0; transaction->mail_accepted && k < options->recipients;
		k++) {
		dialogue_write_rcpt(session, transaction, k);
		dialogue_send_commands(session);
		if (!dialogue_read_rcpt(session, transaction, k))
			return false;
	}
	if (session->closing || !transaction->accepted)
		return give_up(session);
	stream_write(session->stream, SLICE("DATA\r\n"));
	if (!dialogue_read_data(session, transaction, &wanted))
		return false;
	if (!wanted)
		return give_up(session);
	return dialogue_send_content(session, transaction, SLICE_EMPTY) &&
	       dialogue_read_final(session, "dot", &acked);
}

static bool go_pipelined(struct source_session *session)
{
	struct transaction *transaction = source_flight(session, 0);
	bool wanted = false, acked;

	if (session->written == 0) {
		dialogue_write_envelope(session, transaction);
		dialogue_send_commands(session);
	}
	if (!dialogue_read_envelope(session, transaction))
		return false;
	if (session->closing)
		return give_up(session);
	if (!dialogue_read_data(session, transaction, &wanted))
		return false;
	if (!wanted)
		return give_up(session);
	if (session->worker->source->options.ahead > 1 && source_may_begin(session) &&
		source_take(session, false, deadline_none()))
		dialogue_write_envelope(session, source_flight(session, 1));
	if (!dialogue_send_content(
		    session, transaction, buffer_contents(&session->commands)))
		return false;
	buffer_clear(&session->commands);
	return dialogue_read_final(session, "dot", &acked);
}

static bool go_chunked(struct source_session *session)
{
	struct transaction *transaction = source_flight(session, 0);
	struct reply reply;
	bool acked = true;

	if (!dialogue_read_envelope(session, transaction))
		return false;
	if (session->closing)
		return give_up(session);
	if (session->disturbed && transaction->code == 503) {
		/* Begun behind a message that was refused half way. */
		if (!source_read_reply(session, &reply))
			return false;
		source_astray(session);
	} else {
		bool begun = transaction->mail_accepted;

		if (!dialogue_read_final(session, "bdat", &acked))
			return false;
		session->disturbed |= begun && !acked;
	}
	return !session->disturbed || session->count || reset(session);
}

/* Those in flight that were not written yet, whole. A failure shows when the
 * replies are read. */
static void write_chunks(struct source_session *session)
{
	while (session->written < session->count) {
		struct transaction *transaction = source_flight(
			session, session->written);

		dialogue_write_envelope(session, transaction);
		dialogue_send_commands(session);
		dialogue_send_content(session, transaction, SLICE_EMPTY);
	}
}

/* The verdict is there already, and the transaction may be half way. */
static bool give_up(struct source_session *session)
{
	bool begun = source_flight(session, 0)->mail_accepted;

	source_refused(session);
	return !session->closing && (!begun || reset(session));
}

static bool reset(struct source_session *session)
{
	struct reply reply;

	stream_write(session->stream, SLICE("RSET\r\n"));
	session->disturbed = false;
	return source_read_reply(session, &reply) && !session->closing;
}
