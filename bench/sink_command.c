/* The sink's commands: what each needs, and what it answers. */
#include "base/memory.h"

#include "bench/sink_core.h"

#define RECIPIENTS_MIN 8

typedef void command_function(struct sink_session *session,
	const struct smtp_command *command, struct deadline deadline);

static void hello(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	struct sink *sink = session->worker->sink;
	struct slice hostname = slice_of(sink->options.hostname);
	struct capabilities offered = sink->options.offered;

	sink_reset(session);
	if (!sink_ask(session, RULE_EHLO, NULL, 0, deadline))
		return;
	session->greeted = true;
	session->extended = command->verb == SMTP_EHLO;
	if (!session->extended) {
		sink_say(session, &(struct reply){.code = 250, .text = hostname});
		return;
	}
	offered.starttls = sink->options.starttls &&
			   !stream_facts(session->stream)->encrypted;
	buffer_clear(&session->reply);
	capabilities_format(&session->reply, hostname, &offered);
	stream_write(session->stream, buffer_contents(&session->reply));
}

static void mail(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	if (!session->greeted) {
		SINK_SAY(session, 503, 5, 5, 1, "Say EHLO first");
		return;
	}
	if (session->in_transaction) {
		SINK_SAY(session, 503, 5, 5, 1, "A message is already begun");
		return;
	}
	if (command->size > session->worker->sink->options.size_max) {
		SINK_SAY(session, 552, 5, 3, 4, "Message too big");
		return;
	}
	session->began_us = worker_now_us();
	session->sender = address_copy(&session->arena, &command->path);
	if (!sink_ask(session, RULE_MAIL, &session->sender, 1, deadline)) {
		sink_reset(session);
		return;
	}
	session->in_transaction = true;
	sink_accept(session, SLICE("250 2.1.0 Sender ok\r\n"));
}

static void rcpt(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	struct address *recipient;

	if (!session->in_transaction || session->in_chunks) {
		SINK_SAY(session, 503, 5, 5, 1, "MAIL comes before RCPT");
		return;
	}
	if (session->recipient_count >= session->worker->sink->options.recipients_max) {
		SINK_SAY(session, 452, 4, 5, 3, "Too many recipients");
		return;
	}
	if (session->recipient_count == session->recipient_capacity) {
		session->recipient_capacity = session->recipient_capacity * 2 +
					      RECIPIENTS_MIN;
		session->recipients = memory_resize(session->recipients,
			session->recipient_capacity * sizeof(*recipient));
	}
	recipient = &session->recipients[session->recipient_count];
	*recipient = address_copy(&session->arena, &command->path);
	if (!sink_ask(session, RULE_RCPT, recipient, 1, deadline))
		return;
	session->recipient_count++;
	sink_accept(session, SLICE("250 2.1.5 Recipient ok\r\n"));
}

static void starttls(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	(void)command;
	if (!session->worker->sink->options.starttls ||
		stream_facts(session->stream)->encrypted) {
		SINK_SAY(session, 503, 5, 5, 1, "STARTTLS is not offered now");
		return;
	}
	if (!sink_ask(session, RULE_STARTTLS, NULL, 0, deadline) ||
		!sink_commit(session, deadline))
		return;
	SINK_SAY(session, 220, 2, 0, 0, "Go ahead");
	sink_reset(session);
	session->greeted = session->extended = false;
	if (!sink_start_tls(session, deadline))
		session->ended = true;
}

static void simple(struct sink_session *session, const struct smtp_command *command,
	struct deadline deadline)
{
	switch (command->verb) {
	case SMTP_RSET:
		sink_reset(session);
		SINK_SAY(session, 250, 2, 0, 0, "Ok");
		return;
	case SMTP_NOOP:
		SINK_SAY(session, 250, 2, 0, 0, "Ok");
		return;
	case SMTP_HELP:
		SINK_SAY(session, 214, 2, 0, 0, "All mail is taken here");
		return;
	case SMTP_VRFY:
		SINK_SAY(session, 252, 2, 5, 0, "Send it and see");
		return;
	case SMTP_QUIT:
		if (sink_ask(session, RULE_QUIT, NULL, 0, deadline))
			SINK_SAY(session, 221, 2, 0, 0, "Bye");
		session->ended = true;
		return;
	default:
		SINK_SAY(session, 502, 5, 5, 1, "Not implemented");
	}
}

void sink_obey(
	struct sink_session *session, struct slice line, struct deadline deadline)
{
	static command_function *const functions[] = {
		[SMTP_EHLO] = hello,
		[SMTP_HELO] = hello,
		[SMTP_MAIL] = mail,
		[SMTP_RCPT] = rcpt,
		[SMTP_DATA] = sink_data,
		[SMTP_BDAT] = sink_bdat,
		[SMTP_STARTTLS] = starttls,
		[SMTP_AUTH] = sink_auth,
	};
	enum smtp_line_fault fault = smtp_line_check(line);
	struct smtp_command command;
	struct reply refusal;

	if (fault != SMTP_LINE_OK) {
		refusal = smtp_line_refusal(fault);
		sink_note(session, "a command line with a bare CR, LF or NUL");
		sink_say(session, &refusal);
		session->ended = true;
	} else if (!smtp_command_parse(slice_part(line, 0, line.size - 2), true,
			   &session->arena, &command, &refusal)) {
		sink_note(session, "a command that is not understood");
		sink_say(session, &refusal);
	} else if (command.verb < ARRAY_COUNT(functions) && functions[command.verb]) {
		functions[command.verb](session, &command, deadline);
	} else {
		simple(session, &command, deadline);
	}
}
