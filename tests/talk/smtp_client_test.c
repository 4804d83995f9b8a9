/*
 * The SMTP client dialogue against transcripts of servers.
 *
 *	set tls may|must|verify    none where it is not set
 *	set implicit yes           TLS from the first byte
 *	set login user:password    AUTH
 *	set to a@x.test b@x.test   recipients of each message; a@one.test
 *	set messages 2             one after the other on this connection
 *	set ahead 3                with so many in flight
 *	set utf8 yes               a message that needs SMTPUTF8
 *	set size large             more than travels ahead of a RCPT's reply
 *	set notify yes             DSN parameters
 *	set wishes yes             BY, 60 s from the beginning, R; and priority -3
 *	set binary yes             BODY=BINARYMIME
 *	set outcome …              what it must come to, when nothing is cut:
 *
 * for each recipient "address reply", messages apart by " / "; a reply that did
 * not come is "-"; at the end how the dialogue broke, if it did: "| stage:
 * failure", "(unknown)" when the message may have been taken. Before there was
 * a message just "| stage: reply or failure".
 */
#include "check.h"

#include <glob.h>
#include <netinet/in.h>

#include "base/memory.h"
#include "io/material.h"
#include "relay/smtp_delivery.h"
#include "run/worker.h"
#include "talk.h"

#define RECIPIENTS_MAX 8
#define MESSAGES_MAX   8
#define LARGE	       70000

struct story {
	struct smtp_client *client;
	struct envelope envelope;
	struct recipient recipients[RECIPIENTS_MAX];
	struct smtp_delivery deliveries[MESSAGES_MAX];
	size_t recipient_count, count, begun, ended, most;
	struct arena arena;
	struct buffer outcome;
	char *content;
};

struct wanted {
	char *outcome, *came;
};

static enum tls_level level(void)
{
	const char *tls = talk_setting("tls");

	if (!tls)
		return TLS_NONE;
	return strcmp(tls, "may") == 0	  ? TLS_MAY
	       : strcmp(tls, "must") == 0 ? TLS_MUST
					  : TLS_VERIFY;
}

static const char *authority(void)
{
	static bool made;

	if (!made)
		material_make(&(struct material_wish){
			.name = "other.example", .names = "DNS:other.example"});
	made = true;
	/* The peer's own where the transcript has one (talk.c makes it). */
	return talk_setting("trusted") ? material_path("peer.example", "pem")
				       : material_path("other.example", "pem");
}

static void set_recipients(struct story *story)
{
	const char *to = talk_setting("to");
	struct slice rest = to ? slice_of(to) : SLICE("a@one.test");

	while (rest.at && story->recipient_count < RECIPIENTS_MAX) {
		struct recipient *recipient =
			&story->recipients[story->recipient_count++];

		recipient->address = arena_copy(&story->arena, slice_cut(&rest, ' '));
		if (talk_setting("notify")) {
			recipient->notify = NOTIFY_SUCCESS | NOTIFY_FAILURE;
			recipient->original = SLICE("rfc822;a+b@one.test");
		}
	}
}

static void set_content(struct story *story)
{
	size_t size = 0;

	if (!talk_setting("size"))
		return;
	story->content = memory_allocate(LARGE + 20);
	while (size < LARGE) {
		memcpy(story->content + size, "0123456\r\n", 10);
		size += 9;
	}
}

static void set_messages(struct story *story)
{
	const char *messages = talk_setting("messages");

	story->envelope.reverse_path = SLICE("me@here.test");
	story->envelope.smtputf8 = talk_setting("utf8") != NULL;
	if (talk_setting("wishes")) {
		story->envelope.deliver_by = DELIVER_BY_RETURN;
		story->envelope.deliver_by_ms = worker_wall_ms() + 60000;
		story->envelope.priority = -3;
	}
	if (talk_setting("notify")) {
		story->envelope.return_set = true;
		story->envelope.envelope_id = SLICE("id=1");
	}
	story->count = messages ? (size_t)atoi(messages) : 1;
	set_recipients(story);
	set_content(story);
	for (size_t i = 0; i < story->count; i++) {
		struct smtp_delivery *delivery = &story->deliveries[i];

		*delivery = (struct smtp_delivery){
			.envelope = &story->envelope,
			.recipients = story->recipients,
			.recipient_count = story->recipient_count,
			.content = SLICE("Subject: x\r\n\r\n.a\r\nb\r\n"),
			.eight_bit = true,
			.binary = talk_setting("binary") != NULL,
			.arena = &story->arena,
		};
		if (story->content)
			delivery->content = slice_of(story->content);
		delivery->size = delivery->content.size;
		delivery->answers = arena_take_array(&story->arena,
			story->recipient_count, sizeof(*delivery->answers));
	}
}

static void write_answers(struct story *story, const struct smtp_delivery *delivery)
{
	for (size_t i = 0; i < delivery->recipient_count; i++) {
		const struct reply *reply = &delivery->answers[i].reply;
		char text[200] = "-";

		if (reply->code)
			reply_print(reply, text, sizeof(text));
		buffer_append_format(&story->outcome, "%s%.*s %s", i ? ", " : "",
			SLICE_PRINT(delivery->recipients[i].address), text);
	}
	if (delivery->failure.kind != FAILURE_NONE)
		buffer_append_format(&story->outcome, " | %s: %s%s",
			smtp_stage_name(delivery->stage), delivery->failure.text,
			delivery->unknown ? " (unknown)" : "");
}

static struct smtp_delivery *next_delivery(void *context)
{
	struct story *story = context;

	return story->begun < story->count ? &story->deliveries[story->begun] : NULL;
}

static void deliver_all(struct story *story)
{
	while (story->begun < story->count) {
		struct smtp_delivery *delivery = &story->deliveries[story->begun++];
		bool good = smtp_client_deliver(
			story->client, delivery, next_delivery, story);

		if (story->begun > 1)
			buffer_append(&story->outcome, SLICE(" / "));
		write_answers(story, delivery);
		CHECK(good == (delivery->failure.kind == FAILURE_NONE));
		if (!good || !smtp_client_may_go_on(story->client))
			return;
	}
}

static void begin_more(void *context)
{
	struct story *story = context;

	while (story->begun < story->count &&
		story->begun - story->ended < story->most &&
		smtp_client_has_room(story->client))
		CHECK(smtp_client_begin(
			story->client, &story->deliveries[story->begun++]));
}

static void deliver_overlapping(struct story *story)
{
	for (bool good = true; story->ended < story->count; story->ended++) {
		struct smtp_delivery *delivery = &story->deliveries[story->ended];

		good = good && smtp_client_may_go_on(story->client);
		if (story->begun == story->ended && good)
			begin_more(story);
		if (story->begun == story->ended)
			return;
		if (good)
			good = smtp_client_await(
				story->client, delivery, begin_more, story);
		else
			smtp_client_abandon(story->client, delivery);
		if (story->ended)
			buffer_append(&story->outcome, SLICE(" / "));
		write_answers(story, delivery);
		CHECK(good == (delivery->failure.kind == FAILURE_NONE));
	}
}

static void open_failed(struct story *story, const struct smtp_opening *opening)
{
	char text[200];

	reply_print(&opening->reply, text, sizeof(text));
	buffer_append_format(&story->outcome, "| %s: %s%s",
		smtp_stage_name(opening->stage),
		opening->reply.code ? text : failure_last()->text,
		opening->tls_broken ? " (TLS broken)" : "");
}

static void tell_story(struct story *story, struct stream *stream)
{
	struct tls_client *tls = tls_client_create(authority(), "1.2");
	struct smtp_client_options options = {
		.hostname = "here.test",
		.peer_name = "peer.example",
		.tls = level(),
		.tls_implicit = talk_setting("implicit") != NULL,
		.tls_client = tls,
		.greeting_timeout_ms = 60000,
		.command_timeout_ms = 120000,
		.data_timeout_ms = 180000,
		.reply_timeout_ms = 600000,
	};
	struct smtp_opening opening;

	if (talk_setting("login")) {
		struct slice password = slice_of(talk_setting("login"));

		options.user = arena_copy_text(
			&story->arena, slice_cut(&password, ':'));
		options.password = arena_copy_text(&story->arena, password);
	}
	story->client = smtp_client_open_on(stream, &options, &story->arena, &opening);
	if (story->client) {
		set_messages(story);
		story->most = talk_setting("ahead")
				      ? (size_t)atoi(talk_setting("ahead"))
				      : 0;
		if (story->most)
			deliver_overlapping(story);
		else
			deliver_all(story);
	} else {
		open_failed(story, &opening);
	}
	smtp_client_close(&story->client, deadline_after_ms(10000));
	tls_client_release(&tls);
}

static void dialogue(struct stream *stream, void *context)
{
	struct story *story = NEW(struct story);
	struct wanted *wanted = context;
	const char *outcome = talk_setting("outcome");

	tell_story(story, stream);
	if (wanted) {
		memory_free(wanted->outcome);
		memory_free(wanted->came);
		wanted->outcome = outcome ? memory_copy_text(slice_of(outcome)) : NULL;
		wanted->came = memory_copy_text(buffer_contents(&story->outcome));
	}
	buffer_finish(&story->outcome);
	arena_finish(&story->arena);
	memory_free(story->content);
	memory_free(story);
}

/* What it says is checked by the transcript, what it takes from it here. */
static void check_outcome(const char *path)
{
	struct wanted wanted = {NULL, NULL};

	CHECK(talk_run(path, dialogue, &wanted, stderr));
	if (!wanted.outcome || !wanted.came) {
		fprintf(stderr, "%s: says no outcome; it came to «%s»\n", path,
			wanted.came ? wanted.came : "");
		CHECK(false);
	} else if (strcmp(wanted.outcome, wanted.came) != 0) {
		fprintf(stderr, "%s: came to «%s», not «%s»\n", path, wanted.came,
			wanted.outcome);
		CHECK(false);
	}
	memory_free(wanted.outcome);
	memory_free(wanted.came);
}

static void check_outcomes(const char *pattern)
{
	glob_t found;

	CHECK(glob(pattern, 0, NULL, &found) == 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_outcome(found.gl_pathv[i]);
	globfree(&found);
}

CASE("outcomes")
{
	check_outcomes(TALKS "/*.talk");
}

CASE("transcripts, cut at every byte, hung up after every line")
{
	CHECK(talk_check_folder(TALKS, dialogue, NULL, stderr));
}

/* Where it matters what arrives together, cuts change what is right. */
CASE("servers that speak before their turn")
{
	check_outcomes(TALKS "_once/*.talk");
}

CHECK_MAIN()
