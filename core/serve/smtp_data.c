/*
 * DATA and BDAT: how the content of a message comes in.
 *
 * Content that cannot be kept (too big, the store is down) is still read to
 * its real end, so that not a byte of it is ever taken for a command; but who
 * sends more than twice what is allowed is not listened to for longer.
 */
#include "serve/smtp_dialogue.h"

#include "metrics/timing.h"
#include "run/worker.h"

#define BODY_READ_MAX  65536
#define PATIENCE_BYTES (1u << 20)
/* A message that comes at this rate or faster has all the time it needs. */
#define SLOWEST_BYTES_S 8192

static void content_begin(struct smtp_dialogue *dialogue)
{
	dialogue->content_kept = true;
	dialogue->too_big = false;
	dialogue->content_bytes = 0;
	dialogue->content_end = deadline_after_ms(
		dialogue->session.limits.message_timeout_ms);
	dialogue->facts = (struct text_facts){.line_limit = TEXT_LINE_MAX};
}

static struct deadline content_deadline(const struct smtp_dialogue *dialogue)
{
	uint64_t more_s = dialogue->content_bytes / SLOWEST_BYTES_S;
	struct deadline whole = dialogue->content_end;
	int64_t pause_ms = dialogue->session.limits.data_timeout_ms;

	whole.at_us += (int64_t)more_s * 1000000;
	return deadline_earlier(
		deadline_earlier(dialogue->end, whole), deadline_after_ms(pause_ms));
}

/* Some more of the content; false when the session ends here. */
static bool read_content(struct smtp_dialogue *dialogue, size_t most,
	struct slice *bytes_r, struct deadline deadline)
{
	uint64_t size_max = dialogue->session.limits.message_size;
	struct reply refusal = REPLY(552, 5, 3, 4, "Message too big; goodbye");

	if (size_max && dialogue->content_bytes > 2 * size_max + PATIENCE_BYTES) {
		smtp_say(dialogue, &refusal);
		dialogue->ended = true;
		return false;
	}
	if (!smtp_wait(dialogue, deadline))
		return false;
	if (!stream_read(dialogue->session.stream, most, bytes_r, deadline)) {
		dialogue->ended = true;
		return false;
	}
	dialogue->content_bytes += bytes_r->size;
	return true;
}

/* A run of the message goes to the policy, unless it is past keeping. */
static void keep(struct smtp_dialogue *dialogue, const struct text_facts *facts,
	struct slice run, struct deadline deadline)
{
	struct smtp_session *session = &dialogue->session;
	uint64_t most = session->limits.message_size;

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
	struct smtp_pending *pending = NULL;
	/* It is all here: the session's end does not hurry what is left. */
	struct deadline deadline = deadline_after_ms(
		session->limits.command_timeout_ms);

	dialogue->content_ended_us = worker_now_us();
	if (transcript_wanted())
		smtp_transcript_content(dialogue, dialogue->content_bytes);
	if (!dialogue->too_big)
		pending = session->policy->end(session, facts, &reply, deadline);
	if (pending) {
		smtp_transcript_sent(dialogue);
		smtp_transaction_reset(dialogue);
		smtp_ahead_add(dialogue, pending, deadline);
		return;
	}
	if (reply_is_positive(&reply)) {
		session->transactions++;
		dialogue->idle_commands = 0;
	}
	smtp_say(dialogue, &reply);
	timing_record(TIMING_ACCEPT, worker_now_us() - dialogue->content_ended_us);
	smtp_transaction_reset(dialogue);
}

static void read_dotted(struct smtp_dialogue *dialogue)
{
	struct dot_decoder decoder;
	struct slice input, run;

	dot_decoder_init(&decoder, TEXT_LINE_MAX);
	while (!decoder.ended) {
		struct deadline deadline = content_deadline(dialogue);

		if (!read_content(dialogue, BODY_READ_MAX, &input, deadline))
			return;
		while (dot_decode(&decoder, &input, &run))
			keep(dialogue, &decoder.facts, run, deadline);
		if (input.size)
			stream_unread(dialogue->session.stream, input.size);
	}
	content_end(dialogue, &decoder.facts);
}

void smtp_data(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = REPLY(354, 0, 0, 0, "Go ahead; end with <CRLF>.<CRLF>");

	session->policy->begin(session, &reply, smtp_command_deadline(dialogue));
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
	session->policy->begin(session, &reply, smtp_command_deadline(dialogue));
	if (!reply_is_intermediate(&reply)) {
		*refusal_r = reply;
		return;
	}
	dialogue->in_chunks = true;
}

/* Reads a chunk to its end, kept or thrown away; false when it never came. */
static bool read_chunk(struct smtp_dialogue *dialogue, uint64_t size, bool wanted)
{
	while (size) {
		struct deadline deadline = content_deadline(dialogue);
		size_t most = size < BODY_READ_MAX ? (size_t)size : BODY_READ_MAX;
		struct slice run;

		if (!read_content(dialogue, most, &run, deadline))
			return false;
		size -= run.size;
		if (wanted) {
			text_check(&dialogue->facts, run);
			keep(dialogue, &dialogue->facts, run, deadline);
		}
	}
	return true;
}

/*
 * RFC 3030 2: whatever the answer, the chunk's octets are read. Once a chunk of
 * a message was refused, so are the rest, to the last one or RSET.
 */
void smtp_bdat(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = {0};
	bool first = !dialogue->in_chunks && !dialogue->chunks_refused;

	if (first) {
		content_begin(dialogue);
		chunks_begin(dialogue, &reply);
	} else if (dialogue->chunks_refused) {
		reply = REPLY(503, 5, 5, 1, "The message was refused");
	}
	if (!read_chunk(dialogue, command->chunk_size, !reply.code))
		return;
	if (reply.code) {
		dialogue->chunks_refused = dialogue->in_transaction;
		smtp_say(dialogue, &reply);
		if (command->last)
			smtp_transaction_reset(dialogue);
	} else if (command->last) {
		text_check_end(&dialogue->facts);
		content_end(dialogue, &dialogue->facts);
	} else {
		reply = (struct reply){.code = 250, .enhanced = {2, 0, 0}};
		reply.text = arena_format(&session->command_arena,
			"%llu octets received",
			(unsigned long long)command->chunk_size);
		smtp_say(dialogue, &reply);
	}
}
