/*
 * The SMTP server dialogue, RFC 5321: one command at a time, each with its
 * preconditions in one place and its reply.
 *
 * Replies collect in the stream's outbox and travel together when the next
 * read has to wait, which is how a pipelined group costs one send. When the
 * session goes wrong the stream refuses everything, and the loop ends.
 */
#include "serve/smtp_server.h"

#include <stdio.h>

#include "base/memory.h"

#include "serve/smtp_dialogue.h"

typedef void command_function(
	struct smtp_dialogue *dialogue, const struct smtp_command *command);

static void say(struct smtp_dialogue *dialogue, struct reply reply)
{
	smtp_say(dialogue, &reply);
}

void smtp_say(struct smtp_dialogue *dialogue, const struct reply *reply)
{
	struct smtp_session *session = &dialogue->session;

	buffer_clear(&dialogue->reply);
	reply_append(&dialogue->reply, reply);
	stream_write(session->stream, buffer_contents(&dialogue->reply));
	if (reply->code == 421) {
		dialogue->ended = true;
	} else if (reply->code >= 400 &&
		   ++session->errors >= session->config->submission.errors) {
		say(dialogue, REPLY(421, 4, 7, 0, "Too many errors, goodbye"));
	}
}

void smtp_transaction_reset(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;

	session->policy->reset(session);
	session->utf8 = false;
	dialogue->in_transaction = dialogue->in_chunks = dialogue->chunks_refused =
		false;
	dialogue->recipients = 0;
	arena_reset(&session->transaction_arena);
}

/*
 * Who speaks before its turn either cannot speak SMTP or wants a reader to
 * take content for commands (RFC 2920 3.1): there is no way on from there.
 */
bool smtp_refuse_early(struct smtp_dialogue *dialogue, const char *after)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = {.code = 503, .enhanced = {5, 5, 0}};

	if (!stream_has_input(session->stream))
		return false;
	reply.text = arena_format(&session->command_arena,
		"Wait for the reply to %s before sending more; goodbye", after);
	smtp_say(dialogue, &reply);
	dialogue->ended = true;
	return true;
}

static struct deadline command_deadline(const struct smtp_dialogue *dialogue)
{
	return deadline_earlier(dialogue->end,
		deadline_after_ms(
			dialogue->session.config->submission.command_timeout_ms));
}

static void hello(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct slice hostname = slice_of(session->config->hostname);
	struct capabilities offered = {0};

	if (smtp_refuse_early(dialogue, smtp_verb_name(command->verb)))
		return;
	smtp_transaction_reset(dialogue);
	session->helo = arena_copy(&session->session_arena, command->argument);
	session->extended = command->verb == SMTP_EHLO;
	if (!session->extended) {
		say(dialogue, (struct reply){.code = 250, .text = hostname});
		return;
	}
	session->policy->capabilities(session, &offered);
	offered.esmtp = true;
	offered.starttls = session->tls && !stream_facts(session->stream)->encrypted;
	buffer_clear(&dialogue->reply);
	capabilities_format(&dialogue->reply, hostname, &offered);
	stream_write(session->stream, buffer_contents(&dialogue->reply));
}

static void mail(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	uint64_t most = session->config->submission.messages_per_session;
	struct reply reply = REPLY(250, 2, 1, 0, "Sender ok");

	if (!session->helo.size) {
		say(dialogue, REPLY(503, 5, 5, 1, "Say EHLO first"));
	} else if (dialogue->in_transaction) {
		say(dialogue, REPLY(503, 5, 5, 1, "A message is already begun"));
	} else if (command->has_parameters && !session->extended) {
		say(dialogue, REPLY(555, 5, 5, 4, "Parameters need EHLO, not HELO"));
	} else if (most && session->transactions >= most) {
		say(dialogue, REPLY(452, 4, 5, 3,
				      "Too many messages in this session; "
				      "reconnect to send more"));
	} else {
		session->policy->mail(
			session, command, &reply, command_deadline(dialogue));
		dialogue->in_transaction = reply_is_positive(&reply);
		session->utf8 = dialogue->in_transaction && command->smtputf8;
		smtp_say(dialogue, &reply);
	}
}

static void rcpt(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	uint64_t most = session->config->submission.recipients;
	struct reply reply = REPLY(250, 2, 1, 5, "Recipient ok");

	if (!dialogue->in_transaction || dialogue->in_chunks) {
		say(dialogue, REPLY(503, 5, 5, 1, "MAIL comes before RCPT"));
	} else if (dialogue->recipients >= most) {
		say(dialogue, REPLY(452, 4, 5, 3, "Too many recipients"));
	} else {
		session->policy->rcpt(
			session, command, &reply, command_deadline(dialogue));
		dialogue->recipients += reply_is_positive(&reply);
		smtp_say(dialogue, &reply);
	}
}

static void data(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	if (!dialogue->in_transaction || dialogue->in_chunks)
		say(dialogue, REPLY(503, 5, 5, 1, "MAIL and RCPT come before DATA"));
	else if (dialogue->recipients == 0)
		say(dialogue, REPLY(554, 5, 5, 1, "No valid recipients"));
	else if (!smtp_refuse_early(dialogue, "DATA"))
		smtp_data(dialogue);
}

static void starttls(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct deadline deadline = command_deadline(dialogue);

	if (stream_facts(session->stream)->encrypted) {
		say(dialogue, REPLY(503, 5, 5, 1, "TLS is already on"));
		return;
	}
	if (!session->tls) {
		say(dialogue, REPLY(502, 5, 5, 1, "STARTTLS is not offered here"));
		return;
	}
	if (smtp_refuse_early(dialogue, "STARTTLS"))
		return;
	say(dialogue, REPLY(220, 2, 0, 0, "Ready to start TLS"));
	if (stream_flush(session->stream, deadline))
		session->stream = tls_accept(&session->stream, session->tls, deadline);
	/* RFC 3207 4.2: nothing learned before TLS counts any more. */
	smtp_transaction_reset(dialogue);
	session->helo = session->account = SLICE_EMPTY;
	session->extended = false;
	dialogue->ended = !session->stream;
}

static void auth(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = REPLY(535, 5, 7, 8, "Authentication failed");

	if (!session->extended) {
		say(dialogue, REPLY(503, 5, 5, 1, "Say EHLO first"));
	} else if (session->account.size) {
		say(dialogue, REPLY(503, 5, 5, 1, "Already authenticated"));
	} else if (dialogue->in_transaction) {
		say(dialogue, REPLY(503, 5, 5, 1, "Not within a message"));
	} else if (!smtp_refuse_early(dialogue, "AUTH")) {
		session->policy->authenticate(session, command, &reply, dialogue->end);
		smtp_say(dialogue, &reply);
	}
}

static void rset(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	smtp_transaction_reset(dialogue);
	say(dialogue, REPLY(250, 2, 0, 0, "Ok"));
}

static void noop(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(250, 2, 0, 0, "Ok"));
}

static void vrfy(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(252, 2, 1, 5, "Send some mail, it will be tried"));
}

static void expn(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(502, 5, 5, 1, "Lists are not expanded here"));
}

static void help(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue,
		REPLY(214, 2, 0, 0,
			"Commands: EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET "
			"NOOP VRFY HELP QUIT\nThis is a Ringpost mail relay"));
}

static void quit(struct smtp_dialogue *dialogue, const struct smtp_command *command)
{
	say(dialogue, REPLY(221, 2, 0, 0, "Goodbye"));
	dialogue->ended = true;
}

static command_function *const commands[] = {
	[SMTP_EHLO] = hello,
	[SMTP_HELO] = hello,
	[SMTP_MAIL] = mail,
	[SMTP_RCPT] = rcpt,
	[SMTP_DATA] = data,
	[SMTP_BDAT] = smtp_bdat,
	[SMTP_RSET] = rset,
	[SMTP_NOOP] = noop,
	[SMTP_QUIT] = quit,
	[SMTP_VRFY] = vrfy,
	[SMTP_EXPN] = expn,
	[SMTP_HELP] = help,
	[SMTP_STARTTLS] = starttls,
	[SMTP_AUTH] = auth,
};

/* Reads on to the end of a line that was too long, keeping none of it. */
static void skip_line(struct smtp_dialogue *dialogue)
{
	struct deadline deadline = command_deadline(dialogue);
	struct slice rest;

	do {
		if (!stream_read_line(
			    dialogue->session.stream, SMTP_LINE_MAX, &rest, deadline))
			return;
	} while (!slice_ends(rest, SLICE("\n")));
}

static void one_command(struct smtp_dialogue *dialogue, struct slice raw)
{
	struct smtp_session *session = &dialogue->session;
	enum smtp_line_fault fault = smtp_line_check(raw);
	struct smtp_command command = {0};
	struct reply refusal;

	if (fault == SMTP_LINE_UNTERMINATED) {
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
		commands[command.verb](dialogue, &command);
		return;
	}
	smtp_say(dialogue, &refusal);
	/* A chunk whose size is unknown cannot be skipped (RFC 3030 2). */
	dialogue->ended |= command.foreign || command.verb == SMTP_BDAT;
}

static void converse(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;
	struct slice raw;

	while (!dialogue->ended) {
		struct deadline deadline = command_deadline(dialogue);

		arena_reset(&session->command_arena);
		if (*dialogue->stopping && !dialogue->in_transaction) {
			say(dialogue,
				REPLY(421, 4, 3, 2, "Shutting down, come back later"));
			return;
		}
		if (!stream_has_input(session->stream) &&
			!stream_wait(session->stream, deadline)) {
			if (stream_is_whole(session->stream))
				say(dialogue, REPLY(421, 4, 4, 2, "Idle for too long"));
			return;
		}
		if (!stream_read_line(session->stream, SMTP_LINE_MAX, &raw, deadline))
			return;
		one_command(dialogue, raw);
	}
}

static void greet(struct smtp_dialogue *dialogue)
{
	struct smtp_session *session = &dialogue->session;
	struct reply reply = {.code = 220};

	reply.text = arena_format(&session->command_arena, "%s ESMTP Ringpost",
		session->config->hostname);
	session->policy->connect(session, &reply, command_deadline(dialogue));
	smtp_say(dialogue, &reply);
	dialogue->ended |= !reply_is_positive(&reply);
}

void smtp_server_run(
	const struct smtp_server_options *options, struct deadline deadline)
{
	static const bool never;
	struct smtp_dialogue *dialogue = NEW(struct smtp_dialogue);
	struct smtp_session *session = &dialogue->session;

	session->stream = options->stream;
	session->config = options->config;
	session->listener = options->listener;
	session->tls = options->tls;
	session->policy = options->policy;
	session->context = options->policy_context;
	dialogue->stopping = options->stopping ? options->stopping : &never;
	dialogue->end = deadline;

	greet(dialogue);
	converse(dialogue);

	session->policy->reset(session);
	session->policy->disconnect(session);
	if (session->stream)
		stream_finish(&session->stream, deadline_after_ms(5000));
	buffer_finish(&dialogue->reply);
	arena_finish(&session->session_arena);
	arena_finish(&session->transaction_arena);
	arena_finish(&session->command_arena);
	memory_free(dialogue);
}
