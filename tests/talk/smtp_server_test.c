/*
 * The SMTP server dialogue against transcripts, with a policy that decides by
 * the names in the commands and tells back what content it was given.
 *
 *	set tls yes          STARTTLS is offered
 *	set implicit yes     (with a transcript that begins with "tls client")
 *	set greeting 421     what connecting is answered with: 421, 554
 *	set begin 452        what DATA and the first BDAT are answered with
 *	set content fails    the store cannot keep the content
 *	set outcome 10       seconds from a message's end until it is safe
 *	set stopping yes     the process is ending; 7s: after so long
 *	set session 10m      the whole session may last so long
 *	set submission KEY: VALUE, KEY: VALUE …
 *	set listener KEY: VALUE, …
 *	set extensions yes   FUTURERELEASE and what else MAIL may ask for is offered
 *	set moved no         the address that XCLIENT says may not connect
 *
 * With `outcome`, a message that has "bad" in it is refused after that time.
 * MAIL and RCPT for later@, never@, bye@ are answered 451, 550, 421, and RCPT
 * for full@ 452; what MAIL asks for by extensions is told back. AUTH PLAIN knows the
 *user "u" with the password "p".
 */
#include "check.h"

#include <ctype.h>
#include <glob.h>

#include "base/memory.h"
#include "io/material.h"
#include "io/tls.h"
#include "mail/sasl.h"
#include "run/worker.h"
#include "run/fiber.h"
#include "serve/smtp_server.h"
#include "talk.h"

struct stub {
	struct buffer content;
	bool begun, binary;
};

static void stub_connect(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	const char *greeting = talk_setting("greeting");

	session->context = NEW(struct stub);
	if (greeting)
		*reply = (struct reply){
			.code = atoi(greeting), .text = SLICE("Not here, not now")};
}

static void stub_capabilities(
	struct smtp_session *session, struct capabilities *offered_r)
{
	const struct config_submission *limits = &session->config->submission;
	bool encrypted = stream_facts(session->stream)->encrypted;

	*offered_r = (struct capabilities){.pipelining = true,
		.size = true,
		.size_max = limits->message_size,
		.eight_bit = true,
		.smtputf8 = true,
		.chunking = true,
		.dsn = true,
		.enhanced_codes = true,
		.mail_max = limits->messages_per_session,
		.rcpt_max = limits->recipients,
		.auth_offered = encrypted,
		.auth = encrypted ? SASL_BIT(SASL_PLAIN) : 0};
	if (!talk_setting("extensions"))
		return;
	offered_r->binarymime = offered_r->future_release = offered_r->deliver_by =
		offered_r->mt_priority = true;
	offered_r->requiretls = encrypted;
	offered_r->hold_for_max_s = 86400;
	offered_r->hold_until_max_ms = worker_wall_ms() + 86400000;
	offered_r->deliver_by_min_s = 10;
	offered_r->priority_policy = "MIXER";
}

static void stub_authenticate(struct smtp_session *session,
	const struct smtp_command *command, struct reply *reply,
	struct deadline deadline)
{
	struct slice line = command->initial;

	if (!line.at) {
		stream_write(session->stream, SLICE("334 \r\n"));
		if (!stream_read_line(
			    session->stream, SMTP_AUTH_LINE_MAX, &line, deadline))
			return;
		line = slice_trim_all(line);
	}
	if (!slice_equal(line, SLICE("AHUAcA==")))
		return;
	session->account = SLICE("u");
	*reply = REPLY(235, 2, 7, 0, "Welcome");
}

/* Some addresses are refused. */
static bool stub_refuses(struct slice local, struct reply *reply)
{
	if (slice_equal(local, SLICE("later")))
		*reply = REPLY(451, 4, 3, 0, "Try later");
	else if (slice_equal(local, SLICE("never")))
		*reply = REPLY(550, 5, 7, 1, "Never");
	else if (slice_equal(local, SLICE("bye")))
		*reply = REPLY(421, 4, 3, 0, "Goodbye");
	else if (slice_equal(local, SLICE("full")))
		*reply = REPLY(452, 4, 5, 3, "Full");
	else
		return false;
	return true;
}

static void stub_mail(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;
	const struct smtp_extensions *asked = &command->extensions;
	char by[BY_TEXT_SIZE];

	stub->binary = command->body == SMTP_BODY_BINARYMIME;
	if (stub_refuses(command->path.local, reply))
		return;
	if (asked->hold_for_s || asked->hold_until_ms)
		reply->text = arena_format(&session->command_arena,
			"Held %llu s or until %lld",
			(unsigned long long)asked->hold_for_s,
			(long long)asked->hold_until_ms / 1000);
	else if (asked->by_given)
		reply->text = arena_format(&session->command_arena, "By %.*s",
			SLICE_PRINT(extension_print_by(asked, by)));
	else if (asked->priority_given)
		reply->text = arena_format(
			&session->command_arena, "Priority %d", asked->priority);
	else if (asked->require_tls)
		reply->text = SLICE("With TLS");
	else if (stub->binary)
		reply->text = SLICE("Binary");
}

/* Who it is now. */
static void stub_client(struct smtp_session *session, struct slice login,
	struct reply *reply, struct deadline deadline)
{
	const struct stream_facts *facts = stream_facts(session->stream);

	reply->text = arena_format(&session->command_arena,
		"%s to %s name %.*s helo %.*s login %.*s", facts->peer, facts->local,
		SLICE_PRINT(session->client_name), SLICE_PRINT(session->client_helo),
		SLICE_PRINT(login));
}

static bool moved(const void *context, const struct stream_facts *facts)
{
	return !talk_setting("moved");
}

static void stub_begin(
	struct smtp_session *session, struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;
	const char *begin = talk_setting("begin");

	CHECK(!stub->begun);
	if (begin)
		*reply = (struct reply){.code = atoi(begin),
			.enhanced = {4, 3, 1},
			.text = SLICE("Not now")};
	else
		stub->begun = true;
}

static bool stub_content(
	struct smtp_session *session, struct slice run, struct deadline deadline)
{
	struct stub *stub = session->context;

	CHECK(stub->begun);
	buffer_append(&stub->content, run);
	return !talk_setting("content");
}

/* What came, as it can stand on one line, or how much if that is long. */
static struct slice shown(struct arena *arena, struct slice content)
{
	char *text = arena_take(arena, content.size * 4 + 1), *at = text;

	if (content.size > 60)
		return arena_format(arena, "%zu bytes", content.size);
	for (size_t i = 0; i < content.size; i++) {
		char c = content.at[i];

		if (c == '\r')
			at += sprintf(at, "\\r");
		else if (c == '\n')
			at += sprintf(at, "\\n");
		else if (isprint((unsigned char)c))
			*at++ = c;
		else
			at += sprintf(at, "\\x%02x", (unsigned char)c);
	}
	return slice_make(text, (size_t)(at - text));
}

/* What `outcome` answers when its time has come. */
struct smtp_pending {
	struct arena arena;
	struct reply reply;
	int64_t known_us;
};

static struct smtp_pending *stub_pending(const struct reply *reply, bool bad)
{
	struct smtp_pending *pending = NEW(struct smtp_pending);

	pending->reply = bad ? REPLY(451, 4, 3, 0, "Bad") : *reply;
	pending->reply.text = arena_copy(&pending->arena, pending->reply.text);
	pending->known_us = worker_now_us() + atoi(talk_setting("outcome")) * 1000000;
	return pending;
}

static bool stub_is_known(const struct smtp_pending *pending)
{
	return worker_now_us() >= pending->known_us;
}

static void stub_outcome(struct smtp_session *session, struct smtp_pending *pending,
	struct reply *reply, struct deadline deadline)
{
	struct deadline known = deadline_after_ms(
		(pending->known_us - worker_now_us()) / 1000);

	if (!stub_is_known(pending))
		fiber_sleep(deadline_earlier(deadline, known));
	*reply = pending->reply;
	reply->text = arena_copy(&session->command_arena, pending->reply.text);
	arena_finish(&pending->arena);
	memory_free(pending);
}

static struct smtp_pending *stub_end(struct smtp_session *session,
	const struct text_facts *facts, struct reply *reply, struct deadline deadline)
{
	struct stub *stub = session->context;
	struct slice content = buffer_contents(&stub->content);
	struct arena *arena = &session->command_arena;

	CHECK(stub->begun);
	if (talk_setting("content"))
		*reply = REPLY(451, 4, 3, 0, "Cannot store it");
	else if (facts->faults && !stub->binary)
		*reply = (struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = slice_of(text_fault_words(facts->faults))};
	else
		*reply = (struct reply){.code = 250,
			.enhanced = {2, 0, 0},
			.text = arena_format(arena, "[%.*s]",
				SLICE_PRINT(shown(
					arena, buffer_contents(&stub->content))))};
	if (!talk_setting("outcome"))
		return NULL;
	return stub_pending(reply, slice_find(content, SLICE("bad")) < content.size);
}

static void stub_rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply, struct deadline deadline)
{
	if (!stub_refuses(command->path.local, reply) && command->notify)
		reply->text = SLICE("Recipient ok, with NOTIFY");
}

static void stub_reset(struct smtp_session *session)
{
	struct stub *stub = session->context;

	buffer_clear(&stub->content);
	stub->begun = false;
}

static void stub_disconnect(struct smtp_session *session)
{
	struct stub *stub = session->context;

	buffer_finish(&stub->content);
	memory_free(stub);
}

static const struct smtp_policy policy = {
	.connect = stub_connect,
	.capabilities = stub_capabilities,
	.authenticate = stub_authenticate,
	.client = stub_client,
	.mail = stub_mail,
	.rcpt = stub_rcpt,
	.begin = stub_begin,
	.content = stub_content,
	.end = stub_end,
	.outcome = stub_outcome,
	.is_known = stub_is_known,
	.reset = stub_reset,
	.disconnect = stub_disconnect,
};

static struct config *read_config(void)
{
	const char *submission = talk_setting("submission");
	const char *listener = talk_setting("listener");
	char *errors = NULL;
	char *text = memory_format("hostname: mx.example\n"
				   "listeners:\n"
				   "  - { address: \"127.0.0.1:25\", role: submission, "
				   "tls: none, %s }\n"
				   "submission: { %s }\n",
		listener ? listener : "require_auth: false",
		submission ? submission : "recipients: 100");
	struct config *config = config_parse_text("talk", slice_of(text), &errors);

	if (!config)
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	memory_free(text);
	return config;
}

static struct tls_server *make_tls(void)
{
	static bool made;
	struct tls_pair pair;
	size_t which;

	if (!made)
		material_make(&(struct material_wish){
			.name = "mx.example", .names = "DNS:mx.example"});
	made = true;
	pair = (struct tls_pair){
		material_path("mx.example", "pem"), material_path("mx.example", "key")};
	return tls_server_create(&pair, 1, "1.2", "smtp", &which);
}

/* The process that begins to end. */
struct stopper {
	struct timer timer;
	bool stopping, resting;
	struct fiber *session;
};

static void stop(struct timer *timer)
{
	struct stopper *stopper = CONTAINER_OF(timer, struct stopper, timer);

	stopper->stopping = true;
	if (stopper->resting)
		fiber_hurry(stopper->session);
}

static void dialogue(struct stream *stream, void *context)
{
	struct config *config = read_config();
	const char *stops = talk_setting("stopping");
	struct stopper stopper = {
		.timer.run = stop,
		.stopping = stops && strcmp(stops, "yes") == 0,
		.session = fiber_self(),
	};
	struct tls_server *tls = talk_setting("tls") || talk_setting("implicit")
					 ? make_tls()
					 : NULL;
	struct deadline end = deadline_after_ms(
		talk_setting("session") ? 600000 : 3600000);
	struct smtp_server_options options = {
		.stream = stream,
		.config = config,
		.listener = &config->listeners[0],
		.tls = tls,
		.policy = &policy,
		.stopping = &stopper.stopping,
		.resting = &stopper.resting,
		.moved = moved,
	};

	if (talk_setting("implicit"))
		options.stream = tls_accept(&options.stream, tls, end);
	if (stops && !stopper.stopping)
		timer_start(&stopper.timer, deadline_after_ms(atoi(stops) * 1000));
	if (options.stream)
		smtp_server_run(&options, end);
	timer_stop(&stopper.timer);
	tls_server_release(&tls);
	config_release(&config);
}

CASE("transcripts, cut at every byte, hung up after every line")
{
	CHECK(talk_check_folder(TALKS, dialogue, NULL, stderr));
}

/* Where it matters what arrives together, cuts change what is right. */
CASE("transcripts of clients that speak before their turn or after the end")
{
	glob_t found;

	CHECK(glob(TALKS "_once/*.talk", 0, NULL, &found) == 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];

		CHECK(talk_run(path, dialogue, NULL, stderr));
		for (size_t line = 1; line <= talk_lines(path, stderr); line++)
			CHECK(talk_run_disconnect(path, line, dialogue, NULL, stderr));
	}
	globfree(&found);
}

CHECK_MAIN()
