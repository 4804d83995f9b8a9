/*
 * The sink's dialogue: one command at a time, taken as it comes. Replies
 * collect in the outbox and travel together when the next read has to wait;
 * before that, the lines of the messages among them go to the ledger.
 */
#include <stdio.h>

#include "base/failure.h"
#include "base/map.h"
#include "base/memory.h"

#include "bench/sink_core.h"

#define CLOSE_MS      2000
#define CODE_SIZE     4 /* "250 " */
#define ENHANCED_SIZE 6 /* "2.1.0 " */

static bool open_stream(struct sink_session *session, struct deadline deadline);
static bool greet(struct sink_session *session, struct deadline deadline);
static void next_command(struct sink_session *session, struct deadline deadline);
static uint64_t key_of(const struct sink_session *session, enum rule_stage stage,
	const struct address *address);
static void close_session(struct sink_session *session);

void sink_session_run(void *arg)
{
	struct sink_session *session = arg;
	struct sink_worker *worker = session->worker;

	session->fiber = fiber_self();
	list_append(&worker->open, &session->link);
	tally_count(worker->tally, TALLY_CONNECTIONS, 1);
	tally_count(worker->tally, TALLY_OPEN, 1);
	if (open_stream(session, sink_deadline(session)) &&
		greet(session, sink_deadline(session)))
		while (!session->ended && stream_is_whole(session->stream))
			next_command(session, sink_deadline(session));
	close_session(session);
}

void sink_say(struct sink_session *session, const struct reply *reply)
{
	struct reply plain = *reply;

	if (!session->worker->sink->options.offered.enhanced_codes)
		plain.enhanced.class = 0;
	buffer_clear(&session->reply);
	reply_append(&session->reply, &plain);
	stream_write(session->stream, buffer_contents(&session->reply));
	session->ended |= reply->code == 421;
}

void sink_tell(struct sink_session *session, struct reply reply)
{
	sink_say(session, &reply);
}

void sink_accept(struct sink_session *session, struct slice line)
{
	if (!session->worker->sink->options.offered.enhanced_codes) {
		stream_write(session->stream, slice_part(line, 0, CODE_SIZE));
		line = slice_from(line, CODE_SIZE + ENHANCED_SIZE);
	}
	stream_write(session->stream, line);
}

struct deadline sink_deadline(const struct sink_session *session)
{
	return deadline_after_ms(session->worker->sink->options.timeout_us / 1000 + 1);
}

bool sink_ask(struct sink_session *session, enum rule_stage stage,
	const struct address *addresses, size_t count, struct deadline deadline)
{
	struct rules *rules = &session->worker->sink->rules;
	struct rule_event event = {.stage = stage,
		.port = session->endpoint->port,
		.address = session->endpoint->text,
		.messages = session->messages,
		.addresses = addresses,
		.address_count = count,
		.now_us = worker_now_us()};
	struct rule_verdict verdict;

	if (!(rules->stages & 1u << stage))
		return true;
	event.key = key_of(session, stage, count ? addresses : NULL);
	verdict = stage == RULE_CONNECT
			  ? rules_connect(rules, &event, &session->counted)
			  : rules_ask(rules, &event);
	/* What was said before this stage is not held back by it. */
	if ((verdict.delay_us || verdict.disconnect) &&
		sink_commit(session, deadline) &&
		stream_flush(session->stream, deadline) && verdict.delay_us)
		fiber_sleep((struct deadline){worker_now_us() + verdict.delay_us});
	if (verdict.disconnect) {
		tally_text(session->worker->tally, rule_stage_name(stage),
			"disconnected by rule");
		session->ended = session->cut = true;
		return false;
	}
	if (!verdict.refusal)
		return true;
	tally_reply(session->worker->tally, rule_stage_name(stage),
		&verdict.refusal->reply);
	sink_say(session, &verdict.refusal->reply);
	return false;
}

bool sink_commit(struct sink_session *session, struct deadline deadline)
{
	struct sink *sink = session->worker->sink;

	if (!session->uncommitted)
		return true;
	if (ledger_commit(&session->worker->ledger, deadline)) {
		session->uncommitted = false;
		return true;
	}
	/* The 250 in the outbox must never leave. */
	stream_fail(session->stream, failure_kind_last(), failure_last()->text);
	if (session->worker->ledger.failed &&
		!atomic_exchange(&sink->ledger_failed, true)) {
		fprintf(stderr, "sink: %s\n", session->worker->ledger.why.text);
		crew_stop(sink->crew);
	}
	return false;
}

void sink_reset(struct sink_session *session)
{
	session->in_transaction = session->in_chunks = session->chunks_refused = false;
	session->recipient_count = 0;
	arena_reset(&session->arena);
}

void sink_note(struct sink_session *session, const char *fault)
{
	tally_text(session->worker->tally, "protocol", fault);
}

static bool open_stream(struct sink_session *session, struct deadline deadline)
{
	struct sink *sink = session->worker->sink;

	session->stream = stream_from_socket(session->fd);
	return session->stream &&
	       (!sink->options.tls || sink_start_tls(session, deadline));
}

bool sink_start_tls(struct sink_session *session, struct deadline deadline)
{
	struct tally *tally = session->worker->tally;
	int64_t began_us = worker_now_us();

	session->stream = tls_accept(
		&session->stream, session->worker->sink->tls, deadline);
	if (!session->stream) {
		tally_text(tally, "TLS", failure_last()->text);
		return false;
	}
	tally_time(tally, TALLY_TLS, worker_now_us() - began_us);
	tally_count(tally, TALLY_RESUMED, stream_facts(session->stream)->tls_resumed);
	return true;
}

static bool greet(struct sink_session *session, struct deadline deadline)
{
	if (!sink_ask(session, RULE_CONNECT, NULL, 0, deadline)) {
		session->ended = true;
		return false;
	}
	stream_write_format(session->stream, "220 %s ESMTP ringpost-bench sink\r\n",
		session->worker->sink->options.hostname);
	return true;
}

static void next_command(struct sink_session *session, struct deadline deadline)
{
	struct slice line;

	if (!stream_has_line(session->stream, SMTP_LINE_MAX)) {
		if (session->worker->stopping && !session->in_transaction) {
			SINK_SAY(session, 421, 4, 3, 2, "The sink is ending");
			return;
		}
		if (!sink_commit(session, deadline) ||
			!stream_flush(session->stream, deadline))
			return;
	} else if (!session->worker->sink->options.offered.pipelining &&
		   stream_outbox_size(session->stream)) {
		sink_note(session, "pipelined, though it was not offered");
	}
	session->idle = !session->in_transaction;
	if (stream_read_line(session->stream, SMTP_LINE_MAX, &line, deadline)) {
		session->idle = false;
		sink_obey(session, line, deadline);
	}
	session->idle = false;
}

/* What comes again when the same message is tried again. */
static uint64_t key_of(const struct sink_session *session, enum rule_stage stage,
	const struct address *address)
{
	const struct address *sender = &session->sender;

	if (stage < RULE_MAIL)
		return map_hash(slice_of(stream_facts(session->stream)->peer_address));
	if (stage >= RULE_DOT && session->content.id_size)
		return map_hash(
			slice_make(session->content.id, session->content.id_size));
	if (!address)
		return 0;
	return map_hash(sender->local) ^ map_hash(sender->domain) << 1 ^
	       map_hash(address->local) * 3 ^ map_hash(address->domain) * 5;
}

static void close_session(struct sink_session *session)
{
	struct sink_worker *worker = session->worker;
	struct deadline deadline = deadline_after_ms(CLOSE_MS);

	if (!session->stream || (!stream_is_whole(session->stream) &&
					(session->in_transaction ||
						stream_failure(session->stream)->kind !=
							FAILURE_CLOSED)))
		tally_count(worker->tally, TALLY_BROKEN, 1);
	if (session->stream && !session->cut && sink_commit(session, deadline))
		stream_finish(&session->stream, deadline);
	stream_close(&session->stream);
	rules_disconnect(&worker->sink->rules, session->counted);
	tally_count(worker->tally, TALLY_OPEN, -1);
	list_remove(&session->link);
	content_finish(&session->content);
	buffer_finish(&session->reply);
	buffer_finish(&session->list);
	arena_finish(&session->arena);
	memory_free(session->recipients);
	memory_free(session);
}
