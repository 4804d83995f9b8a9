/*
 * DATA and BDAT: how the content of a message comes in.
 *
 * Content that cannot be kept (too big, the store is down) is still read to
 * its real end, so that not a byte of it is ever taken for a command.
 */
#include "serve/smtp_dialogue.h"

#define BODY_READ_MAX 65536

static struct deadline chunk_deadline(
	const struct smtp_dialogue *dialogue, struct deadline whole)
{
	int64_t ms = dialogue->session.config->submission.data_timeout_ms;

	return deadline_earlier(whole, deadline_after_ms(ms));
}

static struct deadline message_deadline(const struct smtp_dialogue *dialogue)
{
	int64_t ms = dialogue->session.config->submission.message_timeout_ms;

	return deadline_earlier(dialogue->end, deadline_after_ms(ms));
}

static void content_begin(struct smtp_dialogue *dialogue)
{
	dialogue->content_kept = true;
	dialogue->too_big = false;
	dialogue->facts = (struct text_facts){.line_limit = TEXT_LINE_MAX};
}

/* A run of the message goes to the policy, unless it is past keeping. */
static void keep(struct smtp_dialogue *dialogue, const struct text_facts *facts,
	struct slice run, struct deadline deadline)
{
	struct smtp_session *session = &dialogue->session;
	uint64_t most = session->config->submission.message_size;

	if (most && facts->bytes > most) {
		dialogue->too_big = true;
		dialogue->content_kept = false;
	}
	if (dialogue->content_kept)
		dialogue->content_kept = session->policy->content(
			session, run, deadline);
}

/* The last byte is in: what became of the message? */
static void content_end(struct smtp_dialogue *dialogue, const struct text_facts *facts)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = REPLY(552, 5, 3, 4, "Message too big");

	if (!dialogue->too_big)
		session->policy->end(session, facts, &reply, dialogue->end);
	session->transactions += reply_is_positive(&reply);
	smtp_say(dialogue, &reply);
	smtp_transaction_reset(dialogue);
}

static void read_dotted(struct smtp_dialogue *dialogue)
{
	struct stream *stream = dialogue->session.stream;
	struct deadline whole = message_deadline(dialogue);
	struct dot_decoder decoder;

	dot_decoder_init(&decoder, TEXT_LINE_MAX);
	while (!decoder.ended) {
		struct deadline deadline = chunk_deadline(dialogue, whole);
		struct slice input, run;

		if (!stream_read(stream, BODY_READ_MAX, &input, deadline)) {
			dialogue->ended = true;
			return;
		}
		while (dot_decode(&decoder, &input, &run))
			keep(dialogue, &decoder.facts, run, deadline);
		if (input.size)
			stream_unread(stream, input.size);
	}
	content_end(dialogue, &decoder.facts);
}

void smtp_data(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = REPLY(354, 0, 0, 0, "Go ahead; end with <CRLF>.<CRLF>");

	session->policy->begin(session, &reply, dialogue->end);
	smtp_say(dialogue, &reply);
	if (!reply_is_intermediate(&reply)) {
		smtp_transaction_reset(dialogue);
		return;
	}
	content_begin(dialogue);
	read_dotted(dialogue);
}

/* The first chunk of a message: may it begin? */
static void chunks_begin(struct smtp_dialogue *dialogue, struct reply *refusal_r)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = {.code = 354};

	if (!dialogue->in_transaction) {
		*refusal_r = REPLY(503, 5, 5, 1, "MAIL and RCPT come before BDAT");
		return;
	}
	if (dialogue->recipients == 0) {
		*refusal_r = REPLY(554, 5, 5, 1, "No valid recipients");
		return;
	}
	session->policy->begin(session, &reply, dialogue->end);
	if (!reply_is_intermediate(&reply)) {
		*refusal_r = reply;
		return;
	}
	dialogue->in_chunks = true;
	content_begin(dialogue);
}

/* Reads a chunk to its end, kept or thrown away; false when it never came. */
static bool read_chunk(struct smtp_dialogue *dialogue, uint64_t size, bool wanted)
{
	struct deadline whole = message_deadline(dialogue);

	while (size) {
		struct deadline deadline = chunk_deadline(dialogue, whole);
		size_t most = size < BODY_READ_MAX ? (size_t)size : BODY_READ_MAX;
		struct slice run;

		if (!stream_read(dialogue->session.stream, most, &run, deadline)) {
			dialogue->ended = true;
			return false;
		}
		size -= run.size;
		if (wanted) {
			text_check(&dialogue->facts, run);
			keep(dialogue, &dialogue->facts, run, deadline);
		}
	}
	return true;
}

/*
 * RFC 3030: whatever the answer, the chunk's octets are read. Once a chunk of
 * a message was refused, so are the rest, until RSET or a new MAIL.
 */
void smtp_bdat(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct reply refusal = {0};

	if (dialogue->chunks_refused)
		refusal = REPLY(503, 5, 5, 1, "The message was refused; RSET first");
	else if (!dialogue->in_chunks)
		chunks_begin(dialogue, &refusal);
	if (!read_chunk(dialogue, command->chunk_size, !refusal.code))
		return;
	if (refusal.code) {
		dialogue->chunks_refused = dialogue->in_transaction;
		smtp_say(dialogue, &refusal);
	} else if (command->last) {
		text_check_end(&dialogue->facts);
		content_end(dialogue, &dialogue->facts);
	} else {
		struct reply reply = {.code = 250, .enhanced = {2, 0, 0}};

		reply.text = arena_format(&session->command_arena,
			"%llu octets received",
			(unsigned long long)command->chunk_size);
		smtp_say(dialogue, &reply);
	}
}
