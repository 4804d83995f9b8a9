/*
 * AUTH (RFC 4954): the dialogue around an attempt to log in (account/login.h),
 * and the words for what came of it.
 */
#include "account/login.h"
#include "run/worker.h"
#include "serve/smtp_transcript.h"
#include "submit/session.h"

static enum login_verdict converse(struct smtp_session *session, struct login *login,
	const struct smtp_command *command, struct reply *reply,
	struct deadline deadline);
static bool read_answer(struct smtp_session *session, struct slice *line_r,
	struct reply *reply, struct deadline deadline);
static void skip_line(struct stream *stream, struct deadline deadline);
static void log_in(struct smtp_session *session, struct reply *reply);
static void answer(struct smtp_session *session, const struct login *login,
	enum login_verdict verdict, struct reply *reply);

unsigned submission_mechanisms(struct smtp_session *session)
{
	const struct config_listener *listener = session->listener;

	return login_mechanisms(session->config, &listener->mechanisms,
		listener->auth_without_tls, session->stream);
}

void submission_authenticate(struct smtp_session *session,
	const struct smtp_command *command, struct reply *reply,
	struct deadline deadline)
{
	struct submission_session *self = submission_of(session);
	struct login_options options = {
		.accounts = self->submission->accounts,
		.config = session->config,
		.stream = session->stream,
		.scope = ACCOUNT_SUBMIT,
		.delay_ms = session->config->submission.auth_delay_ms,
		.sessions_max = session->config->submission.sessions_per_account,
	};
	struct login *login;
	enum login_verdict verdict;

	submission_log_out(self);
	if (!submission_mechanisms(session)) {
		*reply = stream_facts(session->stream)->encrypted || !session->tls
				 ? REPLY(503, 5, 5, 1, "AUTH is not offered here")
				 : REPLY(538, 5, 7, 11, "Say STARTTLS before AUTH");
		return;
	}
	login = login_create(&options, &self->who);
	verdict = converse(session, login, command, reply, deadline);
	if (verdict == LOGIN_OK)
		log_in(session, reply);
	else if (verdict != LOGIN_CONTINUE)
		answer(session, login, verdict, reply);
	login_keep_delay(login, deadline);
	login_destroy(&login);
}

/* The exchange to its end; LOGIN_CONTINUE: the client broke it off, and *reply is
 * what to say to that. */
static enum login_verdict converse(struct smtp_session *session, struct login *login,
	const struct smtp_command *command, struct reply *reply,
	struct deadline deadline)
{
	enum login_verdict verdict = login_start(login, command->mechanism,
		submission_mechanisms(session), command->initial, deadline);
	struct slice line;

	while (verdict == LOGIN_CONTINUE) {
		stream_write(session->stream, SLICE("334 "));
		stream_write(session->stream, login_challenge(login));
		stream_write(session->stream, SLICE("\r\n"));
		if (transcript_wanted())
			smtp_transcript_challenge(session, login_challenge(login).size);
		if (!read_answer(session, &line, reply, deadline))
			break;
		verdict = login_step(login, line, deadline);
	}
	return verdict;
}

static bool read_answer(struct smtp_session *session, struct slice *line_r,
	struct reply *reply, struct deadline deadline)
{
	struct stream *stream = session->stream;
	enum smtp_line_fault fault;

	deadline = deadline_earlier(deadline,
		deadline_after_ms(session->config->submission.command_timeout_ms));
	*reply = REPLY(421, 4, 4, 2, "Idle for too long");
	if (!stream_wait(stream, deadline) ||
		!stream_read_line(stream, SMTP_AUTH_LINE_MAX, line_r, deadline))
		return false;
	fault = smtp_line_check(*line_r);
	if (fault == SMTP_LINE_UNTERMINATED) {
		skip_line(stream, deadline);
		*reply = REPLY(500, 5, 5, 6, "Line too long");
		return false;
	}
	if (fault != SMTP_LINE_OK) {
		*reply = REPLY(421, 4, 5, 2, "Lines end in CRLF, goodbye");
		return false;
	}
	*line_r = slice_part(*line_r, 0, line_r->size - 2);
	if (transcript_wanted())
		smtp_transcript_response(session, line_r->size);
	return true;
}

static void skip_line(struct stream *stream, struct deadline deadline)
{
	struct slice rest;

	do {
		if (!stream_read_line(stream, SMTP_AUTH_LINE_MAX, &rest, deadline))
			return;
	} while (!slice_ends(rest, SLICE("\n")));
}

static void log_in(struct smtp_session *session, struct reply *reply)
{
	struct submission_session *self = submission_of(session);

	self->submission->figures.logins++;
	session->account = self->who.account.name;
	*reply = REPLY(235, 2, 7, 0, "Welcome");
}

/* A right password that is not enough is worded as a wrong one. */
static void answer(struct smtp_session *session, const struct login *login,
	enum login_verdict verdict, struct reply *reply)
{
	switch (verdict) {
	case LOGIN_CONTINUE:
	case LOGIN_OK:
		break;
	case LOGIN_WRONG:
	case LOGIN_NEEDS_APP:
	case LOGIN_OTHER_SCOPE:
		submission_of(session)->submission->figures.login_failures++;
		*reply = REPLY(535, 5, 7, 8, "Authentication failed");
		break;
	case LOGIN_MALFORMED:
	case LOGIN_CANCELLED:
		*reply = login_refusal(login);
		break;
	case LOGIN_NOT_NOW:
		*reply = REPLY(454, 4, 7, 0, "Cannot check that now, try again later");
		break;
	case LOGIN_TOO_MANY:
		*reply = REPLY(421, 4, 7, 0,
			"This account has too many sessions; close one first");
		break;
	case LOGIN_BLOCKED:
		*reply = REPLY(421, 4, 7, 0, "Too many failed logins, try again later");
		break;
	case LOGIN_NOT_OFFERED:
		*reply = REPLY(504, 5, 5, 4, "That mechanism is not offered here");
		break;
	case LOGIN_UNUSABLE:
		*reply = REPLY(504, 5, 5, 4, "That mechanism cannot be used");
		break;
	}
}
