/* How the content of a message comes in: DATA with its dots, BDAT's chunks. */
#include "bench/sink_core.h"

#define READ_MAX 65536

/* Of a notification so much is looked at; of a message to save, all. */
#define NOTICE_MAX (1u << 20)

static void begin(struct sink_session *session);
static bool body_rules(struct sink_session *session, struct deadline deadline);
static bool read_some(struct sink_session *session, size_t most, struct slice *input_r,
	struct deadline deadline);
static void end(struct sink_session *session, struct deadline deadline);

void sink_data(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	struct dot_decoder decoder;
	struct slice input, run;

	(void)command;
	if (!session->in_transaction || session->in_chunks) {
		SINK_SAY(session, 503, 5, 5, 1, "MAIL and RCPT come before DATA");
		return;
	}
	if (session->recipient_count == 0) {
		SINK_SAY(session, 554, 5, 5, 1, "No valid recipients");
		return;
	}
	if (stream_has_input(session->stream))
		sink_note(session, "content sent before the reply to DATA");
	if (!sink_ask(session, RULE_DATA, session->recipients, session->recipient_count,
		    deadline)) {
		sink_reset(session);
		return;
	}
	stream_write(session->stream, SLICE("354 End with <CRLF>.<CRLF>\r\n"));
	begin(session);
	dot_decoder_init(&decoder, TEXT_LINE_MAX);
	while (!decoder.ended) {
		if (!read_some(session, READ_MAX, &input, deadline))
			return;
		if (session->content.size == 0 && !body_rules(session, deadline))
			return;
		while (dot_decode(&decoder, &input, &run))
			content_add(&session->content, run);
		if (input.size)
			stream_unread(session->stream, input.size);
		deadline = sink_deadline(session);
	}
	session->facts = decoder.facts;
	end(session, deadline);
}

static void begin_chunks(struct sink_session *session, struct deadline deadline)
{
	if (!session->in_transaction) {
		SINK_SAY(session, 503, 5, 5, 1, "MAIL and RCPT come before BDAT");
	} else if (session->recipient_count == 0) {
		SINK_SAY(session, 554, 5, 5, 1, "No valid recipients");
	} else if (session->chunks_refused) {
		SINK_SAY(session, 503, 5, 5, 1, "The message was refused; RSET first");
	} else if (sink_ask(session, RULE_DATA, session->recipients,
			   session->recipient_count, deadline)) {
		session->in_chunks = true;
		session->facts = (struct text_facts){.line_limit = TEXT_LINE_MAX};
		begin(session);
		return;
	}
	session->chunks_refused = session->in_transaction;
}

/* Whatever the answer, the chunk is read first (RFC 3030 2). */
void sink_bdat(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	uint64_t left = command->chunk_size;
	struct slice run;

	if (!session->in_chunks)
		begin_chunks(session, deadline);
	while (left && !session->cut) {
		if (!read_some(session, left < READ_MAX ? (size_t)left : READ_MAX, &run,
			    deadline))
			return;
		left -= run.size;
		deadline = sink_deadline(session);
		if (!session->in_chunks)
			continue;
		if (session->content.size == 0 && !body_rules(session, deadline))
			return;
		text_check(&session->facts, run);
		content_add(&session->content, run);
	}
	if (!session->in_chunks || session->cut)
		return;
	if (command->last) {
		text_check_end(&session->facts);
		end(session, deadline);
	} else {
		SINK_SAY(session, 250, 2, 0, 0, "Chunk ok");
	}
}

static void begin(struct sink_session *session)
{
	const struct sink_options *options = &session->worker->sink->options;
	size_t keep = options->save ? (size_t)options->size_max : 0;

	if (!keep && options->ledger && address_is_null(&session->sender))
		keep = NOTICE_MAX;
	content_begin(&session->content, keep, options->ledger != NULL);
}

/* A refusal is not possible here, only a delay or a cut. */
static bool body_rules(struct sink_session *session, struct deadline deadline)
{
	return sink_ask(session, RULE_BODY, session->recipients,
		session->recipient_count, deadline);
}

static bool read_some(struct sink_session *session, size_t most, struct slice *input_r,
	struct deadline deadline)
{
	if (!stream_has_input(session->stream) && !sink_commit(session, deadline))
		return false;
	return stream_read(session->stream, most, input_r, deadline);
}

static void end(struct sink_session *session, struct deadline deadline)
{
	const char *fault = text_fault_words(
		session->facts.faults & (TEXT_BARE_CR | TEXT_BARE_LF | TEXT_NUL));

	if (fault) {
		sink_note(session, fault);
		SINK_SAY(
			session, 550, 5, 6, 0, "A bare CR, LF or a NUL in the content");
	} else if (session->content.size > session->worker->sink->options.size_max) {
		SINK_SAY(session, 552, 5, 3, 4, "Message too big");
	} else {
		sink_take(session, deadline);
	}
	sink_reset(session);
}
