/*
 * AUTH (RFC 4954): the exchange, and what becomes of those who fail it.
 *
 * A guesser learns nothing: names that have no account go the same way as
 * wrong passwords, take as long, and hear the same. Each failure is answered
 * later than the one before it, counted from the beginning of the exchange,
 * so that the time the answer took to find does not show.
 */
#include "submit/auth.h"

#include "base/event.h"
#include "base/memory.h"
#include "io/tls.h"
#include "run/worker.h"
#include "submit/node.h"

static struct sasl_server *create_server(
	struct smtp_session *session, enum sasl_mechanism mechanism, unsigned offered);
static bool converse(struct exchange *exchange, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline);
static bool read_answer(struct exchange *exchange, struct slice *line_r,
	struct reply *reply, struct deadline deadline);
static void skip_line(struct stream *stream, struct deadline deadline);
static void log_in(struct exchange *exchange, struct reply *reply);
static void refuse(
	struct exchange *exchange, struct reply *reply, struct deadline deadline);
static void tell(
	const struct exchange *exchange, enum event_level level, const char *event);

unsigned submission_mechanisms(struct smtp_session *session)
{
	const struct config_listener *listener = session->listener;
	bool encrypted = stream_facts(session->stream)->encrypted;
	unsigned offered = 0;
	enum sasl_mechanism mechanism;
	char binding[64];
	size_t size;

	if (!encrypted && !listener->auth_without_tls)
		return 0;
	for (size_t i = 0; i < listener->mechanisms.count; i++)
		if (sasl_mechanism_find(
			    slice_of(listener->mechanisms.at[i]), &mechanism))
			offered |= SASL_BIT(mechanism);
	if (!encrypted || session->config->oauth_count == 0) /* RFC 7628 3 */
		offered &= ~(SASL_BIT(SASL_OAUTHBEARER) | SASL_BIT(SASL_XOAUTH2));
	if ((offered & SASL_BIT(SASL_SCRAM_SHA_256_PLUS)) &&
		!(encrypted && tls_channel_binding(session->stream,
				       tls_is_1_3(session->stream), binding, &size)))
		offered &= ~SASL_BIT(SASL_SCRAM_SHA_256_PLUS);
	return offered;
}

void submission_authenticate(struct smtp_session *session,
	const struct smtp_command *command, struct reply *reply,
	struct deadline deadline)
{
	struct exchange exchange = {
		.session = session,
		.self = submission_of(session),
		.begun_us = worker_now_us(),
	};
	const struct stream_facts *facts = stream_facts(session->stream);
	struct submission_node *node = exchange.self->submission->node;
	unsigned offered = submission_mechanisms(session);

	submission_log_out(exchange.self);
	if (!offered) {
		*reply = facts->encrypted || !session->tls
				 ? REPLY(503, 5, 5, 1, "AUTH is not offered here")
				 : REPLY(538, 5, 7, 11, "Say STARTTLS before AUTH");
	} else if (node_address_is_blocked(
			   node, facts->peer_bytes, exchange.begun_us)) {
		exchange.reason = "too many failures from this address";
		tell(&exchange, EVENT_WARNING, "login_failed");
		*reply = REPLY(421, 4, 7, 0, "Too many failed logins, try again later");
	} else if (!sasl_mechanism_find(command->mechanism, &exchange.mechanism) ||
		   !(offered & SASL_BIT(exchange.mechanism))) {
		*reply = REPLY(504, 5, 5, 4, "That mechanism is not offered here");
	} else {
		exchange.server = create_server(session, exchange.mechanism, offered);
		if (!exchange.server)
			*reply = REPLY(504, 5, 5, 4, "That mechanism cannot be used");
		else if (converse(&exchange, command, reply, deadline))
			log_in(&exchange, reply);
		else if (reply->code == 535)
			refuse(&exchange, reply, deadline);
		sasl_server_destroy(&exchange.server);
	}
	arena_finish(&exchange.arena);
}

static struct sasl_server *create_server(
	struct smtp_session *session, enum sasl_mechanism mechanism, unsigned offered)
{
	struct sasl_binding binding = {0};
	char bytes[64];
	size_t size;
	bool exporter;

	if (!stream_facts(session->stream)->encrypted)
		return sasl_server_create(mechanism, NULL, false);
	exporter = tls_is_1_3(session->stream);
	if (tls_channel_binding(session->stream, exporter, bytes, &size)) {
		if (exporter)
			binding.tls_exporter = slice_make(bytes, size);
		else
			binding.tls_unique = slice_make(bytes, size);
	}
	return sasl_server_create(
		mechanism, &binding, offered & SASL_BIT(SASL_SCRAM_SHA_256_PLUS));
}

/* The exchange to its end: true when the client is whom it says; false with
 * the reply. */
static bool converse(struct exchange *exchange, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	struct sasl_server *server = exchange->server;
	enum sasl_progress progress = sasl_server_start(server, command->initial);
	struct slice line;

	for (;;) {
		switch (progress) {
		case SASL_CONTINUE:
			stream_write(exchange->session->stream, SLICE("334 "));
			stream_write(
				exchange->session->stream, sasl_server_output(server));
			stream_write(exchange->session->stream, SLICE("\r\n"));
			if (!read_answer(exchange, &line, reply, deadline))
				return false;
			progress = sasl_server_step(server, line);
			break;
		case SASL_NEED_ACCOUNT:
			if (!auth_give_account(exchange, &progress, reply, deadline))
				return false;
			break;
		case SASL_NEED_PASSWORD_CHECK:
			if (!auth_give_verdict(exchange, &progress, reply, deadline))
				return false;
			break;
		case SASL_NEED_TOKEN_CHECK:
			if (!auth_check_token(exchange, &progress, reply, deadline))
				return false;
			break;
		case SASL_DONE:
			return true;
		case SASL_FAILED:
			*reply = sasl_server_refusal(server);
			return false;
		}
	}
}

static bool read_answer(struct exchange *exchange, struct slice *line_r,
	struct reply *reply, struct deadline deadline)
{
	struct smtp_session *session = exchange->session;
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

static void log_in(struct exchange *exchange, struct reply *reply)
{
	if (!submission_log_in(exchange->session, &exchange->account, exchange->app)) {
		exchange->reason = "too many sessions";
		tell(exchange, EVENT_WARNING, "login_failed");
		*reply = REPLY(421, 4, 7, 0,
			"This account has too many sessions; close one first");
		return;
	}
	exchange->self->token_expires_ms = exchange->token_expires_ms;
	exchange->reason = NULL;
	tell(exchange, EVENT_INFO, "login");
	*reply = REPLY(235, 2, 7, 0, "Welcome");
}

/* A wrong password or something that looks the same. */
static void refuse(
	struct exchange *exchange, struct reply *reply, struct deadline deadline)
{
	struct smtp_session *session = exchange->session;
	struct submission *submission = exchange->self->submission;
	int64_t delay_ms = node_count_failure(submission->node,
		stream_facts(session->stream)->peer_bytes, exchange->name,
		session->config->submission.auth_delay_ms, worker_now_us());
	struct deadline answer = {exchange->begun_us + delay_ms * 1000};

	submission->figures.login_failures++;
	if (!exchange->reason)
		exchange->reason = "not understood";
	tell(exchange, EVENT_WARNING, "login_failed");
	fiber_sleep(deadline_earlier(answer, deadline));
	*reply = REPLY(535, 5, 7, 8, "Authentication failed");
}

static void tell(
	const struct exchange *exchange, enum event_level level, const char *name)
{
	const struct stream_facts *facts = stream_facts(exchange->session->stream);
	struct event event;

	event_begin(&event, level, name);
	if (exchange->name.size)
		event_text(&event, "account", exchange->name);
	event_text(&event, "client", slice_of(facts->peer_address));
	if (exchange->server)
		event_text(&event, "mechanism",
			slice_of(sasl_mechanism_name(exchange->mechanism)));
	if (exchange->app && !exchange->reason)
		event_text(&event, "app", exchange->app->label);
	if (facts->encrypted)
		event_text(&event, "tls", slice_of(facts->tls_version));
	if (exchange->reason)
		event_text(&event, "reason", slice_of(exchange->reason));
	event_end(&event);
}
