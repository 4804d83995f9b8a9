/*
 * A connection from connect to ready: TLS, greeting, EHLO, STARTTLS, AUTH,
 * each timed. Each step names itself, so that what goes wrong is counted with
 * the step it went wrong in.
 */
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "mail/sasl_client.h"

#include "bench/dial.h"
#include "bench/source_session.h"

#define REPLY_LINE_READ_MAX 4096
#define QUIT_MS		    1000

struct opening {
	struct source_session *session;
	struct dial dial;
	const char *stage;
	struct reply refusal; /* code 0: none */
};

static bool connect_to(struct opening *opening);
static bool handshake(struct opening *opening);
static bool greet(struct opening *opening);
static bool hello(struct opening *opening);
static bool starttls(struct opening *opening);
static bool authenticate(struct opening *opening);
static bool choose_way(struct opening *opening);
static bool introduce(struct opening *opening);
static bool ask(struct opening *opening, const char *stage, const char *line);
static void failed(struct opening *opening);

struct deadline source_deadline(const struct source_session *session)
{
	return deadline_after_ms(
		session->worker->source->options.timeout_us / 1000 + 1);
}

bool source_read_reply(struct source_session *session, struct reply *reply_r)
{
	struct deadline deadline = source_deadline(session);
	enum reply_progress progress = REPLY_MORE;
	struct slice line;

	while (progress == REPLY_MORE) {
		if (!stream_read_line(
			    session->stream, REPLY_LINE_READ_MAX, &line, deadline))
			return false;
		if (line.at[line.size - 1] != '\n')
			return stream_fail(session->stream, FAILURE_PROTOCOL,
				"a line of the reply is too long");
		line.size--;
		if (line.size && line.at[line.size - 1] == '\r')
			line.size--;
		progress = reply_parser_feed(&session->parser, line);
	}
	if (progress == REPLY_FAULT)
		return stream_fail(
			session->stream, FAILURE_PROTOCOL, session->parser.fault);
	*reply_r = session->parser.reply;
	session->closing |= reply_r->code == 421;
	return true;
}

bool source_open(struct source_session *session)
{
	const struct source *source = session->worker->source;
	const struct source_options *options = &source->options;
	struct tally *tally = session->worker->tally;
	struct opening opening = {.session = session,
		.dial = {.target = session->target,
			.tally = tally,
			.tls = source->tls,
			.tls_name = options->tls_name,
			.verify = options->verify,
			.resume = !options->no_resume,
			.number = session->number}};
	int64_t began_us = worker_now_us();

	session->closing = session->disturbed = false;
	session->begun = session->written = 0;
	buffer_clear(&session->commands);
	if (!connect_to(&opening) || (options->tls && !handshake(&opening)) ||
		(!options->http && !introduce(&opening))) {
		failed(&opening);
		return false;
	}
	tally_time(tally, TALLY_OPENING, worker_now_us() - began_us);
	tally_count(tally, TALLY_CONNECTIONS, 1);
	tally_count(tally, TALLY_OPEN, 1);
	return true;
}

void source_quit(struct source_session *session)
{
	struct deadline deadline = deadline_after_ms(QUIT_MS);
	struct slice line;

	if (!session->stream)
		return;
	if (stream_is_whole(session->stream) && !session->closing &&
		!session->worker->source->options.http) {
		stream_write(session->stream, SLICE("QUIT\r\n"));
		stream_read_line(session->stream, REPLY_LINE_READ_MAX, &line, deadline);
	}
	stream_close(&session->stream);
	reply_parser_finish(&session->parser);
	tally_count(session->worker->tally, TALLY_OPEN, -1);
}

static bool connect_to(struct opening *opening)
{
	struct source_session *session = opening->session;

	opening->stage = "connect";
	session->stream = dial_connect(&opening->dial, source_deadline(session));
	return session->stream != NULL;
}

static bool handshake(struct opening *opening)
{
	struct source_session *session = opening->session;

	opening->stage = "TLS";
	return dial_tls(&opening->dial, &session->stream, source_deadline(session));
}

/* True for 2yz; another reply is kept as the refusal. */
static bool welcome(struct opening *opening, const char *stage)
{
	opening->stage = stage;
	if (!source_read_reply(opening->session, &opening->refusal))
		return false;
	if (!reply_is_positive(&opening->refusal))
		return false;
	opening->refusal.code = 0;
	return true;
}

static bool greet(struct opening *opening)
{
	return welcome(opening, "greeting");
}

static bool ask(struct opening *opening, const char *stage, const char *line)
{
	stream_write_format(opening->session->stream, "%s\r\n", line);
	return welcome(opening, stage);
}

static bool hello(struct opening *opening)
{
	struct source_session *session = opening->session;

	stream_write_format(session->stream, "EHLO %s\r\n",
		session->worker->source->options.hostname);
	session->capabilities = (struct capabilities){0};
	if (!welcome(opening, "ehlo"))
		return false;
	capabilities_parse(&session->parser.reply, &session->capabilities);
	return true;
}

static bool starttls(struct opening *opening)
{
	struct source_session *session = opening->session;

	if (!session->worker->source->options.starttls)
		return true;
	opening->stage = "starttls";
	if (!session->capabilities.starttls)
		return fail(FAILURE_PROTOCOL, "the server does not offer STARTTLS");
	return ask(opening, "starttls", "STARTTLS") && handshake(opening) &&
	       hello(opening);
}

static bool exchange(struct opening *opening, struct sasl_client *sasl)
{
	struct source_session *session = opening->session;

	for (;;) {
		if (!source_read_reply(session, &opening->refusal))
			return false;
		if (!reply_is_intermediate(&opening->refusal))
			break;
		sasl_client_step(sasl, opening->refusal.text);
		stream_write(session->stream, sasl_client_output(sasl));
		stream_write(session->stream, SLICE("\r\n"));
	}
	if (!reply_is_positive(&opening->refusal))
		return false;
	opening->refusal.code = 0;
	return sasl_client_is_complete(sasl) ||
	       fail(FAILURE_PROTOCOL, "AUTH went well without the server's proof");
}

static bool choose_mechanism(
	const struct source_session *session, enum sasl_mechanism *mechanism_r)
{
	const char *name = session->worker->source->options.mechanism;
	bool tls = stream_facts(session->stream)->encrypted;

	if (name)
		return sasl_mechanism_find(slice_of(name), mechanism_r);
	return sasl_client_choose(session->capabilities.auth, tls, mechanism_r) ||
	       fail(FAILURE_PROTOCOL,
		       "no AUTH mechanism is offered that is safe %s TLS",
		       tls ? "with" : "without");
}

static bool authenticate(struct opening *opening)
{
	struct source_session *session = opening->session;
	const struct source *source = session->worker->source;
	int64_t began_us = worker_now_us();
	enum sasl_mechanism mechanism;
	struct sasl_client *sasl;
	bool good;

	if (!source->options.user)
		return true;
	opening->stage = "auth";
	if (!choose_mechanism(session, &mechanism))
		return false;
	sasl = sasl_client_create(
		mechanism, slice_of(source->options.user), slice_of(source->password));
	if (!sasl)
		return fail(FAILURE_CONFIG, "user or password cannot be used for %s",
			sasl_mechanism_name(mechanism));
	stream_write_format(session->stream, "AUTH %s", sasl_mechanism_name(mechanism));
	if (sasl_client_has_initial(sasl)) {
		stream_write(session->stream, SLICE(" "));
		stream_write(session->stream, sasl_client_output(sasl));
	}
	stream_write(session->stream, SLICE("\r\n"));
	good = exchange(opening, sasl);
	sasl_client_destroy(&sasl);
	if (good)
		tally_time(
			session->worker->tally, TALLY_AUTH, worker_now_us() - began_us);
	return good;
}

static bool introduce(struct opening *opening)
{
	return greet(opening) && hello(opening) && starttls(opening) &&
	       authenticate(opening) && choose_way(opening);
}

static bool choose_way(struct opening *opening)
{
	struct source_session *session = opening->session;
	const struct source_options *options = &session->worker->source->options;
	const struct capabilities *offered = &session->capabilities;
	bool chunked = offered->chunking && offered->pipelining;

	opening->stage = "ehlo";
	if (options->chunking && !chunked)
		return fail(FAILURE_PROTOCOL,
			"the server does not offer CHUNKING and PIPELINING");
	if (options->pipelining && !offered->pipelining)
		return fail(FAILURE_PROTOCOL, "the server does not offer PIPELINING");
	if (options->lockstep || !offered->pipelining)
		session->way = SOURCE_LOCKSTEP;
	else
		session->way = chunked && !options->pipelining ? SOURCE_CHUNKED
							       : SOURCE_PIPELINED;
	return true;
}

static void failed(struct opening *opening)
{
	struct source_session *session = opening->session;
	struct tally *tally = session->worker->tally;

	if (opening->refusal.code)
		tally_reply(tally, opening->stage, &opening->refusal);
	else if (!session->worker->stopping)
		tally_text(tally, opening->stage, failure_last()->text);
	tally_count(tally, TALLY_BROKEN, 1);
	stream_close(&session->stream);
	reply_parser_finish(&session->parser);
}
