/*
 * The SMTP client dialogue: connecting, greeting, STARTTLS, AUTH, and the end.
 *
 * Each step names itself before it begins, so that whatever goes wrong can be
 * said with the step it went wrong in.
 */
#include "relay/smtp_client.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/timing.h"
#include "run/worker.h"

#include "relay/client_core.h"

#define LINE_SIZE      300 /* a verb and a name */
#define AUTH_STEPS_MAX 10  /* no mechanism has as many */

const char *smtp_stage_name(enum smtp_stage stage)
{
	static const char *const names[] = {
		[STAGE_LOOKUP] = "lookup",
		[STAGE_CONNECT] = "connect",
		[STAGE_GREETING] = "greeting",
		[STAGE_EHLO] = "EHLO",
		[STAGE_STARTTLS] = "STARTTLS",
		[STAGE_HANDSHAKE] = "TLS handshake",
		[STAGE_AUTH] = "AUTH",
		[STAGE_MAIL] = "MAIL",
		[STAGE_RCPT] = "RCPT",
		[STAGE_DATA] = "DATA",
		[STAGE_CONTENT] = "content",
		[STAGE_RSET] = "RSET",
	};

	return names[stage];
}

static struct slice without_line_end(struct slice line)
{
	if (slice_ends(line, SLICE("\n")))
		line.size--;
	if (slice_ends(line, SLICE("\r")))
		line.size--;
	return line;
}

bool client_read_reply(struct smtp_client *client, struct arena *arena,
	struct reply *reply_r, struct deadline deadline)
{
	struct stream *stream = client->stream;
	enum reply_progress progress = REPLY_MORE;
	struct slice line;

	if (client->closing)
		return stream_fail(stream, FAILURE_CLOSED,
			"the peer has announced the end of the connection");
	while (progress == REPLY_MORE) {
		if (!stream_read_line(stream, CLIENT_LINE_MAX, &line, deadline))
			return false;
		if (!slice_ends(line, SLICE("\n")))
			return stream_fail(stream, FAILURE_PROTOCOL,
				"a line of the reply is too long");
		if (transcript_wanted())
			client_tell_heard(client, line);
		progress = reply_parser_feed(&client->parser, without_line_end(line));
	}
	if (progress == REPLY_FAULT)
		return stream_fail(stream, FAILURE_PROTOCOL, client->parser.fault);
	*reply_r = reply_copy(arena, &client->parser.reply);
	client->closing |= reply_r->code == 421;
	return true;
}

bool client_await_reply(struct smtp_client *client, enum timing timing,
	struct timing_steps *steps, struct arena *arena, struct reply *reply_r,
	struct deadline deadline)
{
	struct timing_step step = {.timing = timing, .began_us = worker_now_us()};
	bool good = client_read_reply(client, arena, reply_r, deadline);

	step.ended_us = worker_now_us();
	step.code = good ? reply_r->code : 0;
	timing_step(steps, &step);
	return good;
}

static void write_line(struct smtp_client *client, const char *verb, const char *name)
{
	char line[LINE_SIZE];
	int size = snprintf(line, sizeof(line), "%s%s\r\n", verb, name);
	struct slice said = slice_make(line, (size_t)size);

	stream_write(client->stream, said);
	if (transcript_wanted())
		client_tell(client, 0, said);
}

/* Sends one command line and reads its reply. */
static bool ask(struct smtp_client *client, struct arena *arena, struct reply *reply_r,
	const char *line, struct deadline deadline)
{
	write_line(client, line, "");
	return client_read_reply(client, arena, reply_r, deadline);
}

/* A refusal goes to the opening; true for the replies that let us go on. */
static bool welcome(struct smtp_opening *opening, const struct reply *reply)
{
	if (reply_is_positive(reply))
		return true;
	opening->reply = *reply;
	return false;
}

static bool greet(
	struct smtp_client *client, struct arena *arena, struct smtp_opening *opening)
{
	struct deadline deadline = deadline_after_ms(
		client->options.greeting_timeout_ms);
	struct reply reply;

	opening->stage = STAGE_GREETING;
	return client_await_reply(client, TIMING_GREETING, client->options.steps, arena,
		       &reply, deadline) &&
	       welcome(opening, &reply);
}

/* EHLO, and HELO where that is all a peer knows (RFC 5321 3.2). */
static bool hello(
	struct smtp_client *client, struct arena *arena, struct smtp_opening *opening)
{
	struct deadline deadline = client_command_deadline(client);
	const char *name = client->options.hostname;
	uint64_t most = client->options.recipients_max;
	uint64_t *limit = &client->capabilities.rcpt_max;
	struct reply reply;

	opening->stage = STAGE_EHLO;
	client->capabilities = (struct capabilities){0};
	write_line(client, "EHLO ", name);
	if (!client_await_reply(client, TIMING_EHLO, client->options.steps, arena,
		    &reply, deadline))
		return false;
	if (reply_is_positive(&reply)) {
		capabilities_parse(&reply, &client->capabilities);
		client->capabilities.esmtp = true;
		if (most && (*limit == 0 || *limit > most))
			*limit = most;
		return true;
	}
	if (reply.code != 500 && reply.code != 502 && reply.code != 504 &&
		reply.code != 550)
		return welcome(opening, &reply);
	write_line(client, "HELO ", name);
	return client_read_reply(client, arena, &reply, deadline) &&
	       welcome(opening, &reply);
}

static bool handshake(struct smtp_client *client, struct smtp_opening *opening)
{
	const struct smtp_client_options *options = &client->options;
	struct tls_target target = {
		.name = options->tls_name ? options->tls_name : options->peer_name,
		.verify = options->tls >= TLS_VERIFY,
		.tlsa = options->tlsa,
		.tlsa_count = options->tls == TLS_DANE ? options->tlsa_count : 0,
		.other_names = {options->tls_other_names[0],
			options->tls_other_names[1]},
		.fault_r = &opening->fault,
	};
	struct timing_step step = {.timing = TIMING_TLS, .began_us = worker_now_us()};

	opening->stage = STAGE_HANDSHAKE;
	client->stream = tls_connect(&client->stream, options->tls_client, &target,
		client_command_deadline(client));
	step.ended_us = worker_now_us();
	timing_step(options->steps, &step);
	opening->tls_broken = !client->stream;
	if (transcript_wanted())
		client_tell_tls(client);
	return client->stream != NULL;
}

static bool starttls(
	struct smtp_client *client, struct arena *arena, struct smtp_opening *opening)
{
	enum tls_level level = client->options.tls;
	struct reply reply;

	if (level == TLS_NONE || client->options.tls_implicit)
		return true;
	opening->stage = STAGE_STARTTLS;
	if (!client->capabilities.starttls) {
		if (level == TLS_MAY)
			return true;
		opening->tls_missing = true;
		return fail(FAILURE_TLS,
			"TLS is required, and %s does not offer STARTTLS",
			client->options.peer_name);
	}
	opening->tls_broken = true; /* a server that falls silent here, too */
	if (!ask(client, arena, &reply, "STARTTLS", client_command_deadline(client)))
		return false;
	opening->tls_broken = false;
	if (!reply_is_positive(&reply)) {
		/* Offered and then refused: opportunistic TLS goes on without. */
		opening->tls_missing = level != TLS_MAY;
		if (level == TLS_MAY && reply.code != 421)
			return true;
		return welcome(opening, &reply);
	}
	/* RFC 3207 4.2: what was learned before is forgotten. */
	if (!handshake(client, opening))
		return false;
	/* Under 1.3 the server's refusal comes after our end of the handshake. */
	if (hello(client, arena, opening))
		return true;
	opening->tls_broken = opening->reply.code == 0;
	return false;
}

/* RFC 8689 4.2.1: what is said before TLS does not count. */
static bool passes_on(struct smtp_client *client, struct smtp_opening *opening)
{
	if (!client->options.tls_requires || client->capabilities.requiretls)
		return true;
	opening->requires_missing = true;
	return fail(FAILURE_PROTOCOL, "%s does not offer REQUIRETLS",
		client->options.peer_name);
}

struct smtp_client *smtp_client_open_on(struct stream *stream,
	const struct smtp_client_options *options, struct arena *arena,
	struct smtp_opening *opening_r)
{
	struct smtp_client *client = NEW(struct smtp_client);
	struct failure failure;

	client->stream = stream;
	client->options = *options;
	*opening_r = (struct smtp_opening){.stage = STAGE_CONNECT};
	client->opened = (!options->tls_implicit || handshake(client, opening_r)) &&
			 greet(client, arena, opening_r) &&
			 hello(client, arena, opening_r) &&
			 starttls(client, arena, opening_r) &&
			 passes_on(client, opening_r) &&
			 client_log_in(client, arena, opening_r);
	if (client->opened)
		return client;
	client->closing |= opening_r->reply.code == 0;
	failure = *failure_last();
	smtp_client_close(&client, deadline_after_ms(1000));
	if (failure.kind != FAILURE_NONE)
		fail_again(&failure);
	return NULL;
}

struct smtp_client *smtp_client_open(const struct smtp_client_options *options,
	struct arena *arena, struct smtp_opening *opening_r)
{
	struct deadline deadline = deadline_after_ms(options->connect_timeout_ms);
	struct stream *stream = stream_connect(options->address, NULL, deadline);

	*opening_r = (struct smtp_opening){.stage = STAGE_CONNECT};
	return stream ? smtp_client_open_on(stream, options, arena, opening_r) : NULL;
}

const struct capabilities *smtp_client_capabilities(const struct smtp_client *client)
{
	return &client->capabilities;
}

const struct stream_facts *smtp_client_facts(const struct smtp_client *client)
{
	return stream_facts(client->stream);
}

bool smtp_client_describe_tls(
	const struct smtp_client *client, struct arena *arena, struct tls_peer *peer_r)
{
	return tls_peer_describe(client->stream, arena, peer_r);
}

bool smtp_client_may_go_on(const struct smtp_client *client)
{
	return !client->closing && stream_is_whole(client->stream);
}

/* Whatever waits unasked for is a farewell (421) or the end of input. */
bool smtp_client_is_usable(struct smtp_client *client)
{
	return client && !client->closing && !client->ahead &&
	       client->begun == client->ended && stream_is_whole(client->stream) &&
	       !stream_has_input(client->stream);
}

uint64_t smtp_client_messages(const struct smtp_client *client)
{
	return client->messages;
}

void smtp_client_idle(struct smtp_client *client, struct deadline deadline)
{
	buffer_finish(&client->outbox);
	if (stream_wait(client->stream, deadline) || !stream_is_whole(client->stream))
		client->closing = true;
}

void smtp_client_close(struct smtp_client **client, struct deadline deadline)
{
	struct smtp_client *old = *client;
	struct reply reply;

	*client = NULL;
	if (!old)
		return;
	if (old->stream && stream_is_whole(old->stream) && !old->closing &&
		!old->ahead && old->begun == old->ended)
		ask(old, &old->arena, &reply, "QUIT", deadline);
	client_tell_end(old, old->opened);
	if (old->stream)
		stream_finish(&old->stream, deadline);
	reply_parser_finish(&old->parser);
	buffer_finish(&old->outbox);
	arena_finish(&old->arena);
	memory_free(old);
}
