/* Reports tied to what they are about, on a real Redis: told once, kept, entered
 * into the suppression list; and what has no token is told, no more. */
#include "feedback/returns.h"

#include "../queue/world.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "feedback/category.h"
#include "feedback/complaint_fields.h"
#include "feedback/refusals.h"
#include "feedback/suppression.h"
#include "feedback/verp_keeper.h"
#include "run/worker.h"

#define SOON	deadline_after_ms(PATIENCE_MS)
#define SECRET	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SAMPLES RINGPOST_SOURCE "/tests/fuzz/corpus/report/"
#define WRITTEN "b.0k3x9wq2a7rt5m8n.4tz1@bounces.sender.example"

#define CONFIG                                                                     \
	"hostname: mail.sender.example\n"                                          \
	"listeners: [{ address: \"127.0.0.1:2525\", role: submission, tls: none, " \
	"require_auth: false }]\n"                                                 \
	"bounces: { domain: bounces.sender.example }\n"

static struct server server;
static struct config *config;
static struct classifier *classifier;
static struct refusals *refusals;
static struct redis *redis;
static struct suppression *list;
static struct verp_keeper *keeper;
static struct verp_secret secret;
static struct returns *returns;
static struct message_id id;
static uint64_t counter;

/* ---- The world ---- */

static bool is_loaded(void)
{
	struct deadline end = SOON;

	while (!suppression_is_loaded(list) && !deadline_has_passed(end))
		rest_ms(5);
	return suppression_is_loaded(list);
}

static void (*body_now)(void);

static void run_in_worker(void *arg)
{
	struct redis_options options = {.address = server.address, .timeout_ms = 10000};
	struct scope scope;
	char *errors = NULL;

	scope_init(&scope);
	config = config_parse_text("t.yaml", SLICE(CONFIG), &errors);
	if (!CHECK(config != NULL))
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	refusals = refusals_create();
	classifier = classifier_parse_text(NULL, SLICE_EMPTY, &errors);
	CHECK(classifier != NULL);
	redis = redis_open(&options, &scope);
	CHECK(redis_wait_up(redis, SOON));
	list = suppression_create();
	CHECK(suppression_start(list, redis, 1000, false, &scope));
	CHECK(is_loaded());
	CHECK(verp_secret_parse(SLICE(SECRET), &secret));
	keeper = verp_keeper_create();
	verp_keeper_use(keeper, &secret, redis, &scope);
	returns = returns_create(&(struct returns_options){.config = config,
		.classifier = classifier,
		.redis = redis,
		.suppression = list,
		.verp = keeper,
		.refusals = refusals});
	body_now();
	returns_destroy(&returns);
	refusals_destroy(&refusals);
	suppression_stop(list, deadline_after_ms(2000));
	scope_finish(&scope, deadline_after_ms(0));
	verp_keeper_destroy(&keeper);
	redis_close(&redis);
	suppression_destroy(&list);
	classifier_release(&classifier);
	config_release(&config);
}

static void with_world(void (*body)(void))
{
	struct worker *worker;

	server_start(&server, "--appendonly yes");
	body_now = body;
	worker = worker_create(&(struct worker_options){.fibers_max = 100});
	worker_run(worker, run_in_worker, NULL);
	worker_destroy(&worker);
	server_finish(&server);
}

/* ---- Reports ---- */

/* The envelope sender of a new message. */
static const char *sender_of(const char *tenant, const char *recipient, unsigned days)
{
	static char text[VERP_ADDRESS_MAX + 1];
	struct verp_subject subject = {.id = &id,
		.tenant = slice_of(tenant),
		.recipient = slice_of(recipient),
		.days = days,
		.domain = SLICE("bounces.sender.example")};

	id = message_id_make(worker_wall_ms(), 3, ++counter);
	verp_write(&secret, &subject, text);
	return text;
}

/* The sample NAME with SENDER in place of the one it was written with. */
static struct slice report_of(struct arena *arena, const char *name, const char *sender)
{
	static char bytes[65536];
	char path[600];
	struct slice rest, text = SLICE_EMPTY;
	FILE *file;

	snprintf(path, sizeof(path), SAMPLES "%s", name);
	file = fopen(path, "rb");
	if (!CHECK(file != NULL))
		return SLICE_EMPTY;
	rest = slice_make(bytes, fread(bytes, 1, sizeof(bytes), file));
	fclose(file);
	while (rest.size) {
		size_t at = slice_find(rest, SLICE(WRITTEN));
		struct slice part = slice_part(rest, 0, at);
		char *more = arena_take(arena, text.size + part.size + 400);
		size_t size = text.size;

		memcpy(more, text.at ? text.at : "", size);
		memcpy(more + size, part.at, part.size);
		size += part.size;
		if (at < rest.size)
			size += (size_t)snprintf(more + size, 400, "%s", sender);
		text = slice_make(more, size);
		rest = slice_from(rest, at + sizeof(WRITTEN) - 1);
	}
	return text;
}

static char told[EVENT_BYTES_MAX];

/* Takes it; what is told meanwhile is in TOLD. */
static bool take(struct slice message, const char *to, const char *domain)
{
	struct verp_token token;
	struct slice local = slice_of(to);
	struct returns_arrival arrival = {
		.recipient = slice_of(to),
		.client = SLICE("203.0.113.25"),
		.authentication = SLICE("spf=pass"),
		.domain = slice_of(domain),
		.message = message,
	};
	struct slice pending;
	bool taken;

	local.size = slice_index(local, '@');
	if (verp_read(&secret, local, &token))
		arrival.token = &token;
	event_defer(true);
	taken = returns_take(returns, &arrival, SOON);
	pending = slice_part(event_pending(), 0, sizeof(told) - 1);
	memcpy(told, pending.at ? pending.at : "", pending.size);
	told[pending.size] = 0;
	event_forget(event_pending().size);
	event_defer(false);
	return taken;
}

static bool says(const char *words)
{
	if (strstr(told, words))
		return true;
	fprintf(stderr, "not said: %s\nbut: %s\n", words, told);
	return false;
}

static bool is_suppressed(const char *tenant, const char *address)
{
	struct suppression_found found;

	return suppression_find(list, slice_of(tenant), slice_of(address), &found);
}

/* ---- Cases ---- */

/* file, recipient, event, category, entered */
static const struct {
	const char *sample, *recipient, *event, *category;
	bool entered;
} table[] = {
	{"postfix_unknown", "ann@receiver.example", "bounced_late", "bad-mailbox",
		true},
	{"exim_4_96_unknown", "ann@receiver.example", "bounced_late", "bad-mailbox",
		true},
	{"opensmtpd_6_8_unknown", "ann@receiver.example", "bounced_late", "bad-mailbox",
		true},
	{"qmail", "ann@receiver.example", "bounced_late", "bad-mailbox", true},
	{"russian_koi8", "ann@receiver.example", "bounced_late", NULL, false},
	{"exim_4_96_full", "full@receiver.example", "bounced_late", "mailbox-full",
		false},
	{"postfix_3_7_delayed", "slow@receiver.example", "delayed_late", "greylisting",
		false},
	{"postfix_delivered", "bob@receiver.example", "delivered_late", NULL, false},
	{"arf_abuse", "ann@receiver.example", "complained", NULL, true},
	{"arf_not_spam", "bob@receiver.example", "complained", NULL, false},
	{"arf_auth_failure", "bob@receiver.example", "complained", NULL, false},
	{"arf_opt_out", "bob@receiver.example", "complained", NULL, true},
	{"jmrp_attached", "ann@receiver.example", "complained", NULL, true},
};

static void add_late(void *sum, const struct refusal_count *count)
{
	CHECK(count->tenant.size);
	*(uint64_t *)sum += count->counts[REFUSAL_LATE];
}

static void tie_each(void)
{
	uint64_t late = 0;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct arena arena = {0};
		char tenant[20], want[100];
		const char *sender;
		struct slice message;
		bool complaint = strcmp(table[i].event, "complained") == 0;

		snprintf(tenant, sizeof(tenant), "tenant%zu", i);
		sender = sender_of(tenant, table[i].recipient, 21);
		message = report_of(&arena, table[i].sample, sender);
		/* Complaints come to another address: the token is inside. */
		CHECK(take(message, complaint ? "fbl@sender.example" : sender, ""));
		snprintf(want, sizeof(want),
			"\"event\":\"%s\",\"id\":\"%s\","
			"\"tenant\":\"%s\",\"rcpt\":\"%s\"",
			table[i].event, id.text, tenant, table[i].recipient);
		CHECK(says(want));
		if (table[i].category)
			CHECK(says(table[i].category));
		if (!CHECK(is_suppressed(tenant, table[i].recipient) ==
			    table[i].entered))
			fprintf(stderr, "… in %s\n", table[i].sample);
		CHECK(!!strstr(told, "\"suppressed\":true") == table[i].entered);
		CHECK(!is_suppressed("other", table[i].recipient));
		CHECK(!is_suppressed("", table[i].recipient));
		/* Once more: nothing new. */
		CHECK(take(message, complaint ? "fbl@sender.example" : sender, ""));
		CHECK(!strstr(told, table[i].event));
		arena_finish(&arena);
	}
	CHECK_NUMBER(returns_count(returns, RETURNS_BOUNCED), 6);
	CHECK_NUMBER(returns_count(returns, RETURNS_COMPLAINED), 5);
	refusals_each(refusals, 0, worker_wall_ms(), add_late, &late);
	CHECK_NUMBER(late, 6);
}

CASE("each kind of report: tied, classified, told once, entered")
{
	with_world(tie_each);
}

static void keep_and_find(void)
{
	struct arena arena = {0};
	const char *sender = sender_of("shop", "ann@receiver.example", 21);
	struct message_id mine = id;
	struct buffer lines = {0};

	CHECK(returns_find(redis, &mine, &lines, SOON));
	CHECK_NUMBER(buffer_size(&lines), 0);
	CHECK(take(report_of(&arena, "postfix_unknown", sender), sender, ""));
	CHECK(take(report_of(&arena, "arf_abuse", sender), "fbl@sender.example", ""));
	CHECK(returns_find(redis, &mine, &lines, SOON));
	snprintf(told, sizeof(told), "%.*s", SLICE_PRINT(buffer_contents(&lines)));
	CHECK(says("\"event\":\"bounced_late\""));
	CHECK(says("\"event\":\"complained\""));
	CHECK(says("\"reply\":\"550 5.1.1 <ann@receiver.example>: Recipient"));
	CHECK(says("\"complaint\":\"abuse\""));
	CHECK(strcmp(server_ask(&server, "zcard rp:returned"), "1") == 0);
	CHECK(atoi(server_ask(&server, "ttl rp:returned")) > 13 * 86400);
	buffer_finish(&lines);
	arena_finish(&arena);
}

CASE("what came back is kept for a while")
{
	with_world(keep_and_find);
}

static void strangers(void)
{
	struct arena arena = {0};
	const char *sender;

	/* No token anywhere. */
	CHECK(take(report_of(&arena, "postfix_unknown", "x@bounces.sender.example"),
		"x@bounces.sender.example", "receiver.example"));
	CHECK(says("\"event\":\"returned_unknown\""));
	CHECK(says("\"rcpt\":\"ann@receiver.example\",\"claimed\":true"));
	CHECK(says("\"message_id\":\"<0k3x9wq2a7rt5m8n@mail.sender.example>\""));
	CHECK(!is_suppressed("", "ann@receiver.example"));
	/* One that ran out. */
	sender = sender_of("t", "ann@receiver.example", 0);
	CHECK(take(report_of(&arena, "arf_abuse", sender), "fbl@sender.example", ""));
	CHECK(says("\"reason\":\"it comes too late\""));
	CHECK(!is_suppressed("t", "ann@receiver.example"));
	/* One of somebody else: his mail, not Ann's. */
	sender = sender_of("t", "eve@receiver.example", 21);
	CHECK(take(report_of(&arena, "postfix_unknown", sender), sender, ""));
	CHECK(says("\"event\":\"bounced_late\""));
	CHECK(!strstr(told, "\"rcpt\""));
	CHECK(says("\"final\":\"ann@receiver.example\""));
	CHECK(!is_suppressed("t", "ann@receiver.example"));
	CHECK(!is_suppressed("t", "eve@receiver.example"));
	/* Not of what is no report. */
	sender = sender_of("t", "ann@receiver.example", 21);
	CHECK(take(report_of(&arena, "answer_vacation", sender), sender, ""));
	CHECK(says("\"event\":\"returned_ignored\""));
	CHECK(says("\"kind\":\"answer\""));
	CHECK(take(SLICE_EMPTY, sender, ""));
	CHECK(says("\"kind\":\"none\""));
	CHECK(!is_suppressed("t", "ann@receiver.example"));
	arena_finish(&arena);
}

CASE("who knows no token can only be told of")
{
	with_world(strangers);
}

#define SENT_ON                                                                      \
	"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"                  \
	"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n" \
	"Final-Recipient: rfc822; ann@receiver.example\r\nAction: failed\r\n"        \
	"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n"     \
	"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nTo: %s\r\n--b--\r\n"

static void several(void)
{
	struct arena arena = {0};
	const char *sender = sender_of("t", "", 21);

	/* Of all recipients: told, and entered where the sender answers for them. */
	CHECK(take(report_of(&arena, "qmail", sender), sender, "elsewhere.example"));
	CHECK(says("\"rcpt\":\"ann@receiver.example\",\"claimed\":true"));
	CHECK(says("\"rcpt\":\"bob@receiver.example\",\"claimed\":true"));
	CHECK(!is_suppressed("t", "ann@receiver.example"));
	sender = sender_of("t", "", 21);
	CHECK(take(report_of(&arena, "qmail", sender), sender, "mx.receiver.example"));
	CHECK(is_suppressed("t", "ann@receiver.example"));
	CHECK(!is_suppressed("t", "bob@receiver.example")); /* full */
	/* Sent on, to two of whom one has it: told under our name, and no more. */
	sender = sender_of("t", "a.list@forward.example", 21);
	CHECK(take(report_of(&arena, "two_recipients", sender), sender, ""));
	CHECK(says("\"rcpt\":\"a.list@forward.example\",\"final\":"
		   "\"ann@receiver.example\""));
	CHECK(!is_suppressed("t", "a.list@forward.example"));
	/* Sent on to one who is not there: nobody is. */
	sender = sender_of("t", "gone@forward.example", 21);
	CHECK(take(arena_format(&arena, SENT_ON, "gone@forward.example"), sender, ""));
	CHECK(says("\"rcpt\":\"gone@forward.example\",\"final\":"
		   "\"ann@receiver.example\""));
	CHECK(is_suppressed("t", "gone@forward.example"));
	CHECK(!is_suppressed("t", "ann@forward.example"));
	arena_finish(&arena);
}

CASE("messages of several recipients, and mail that was sent on")
{
	with_world(several);
}

static const char complaint_head[] =
	"MIME-Version: 1.0\r\nContent-Type: multipart/report; "
	"report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: "
	"message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n"
	"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: x\r\n";

static void hidden(void)
{
	struct arena arena = {0};
	struct verp_subject subject = {.id = &id,
		.tenant = SLICE("shop.eu"),
		.recipient = SLICE("hidden@receiver.example"),
		.days = 21};
	struct slice fields, message;
	const char *sender;

	id = message_id_make(worker_wall_ms(), 3, ++counter);
	fields = complaint_fields_write(
		&arena, &secret, SLICE("fbl@sender.example"), &subject);
	message = arena_format(
		&arena, "%s%.*s\r\n--b--\r\n", complaint_head, SLICE_PRINT(fields));
	CHECK(take(message, "fbl@sender.example", ""));
	CHECK(says("\"event\":\"complained\""));
	CHECK(says("\"tenant\":\"shop.eu\",\"rcpt\":\"hidden@receiver.example\""));
	CHECK(is_suppressed("shop.eu", "hidden@receiver.example"));
	/* Of several recipients, but the envelope sender is of one. */
	sender = sender_of("shop.eu", "ann@receiver.example", 21);
	subject.recipient = SLICE_EMPTY;
	fields = complaint_fields_write(
		&arena, &secret, SLICE("fbl@sender.example"), &subject);
	message = arena_format(&arena,
		"%s%.*sReturn-Path: <%s>\r\nTo: ann@receiver.example\r\n\r\n--b--\r\n",
		complaint_head, SLICE_PRINT(fields), sender);
	CHECK(take(message, "fbl@sender.example", ""));
	CHECK(says("\"tenant\":\"shop.eu\",\"rcpt\":\"ann@receiver.example\""));
	CHECK(is_suppressed("shop.eu", "ann@receiver.example"));
	/* Of several, and nobody is named. */
	id = message_id_make(worker_wall_ms(), 3, ++counter);
	fields = complaint_fields_write(
		&arena, &secret, SLICE("fbl@sender.example"), &subject);
	message = arena_format(
		&arena, "%s%.*s\r\n--b--\r\n", complaint_head, SLICE_PRINT(fields));
	CHECK(take(message, "fbl@sender.example", ""));
	CHECK(says("\"event\":\"complained\""));
	CHECK(!strstr(told, "\"rcpt\""));
	arena_finish(&arena);
}

CASE("RFC 9477: a complaint that names nobody is tied all the same")
{
	with_world(hidden);
}

static void full(void)
{
	struct arena arena = {0};
	const char *sender = sender_of("t", "ann@receiver.example", 21);
	struct slice message = report_of(&arena, "postfix_unknown", sender);
	char fill[300];

	/* Too much of one message: told each time, not kept. */
	snprintf(fill, sizeof(fill),
		"eval \"for i=1,100 do redis.call('hset','rp:returned:%s',i,'x') end\" "
		"0",
		id.text);
	server_ask(&server, fill);
	CHECK(take(message, sender, ""));
	CHECK(says("\"event\":\"bounced_late\""));
	CHECK(take(message, sender, ""));
	CHECK(says("\"event\":\"bounced_late\""));
	snprintf(fill, sizeof(fill), "hlen rp:returned:%s", id.text);
	CHECK(strcmp(server_ask(&server, fill), "100") == 0);
	CHECK(is_suppressed("t", "ann@receiver.example"));
	/* Too many messages: the oldest go. */
	server_ask(&server, "eval \"for i=1,100010 do "
			    "redis.call('zadd','rp:returned',i,'x'..i) end "
			    "redis.call('hset','rp:returned:x1','a','b')\" 0");
	sender = sender_of("t", "ann@receiver.example", 21);
	CHECK(take(report_of(&arena, "postfix_unknown", sender), sender, ""));
	CHECK(says("\"event\":\"bounced_late\""));
	CHECK(strcmp(server_ask(&server, "zcard rp:returned"), "99990") == 0);
	CHECK(strcmp(server_ask(&server, "exists rp:returned:x1"), "0") == 0);
	snprintf(fill, sizeof(fill), "exists rp:returned:%s", id.text);
	CHECK(strcmp(server_ask(&server, fill), "1") == 0);
	arena_finish(&arena);
}

CASE("what is kept has its caps")
{
	with_world(full);
}

static void away(void)
{
	struct arena arena = {0};
	const char *sender = sender_of("t", "ann@receiver.example", 21);
	struct slice message = report_of(&arena, "postfix_unknown", sender);

	server_kill(&server);
	CHECK(!take(message, sender, ""));
	CHECK(!strstr(told, "bounced_late"));
	CHECK(failure_kind_last() == FAILURE_STORE ||
		failure_kind_last() == FAILURE_TIMEOUT);
	/* What needs none is taken. */
	CHECK(take(report_of(&arena, "answer_vacation", sender), sender, ""));
	server_start(&server, "--appendonly yes");
	CHECK(redis_wait_up(redis, SOON));
	while (!take(message, sender, ""))
		rest_ms(20);
	CHECK(says("\"event\":\"bounced_late\""));
	CHECK(is_suppressed("t", "ann@receiver.example"));
	arena_finish(&arena);
}

CASE("without Redis it has to come again, and is not lost")
{
	with_world(away);
}

CHECK_MAIN()
