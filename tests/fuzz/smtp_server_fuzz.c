/*
 * The SMTP server dialogue against anything: the first byte says into pieces of
 * what size the rest is cut, and behind lines after which a client has to wait
 * it waits. Every line we say is a line of a reply, content
 * comes only where it was let in, and what is accepted is sound text.
 */
#include "serve/smtp_server.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/memory.h"
#include "mail/sasl.h"
#include "run/fiber.h"
#include "run/worker.h"

#include "watched.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define LIMIT_MS 60000

struct stub {
	bool begun, in_mail;
	unsigned recipients;
	struct text_facts facts;
};

static void stub_connect(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	session->context = NEW(struct stub);
}

static void stub_capabilities(
	struct smtp_session *session, struct capabilities *offered_r)
{
	*offered_r = (struct capabilities){.pipelining = true,
		.chunking = true,
		.size = true,
		.binarymime = true,
		.future_release = true,
		.hold_for_max_s = 1000,
		.deliver_by = true,
		.deliver_by_min_s = 10,
		.mt_priority = true,
		.auth_offered = true,
		.auth = SASL_BIT(SASL_PLAIN)};
}

static void stub_authenticate(struct smtp_session *session,
	const struct smtp_command *command, struct reply *reply,
	struct deadline deadline)
{
	struct slice line;

	HOLD(command->mechanism.size > 0);
	stream_write(session->stream, SLICE("334 \r\n"));
	if (!stream_read_line(session->stream, SMTP_AUTH_LINE_MAX, &line, deadline) ||
		!slice_equal(line, SLICE("u\r\n")))
		return;
	session->account = SLICE("u");
	*reply = REPLY(235, 2, 7, 0, "Welcome");
}

static void stub_client(struct smtp_session *session, struct slice login,
	struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;

	HOLD(!stub->in_mail && !session->helo.size && !session->account.size);
	HOLD(stream_facts(session->stream)->peer_address[0]);
	if (slice_equal(login, SLICE("no")))
		*reply = REPLY(554, 0, 0, 0, "No");
}

static bool is_refused(const struct smtp_command *command)
{
	return slice_equal(command->path.local, SLICE("no"));
}

static void stub_mail(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;

	HOLD(!stub->in_mail && session->helo.size > 0);
	if (is_refused(command))
		*reply = REPLY(550, 5, 1, 8, "No");
	else
		stub->in_mail = true;
}

static void stub_rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;

	HOLD(stub->in_mail && !stub->begun);
	if (is_refused(command))
		*reply = REPLY(550, 5, 1, 1, "No");
	else
		stub->recipients++;
}

static void stub_begin(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;

	HOLD(stub->in_mail && stub->recipients > 0 && !stub->begun);
	stub->begun = true;
	stub->facts = (struct text_facts){.line_limit = TEXT_LINE_MAX};
}

static bool stub_content(
	struct smtp_session *session, struct slice run, struct deadline deadline)
{
	struct stub *stub = session->context;

	HOLD(stub->begun && run.size > 0);
	text_check(&stub->facts, run);
	return true;
}

/* Odd sizes are known at once, others when asked for. */
struct smtp_pending {
	bool refused;
};

static struct smtp_pending *stub_end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;
	struct smtp_pending *pending;

	HOLD(stub->begun);
	text_check_end(&stub->facts);
	HOLD(stub->facts.bytes == facts->bytes);
	HOLD(facts->faults || !stub->facts.faults);
	*reply = facts->faults ? REPLY(550, 5, 6, 0, "No") : REPLY(250, 2, 0, 0, "Ok");
	if (facts->bytes % 2)
		return NULL;
	pending = NEW(struct smtp_pending);
	pending->refused = facts->faults != 0;
	return pending;
}

static void stub_outcome(struct smtp_session *session, struct smtp_pending *pending,
	struct reply *reply, struct deadline deadline)
{
	fiber_yield(deadline);
	*reply = pending->refused ? REPLY(550, 5, 6, 0, "No")
				  : REPLY(250, 2, 0, 0, "Ok");
	memory_free(pending);
}

static bool stub_is_known(const struct smtp_pending *pending)
{
	return pending->refused;
}

static void stub_reset(struct smtp_session *session)
{
	*(struct stub *)session->context = (struct stub){0};
}

static void stub_disconnect(struct smtp_session *session)
{
	memory_free(session->context);
}

static const struct smtp_policy policy = {stub_connect, stub_capabilities,
	stub_authenticate, stub_client, stub_mail, stub_rcpt, stub_begin, stub_content,
	stub_end, stub_outcome, stub_is_known, stub_reset, stub_disconnect};

static struct config *config;

struct talk {
	struct slice input;
	size_t piece;
	struct stream *peer, *ours;
};

static void serve(void *arg)
{
	struct talk *talk = arg;
	struct smtp_server_options options = {.stream = talk->ours,
		.config = config,
		.listener = &config->listeners[0],
		.policy = &policy};

	smtp_server_run(&options, deadline_after_ms(LIMIT_MS));
}

/* What it has said so far. */
static void hear(struct stream *peer)
{
	struct slice line;

	while (stream_has_line(peer, 1000)) {
		HOLD(stream_read_line(peer, 1000, &line, deadline_after_ms(0)));
		HOLD(line.size >= 6 && line.size <= REPLY_LINE_MAX &&
			slice_ends(line, SLICE("\r\n")));
		HOLD(line.at[0] >= '2' && line.at[0] <= '5' &&
			ascii_is_digit(line.at[1]) && ascii_is_digit(line.at[2]));
		HOLD(line.at[3] == ' ' || line.at[3] == '-');
	}
	HOLD(!stream_has_input(peer));
}

/* The next piece of INPUT that is sent at once. */
static struct slice next_piece(struct slice input, size_t size)
{
	static const struct slice last[] = {
		{"EHLO", 4}, {"HELO", 4}, {"DATA", 4}, {"AUTH", 4}};
	struct slice piece = slice_part(input, 0, size);
	size_t at = 0;

	while (at < piece.size) {
		struct slice line = slice_from(piece, at);

		at += slice_index(line, '\n') + 1;
		for (size_t i = 0; i < 4; i++)
			if (slice_starts_nocase(line, last[i]))
				return slice_part(piece, 0, at);
	}
	return piece;
}

static void converse(void *arg)
{
	struct talk *talk = arg;
	struct scope scope;

	watched_begin();
	scope_init(&scope);
	HOLD(stream_pair(1 << 20, &talk->peer, &talk->ours));
	HOLD(scope_spawn(&scope, "server", serve, talk));
	for (int i = 0; i < 3; i++)
		fiber_yield(deadline_none()); /* the greeting first */
	while (talk->input.size) {
		struct slice piece = next_piece(talk->input, talk->piece);

		talk->input = slice_from(talk->input, piece.size);
		if (!stream_send(talk->peer, &piece, 1, deadline_after_ms(LIMIT_MS)))
			break;
		for (int i = 0; i < 3; i++)
			fiber_yield(deadline_none());
	}
	if (stream_is_whole(talk->peer)) {
		stream_write(talk->peer, SLICE("\r\n.\r\nQUIT\r\n"));
		stream_flush(talk->peer, deadline_after_ms(LIMIT_MS));
		for (int i = 0; i < 20; i++)
			fiber_yield(deadline_none());
	}
	hear(talk->peer);
	stream_close(&talk->peer);
	HOLD(scope_join(&scope, deadline_after_ms(LIMIT_MS)));
	scope_finish(&scope, deadline_after_ms(0));
	watched_end();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct worker *worker;
	struct talk talk = {0};

	if (size == 0)
		return 0;
	if (!worker) {
		char *errors = NULL;

		event_set_level(EVENT_ERROR);
		config = config_parse_text("fuzz",
			SLICE("hostname: mx.example\n"
			      "listeners: [ { address: \"127.0.0.1:25\", tls: none, "
			      "role: submission, require_auth: false, "
			      "networks: [127.0.0.0/8], xclient: [127.0.0.1] } ]\n"
			      "submission: { message_size: 4 KiB, header_size: 1 KiB, "
			      "recipients: 3, errors: 50 }\n"),
			&errors);
		HOLD(config);
		worker = worker_create(&(struct worker_options){
			.ring_entries = 64, .buffer_count = 16, .fibers_max = 100});
		HOLD(worker);
	}
	talk.piece = data[0] ? data[0] : size;
	talk.input = slice_make(data + 1, size - 1);
	worker_run(worker, converse, &talk);
	return 0;
}
