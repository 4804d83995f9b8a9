/*
 * The SMTP server dialogue, RFC 5321: greeting, one command after the other,
 * and the limits of a session. The commands are in smtp_commands.c.
 *
 * Replies collect in the stream's outbox and travel together when the next
 * read has to wait, which is how a pipelined group costs one send. When the
 * session goes wrong the stream refuses everything, and the loop ends.
 */
#include "serve/smtp_server.h"

#include "base/memory.h"
#include "serve/smtp_dialogue.h"

/* Commands that bring no message any further, from one message to the next:
 * enough for a client that keeps its connection warm. */
#define IDLE_COMMANDS_MAX 1000
#define COMMAND_KEPT_MAX  2048
#define FINISH_MS	  5000

static void say(struct smtp_dialogue *dialogue, struct reply reply)
{
	smtp_say(dialogue, &reply);
}

static void say_enough(struct smtp_dialogue *dialogue)
{
	say(dialogue, REPLY(421, 4, 7, 0, "Too many errors, goodbye"));
}

void smtp_say(struct smtp_dialogue *dialogue, const struct reply *reply)
{
	struct smtp_session *session = &dialogue->session;

	smtp_write(dialogue, reply);
	if (reply->code == 421) {
		dialogue->ended = true;
	} else if (reply->code >= 400 && ++session->errors >= session->limits.errors) {
		say_enough(dialogue);
	}
}

/* A message that has begun may be finished. */
static bool say_stopping(struct smtp_dialogue *dialogue)
{
	if (!*dialogue->stopping || dialogue->in_transaction)
		return false;
	say(dialogue, REPLY(421, 4, 3, 2, "Shutting down, come back later"));
	return true;
}

/* A wait has ended; when for want of time, the client is told. */
static void end_late(struct smtp_dialogue *dialogue)
{
	if (stream_is_whole(dialogue->session.stream) &&
		failure_kind_last() == FAILURE_TIMEOUT && !say_stopping(dialogue))
		say(dialogue, REPLY(421, 4, 4, 2, "Nothing came for too long"));
	dialogue->ended = true;
}

bool smtp_wait(struct smtp_dialogue *dialogue, struct deadline deadline)
{
	struct stream *stream = dialogue->session.stream;

	if (stream_has_input(stream) || stream_wait(stream, deadline))
		return true;
	end_late(dialogue);
	return false;
}

void smtp_transaction_reset(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;

	session->policy->reset(session);
	if (dialogue->told.message)
		smtp_transcript_reset(dialogue);
	session->utf8 = false;
	dialogue->in_transaction = dialogue->in_chunks = dialogue->chunks_refused =
		dialogue->binary = false;
	dialogue->recipients = dialogue->recipients_refused = 0;
	arena_reset(&session->transaction_arena);
}

struct deadline smtp_command_deadline(const struct smtp_dialogue *dialogue)
{
	return deadline_earlier(dialogue->end,
		deadline_after_ms(dialogue->session.limits.command_timeout_ms));
}

/* Reads on to the end of a line that was too long, keeping none of it. */
static void skip_line(struct smtp_dialogue *dialogue)
{
	struct deadline deadline = smtp_command_deadline(dialogue);
	struct slice rest;

	do {
		if (!stream_read_line(
			    dialogue->session.stream, SMTP_LINE_MAX, &rest, deadline))
			return;
	} while (!slice_ends(rest, SLICE("\n")));
}

/* Only AUTH may be longer than other commands (RFC 4954 4). */
static bool is_too_long(struct slice raw, enum smtp_line_fault fault)
{
	return fault == SMTP_LINE_UNTERMINATED ||
	       (raw.size > SMTP_LINE_MAX && !slice_starts_nocase(raw, SLICE("AUTH ")));
}

/* Does it bring a message any further? */
static bool is_idle(const struct smtp_command *command)
{
	switch (command->verb) {
	case SMTP_MAIL:
	case SMTP_RCPT:
	case SMTP_DATA:
	case SMTP_QUIT:
		return false;
	case SMTP_BDAT:
		return command->chunk_size == 0 && !command->last;
	default:
		return true;
	}
}

static void one_command(struct smtp_dialogue *dialogue, struct slice raw)
{
	struct smtp_session *session = &dialogue->session;
	enum smtp_line_fault fault = smtp_line_check(raw);
	struct smtp_command command = {0};
	struct reply refusal;

	if (transcript_wanted())
		smtp_transcript_line(dialogue, slice_trim_all(raw));
	if (is_too_long(raw, fault)) {
		if (fault == SMTP_LINE_UNTERMINATED)
			skip_line(dialogue);
		say(dialogue, REPLY(500, 5, 5, 6, "Line too long"));
		return;
	}
	if (fault != SMTP_LINE_OK) {
		refusal = smtp_line_refusal(fault);
		smtp_say(dialogue, &refusal);
		dialogue->ended = true;
		return;
	}
	/* The command's slices must outlive waits: the line does not. */
	raw = arena_copy(&session->command_arena, slice_part(raw, 0, raw.size - 2));
	if (smtp_command_parse(
		    raw, session->utf8, &session->command_arena, &command, &refusal)) {
		if (is_idle(&command) && ++dialogue->idle_commands > IDLE_COMMANDS_MAX)
			say(dialogue, REPLY(421, 4, 7, 0,
					      "Too many commands without a message"));
		else
			smtp_obey(dialogue, &command);
		return;
	}
	if (command.verb == SMTP_EHLO || command.verb == SMTP_HELO)
		refusal.enhanced = (struct enhanced_code){0}; /* RFC 2034 4 */
	smtp_say(dialogue, &refusal);
	/* A chunk whose size is unknown cannot be skipped (RFC 3030 2). */
	dialogue->ended |= command.foreign || command.verb == SMTP_BDAT;
}

/* A long one is not what an idle session keeps memory for. */
static void forget_command(struct arena *arena)
{
	if (arena->total > COMMAND_KEPT_MAX)
		arena_finish(arena);
	else
		arena_reset(arena);
}

/* Outcomes of messages are errors, too; they may become known at any time. */
static bool has_enough(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;

	if (session->errors < session->limits.errors)
		return false;
	say_enough(dialogue);
	return true;
}

/* Until a command comes; false: none will. Between two transactions, the end of
 * the process ends the wait, and the client is told. */
static bool await_command(struct smtp_dialogue *dialogue, struct deadline deadline)
{
	bool came;

	if (has_enough(dialogue) || say_stopping(dialogue))
		return false;
	*dialogue->resting = !dialogue->in_transaction;
	came = smtp_wait(dialogue, deadline);
	*dialogue->resting = false;
	return came && !has_enough(dialogue);
}

static bool await_end_of_line(struct smtp_dialogue *dialogue, struct deadline deadline)
{
	struct stream *stream = dialogue->session.stream;

	if (stream_has_line(stream, SMTP_AUTH_LINE_MAX) ||
		stream_wait_line(stream, SMTP_AUTH_LINE_MAX, deadline))
		return true;
	end_late(dialogue);
	return false;
}

static void converse(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;
	struct slice raw;

	while (!dialogue->ended) {
		struct deadline deadline = smtp_command_deadline(dialogue);

		forget_command(&session->command_arena);
		if (!await_command(dialogue, deadline) ||
			!await_end_of_line(dialogue, deadline) ||
			!stream_read_line(
				session->stream, SMTP_AUTH_LINE_MAX, &raw, deadline))
			return;
		one_command(dialogue, raw);
	}
}

/* Greetings carry no enhanced codes (RFC 2034 4). */
static void greet(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = {.code = 220};

	reply.text = arena_format(&session->command_arena, "%s ESMTP Ringpost",
		session->config->hostname);
	session->policy->connect(session, &reply, smtp_command_deadline(dialogue));
	if (reply_is_positive(&reply) && stream_has_input(session->stream))
		reply = REPLY(554, 0, 0, 0, "Wait for the greeting; goodbye");
	smtp_say(dialogue, &reply);
	dialogue->ended |= !reply_is_positive(&reply);
}

void smtp_server_run(
	const struct smtp_server_options *options, struct deadline deadline)
{
	static const bool never;
	bool resting = false;
	struct smtp_dialogue *dialogue = NEW(struct smtp_dialogue);
	struct smtp_session *session = &dialogue->session;

	session->stream = options->stream;
	session->config = options->config;
	session->listener = options->listener;
	session->limits = smtp_limits_of(options->config, options->listener->role);
	session->tls = options->tls;
	session->policy = options->policy;
	session->context = options->policy_context;
	dialogue->stopping = options->stopping ? options->stopping : &never;
	dialogue->resting = options->resting ? options->resting : &resting;
	dialogue->end = deadline;
	dialogue->options = options;

	smtp_ahead_begin(dialogue);
	greet(dialogue);
	converse(dialogue);
	smtp_ahead_end(dialogue);

	session->policy->reset(session);
	session->policy->disconnect(session);
	smtp_transcript_end(dialogue);
	stream_finish(&session->stream, deadline_after_ms(FINISH_MS));
	buffer_finish(&dialogue->reply);
	arena_finish(&session->session_arena);
	arena_finish(&session->transaction_arena);
	arena_finish(&session->command_arena);
	memory_free(dialogue);
}
