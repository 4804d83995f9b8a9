/* What webhooks are made of: lines read again, cursors, signatures, definitions. */
#include "events/webhook.h"

#include "base/failure.h"
#include "check.h"
#include "events/encode.h"
#include "events/signature.h"
#include "events/webhook_post.h"

CASE("a line is read up to what it is chosen by")
{
	static const struct {
		const char *text, *id, *event, *message, *tenant;
		bool known;
	} table[] = {
		{"{\"id\":\"1-a\",\"event\":\"bounced\",\"at\":\"x\",\"message\":\"m\","
		 "\"tenant\":\"t\",\"from\":\"f\"}\n",
			"1-a", "bounced", "m", "t", true},
		{"{\"id\":\"1\",\"event\":\"new\",\"at\":\"x\"}", "1", "new", "", "",
			false},
		{"{\"id\":\"1\",\"event\":\"test\",\"at\":\"x\",\"reason\":\"tenant\"}",
			"1", "test", "", "", true},
		/* What stands in another field is not taken for one. */
		{"{\"id\":\"1\",\"event\":\"held\",\"at\":\"\\\",\\\"tenant\\\":"
		 "\\\"t\","
		 "\"from\":\"a\",\"tenant\":\"u\"}",
			"1", "held", "", "", true},
		{"{\"id\":\"1\",\"event\":\"held\",\"at\":\"\\\\\",\"tenant\":\"u\"}",
			"1", "held", "", "u", true},
	};
	static const char *const none[] = {"", "{", "{}", "[]", "{\"id\":\"1\"}",
		"{\"id\":1,\"event\":\"held\"}", "{\"id\":\"1\",\"event\":\"held",
		"{\"id\":\"1\" ,\"event\":\"held\"}",
		"{\"id\":\"\",\"event\":\"held\"}", "{\"event\":\"held\",\"id\":\"1\\"};
	struct events_line line;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		CHECK(events_line_read(slice_of(table[i].text), &line));
		CHECK_SLICE(line.id, table[i].id);
		CHECK_SLICE(line.event, table[i].event);
		CHECK_SLICE(line.message, table[i].message);
		CHECK_SLICE(line.tenant, table[i].tenant);
		CHECK(line.known == table[i].known);
		for (size_t cut = 0; cut < strlen(table[i].text); cut++)
			events_line_read(slice_make(table[i].text, cut), &line);
	}
	for (size_t i = 0; i < ARRAY_COUNT(none); i++)
		CHECK(!events_line_read(slice_of(none[i]), &line));
}

CASE("cursors")
{
	static const struct {
		const char *text, *begin;
	} good[] = {{"1763758138113-0", "(1763758138113-0"}, {"5-7.17", "5-7"},
		{"0-0", "(0-0"}};
	static const char *const bad[] = {"", "x", "-", "1-", "-1", "1-x", "1-1.",
		"1-1.0", "1-1.x", "1-1.1.1", "$"};
	char text[CURSOR_SIZE];
	struct cursor cursor, other;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		CHECK(cursor_parse(slice_of(good[i].text), &cursor));
		CHECK_SLICE(cursor_print(&cursor, text), good[i].text);
		CHECK_SLICE(cursor_begin(&cursor, text), good[i].begin);
	}
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		CHECK(!cursor_parse(slice_of(bad[i]), &cursor));
	cursor = (struct cursor){5, 7, 0};
	other = (struct cursor){5, 7, 0};
	CHECK(!cursor_is_behind(&cursor, &other));
	cursor.lines = 1; /* the rest of the entry is not read */
	CHECK(cursor_is_behind(&cursor, &other));
	other.sequence = 6;
	CHECK(!cursor_is_behind(&cursor, &other));
	other = (struct cursor){6, 0, 0};
	CHECK(cursor_is_behind(&cursor, &other));
}

/* Computed with Python's hmac. */
CASE("RFC 2104: the signature is over time, dot, body")
{
	char text[SIGNATURE_SIZE];

	CHECK_SLICE(signature_print(SLICE("a secret"), 1763758138, SLICE("[{}]"), text),
		"t=1763758138,v1="
		"2887feffaed6dac4ca97fd5ff7794e32d46de2bbfbdd15cae1b82597d0322fd6");
	CHECK_SLICE(signature_print(SLICE(""), 0, SLICE_EMPTY, text),
		"t=0,v1="
		"b849d5a581847b281957065739df36df2463d1977ea8d6e1e4e6cf33fadc68c3");
}

static struct webhook example(void)
{
	struct webhook webhook = webhook_default();

	webhook.name = SLICE("shop");
	webhook.url = SLICE("https://example.com/hook");
	webhook.secret = SLICE("0123456789abcdef");
	return webhook;
}

CASE("a webhook is kept as it is")
{
	struct webhook webhook = example(), again;
	struct arena arena = {0};

	webhook.kinds = 1u << EVENTS_BOUNCED;
	webhook.tenants = SLICE("a b");
	webhook.private_addresses = webhook.disabled = true;
	webhook.batch = 7;
	webhook.retry_for_ms = 1;
	webhook.timeout_ms = 100;
	CHECK(webhook_unpack(
		webhook.name, webhook_pack(&webhook, &arena), &arena, &again));
	CHECK(webhook_equal(&webhook, &again));
	CHECK(again.disabled && again.private_addresses && again.batch == 7);
	CHECK(!webhook_unpack(webhook.name, SLICE("2\nx"), &arena, &again));
	CHECK(!webhook_unpack(webhook.name, SLICE_EMPTY, &arena, &again));
	arena_finish(&arena);
}

CASE("what a webhook may not be")
{
	struct webhook good = example(), bad;

	CHECK(webhook_check(&good));
#define BAD(change)                                         \
	do {                                                \
		bad = good;                                 \
		change;                                     \
		CHECK(!webhook_check(&bad));                \
		CHECK(failure_kind_last() == FAILURE_DATA); \
	} while (0)
	BAD(bad.name = SLICE(""));
	BAD(bad.name = SLICE("A"));
	BAD(bad.name = SLICE("a b"));
	BAD(bad.url = SLICE("http://example.com/"));
	BAD(bad.url = SLICE("ftp://example.com/"));
	BAD(bad.url = SLICE("https://user@example.com/"));
	BAD(bad.url = SLICE("https://example.com/a\nb"));
	BAD(bad.secret = SLICE("short"));
	BAD(bad.secret = SLICE("0123456789abcdef\n"));
	BAD(bad.kinds = 0);
	BAD(bad.batch = 0);
	BAD(bad.timeout_ms = 1);
	BAD(bad.retry_for_ms = -1);
	BAD(bad.tenants = SLICE("a\nb"));
	good.private_addresses = true;
	good.url = SLICE("http://10.0.0.1:8080/hook");
	CHECK(webhook_check(&good));
}

static struct events_line line_of(enum events_kind kind, const char *tenant)
{
	return (struct events_line){.known = kind != EVENTS_KINDS,
		.kind = kind,
		.tenant = slice_of(tenant)};
}

CASE("who wants what")
{
	struct webhook webhook = example();
	struct events_line line = line_of(EVENTS_HELD, "");

	CHECK(webhook_wants(&webhook, &line));
	line = line_of(EVENTS_KINDS, "x"); /* one of a newer node */
	CHECK(webhook_wants(&webhook, &line));
	webhook.kinds = 1u << EVENTS_BOUNCED | 1u << EVENTS_TEST;
	CHECK(!webhook_wants(&webhook, &line));
	webhook.tenants = SLICE("shop other");
	line = line_of(EVENTS_BOUNCED, "shop");
	CHECK(webhook_wants(&webhook, &line));
	line = line_of(EVENTS_BOUNCED, "sho");
	CHECK(!webhook_wants(&webhook, &line));
	line = line_of(EVENTS_BOUNCED, "");
	CHECK(!webhook_wants(&webhook, &line));
	line = line_of(EVENTS_HELD, "other");
	CHECK(!webhook_wants(&webhook, &line));
}

CASE("a body is a list")
{
	struct webhook_body body = {.count = 0};

	webhook_body_begin(&body);
	CHECK_SLICE(webhook_body_end(&body), "[]");
	webhook_body_begin(&body);
	webhook_body_add(&body, SLICE("{1}"));
	webhook_body_add(&body, SLICE("{2}"));
	CHECK_SLICE(webhook_body_end(&body), "[{1},\n{2}]");
	CHECK_NUMBER(body.count, 2);
	webhook_body_finish(&body);
}

CHECK_MAIN()
