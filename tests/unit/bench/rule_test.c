/* Rules: every way to write one, what is refused, and when they hold. */
#include "bench/rule.h"

#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

static struct rules rules;

static struct rule_event event_at(enum rule_stage stage)
{
	return (struct rule_event){
		.stage = stage, .port = 2525, .key = 77, .now_us = 1000000};
}

static bool is_refused(const struct rule_event *event)
{
	return rules_ask(&rules, event).refusal != NULL;
}

CASE("a refusal: stage, code, enhanced code, text")
{
	struct rule_event event = event_at(RULE_RCPT);
	struct rule_verdict verdict;

	CHECK(rules_add(&rules, SLICE("rcpt 451 4.7.1 \"greylisted, come back\"")));
	verdict = rules_ask(&rules, &event);
	CHECK(verdict.refusal && !verdict.disconnect && !verdict.delay_us);
	CHECK_NUMBER(verdict.refusal->reply.code, 451);
	CHECK_NUMBER(verdict.refusal->reply.enhanced.subject, 7);
	CHECK_SLICE(verdict.refusal->reply.text, "greylisted, come back");
	event.stage = RULE_MAIL;
	CHECK(!is_refused(&event));
	CHECK_NUMBER(rules.stages, 1u << RULE_RCPT);
	rules_finish(&rules);
}

CASE("what is not said has a default")
{
	struct rule_event event = event_at(RULE_MAIL);
	const struct reply *reply;

	CHECK(rules_add(&rules, SLICE("mail 550")));
	reply = &rules_ask(&rules, &event).refusal->reply;
	CHECK_NUMBER(reply->code, 550);
	CHECK_NUMBER(reply->enhanced.class, 5);
	CHECK(reply->text.size > 0);
	rules_finish(&rules);
}

CASE("by chance: as often as it says")
{
	struct rule_event event = event_at(RULE_DATA);
	unsigned refused = 0;

	CHECK(rules_add(&rules, SLICE("data 30% 421")));
	for (unsigned i = 0; i < 10000; i++)
		refused += is_refused(&event);
	CHECK(refused > 2700 && refused < 3300);
	rules_finish(&rules);
}

CASE("the first try, by its key; the second passes")
{
	struct rule_event event = event_at(RULE_RCPT);

	CHECK(rules_add(&rules, SLICE("rcpt 451 first-try")));
	CHECK(is_refused(&event));
	event.now_us++;
	CHECK(!is_refused(&event));
	event.key++;
	CHECK(is_refused(&event));
	rules_finish(&rules);
}

CASE("tries until a time after the first")
{
	struct rule_event event = event_at(RULE_RCPT);

	CHECK(rules_add(&rules, SLICE("first-try 5s rcpt 451")));
	CHECK(is_refused(&event));
	event.now_us += 4999999;
	CHECK(is_refused(&event));
	event.now_us += 1;
	CHECK(!is_refused(&event));
	rules_finish(&rules);
}

CASE("delays add up, a range is kept")
{
	struct rule_event event = event_at(RULE_DOT);

	CHECK(rules_add(&rules, SLICE("delay dot 200ms")));
	CHECK(rules_add(&rules, SLICE("delay dot 10ms-20ms")));
	CHECK(rules_add(&rules, SLICE("tarpit 1s")));
	for (unsigned i = 0; i < 100; i++) {
		int64_t us = rules_ask(&rules, &event).delay_us;

		CHECK(us >= 1210000 && us < 1220000);
	}
	event.stage = RULE_EHLO;
	CHECK_NUMBER(rules_ask(&rules, &event).delay_us, 1000000);
	event.stage = RULE_BODY;
	CHECK_NUMBER(rules_ask(&rules, &event).delay_us, 0);
	rules_finish(&rules);
}

CASE("after some messages of the connection")
{
	struct rule_event event = event_at(RULE_DATA);

	CHECK(rules_add(&rules, SLICE("disconnect data after 3 messages")));
	event.messages = 2;
	CHECK(!rules_ask(&rules, &event).disconnect);
	event.messages = 3;
	CHECK(rules_ask(&rules, &event).disconnect);
	rules_finish(&rules);
}

CASE("domains, and what is below them")
{
	struct address addresses[] = {{.local = SLICE("a"), .domain = SLICE("y.test")},
		{.local = SLICE("b"), .domain = SLICE("X.TEST")},
		{.local = SLICE("c"), .domain = SLICE("deep.z.test")}};
	struct rule_event event = event_at(RULE_RCPT);

	CHECK(rules_add(&rules, SLICE("domain x.test rcpt 550 5.1.1 \"no one\"")));
	CHECK(rules_add(&rules, SLICE("domain *.z.test dot 450")));
	event.addresses = addresses;
	event.address_count = 1;
	CHECK(!is_refused(&event));
	event.address_count = 2;
	CHECK(is_refused(&event));
	event.stage = RULE_DOT;
	CHECK(!is_refused(&event));
	event.address_count = 3;
	CHECK(is_refused(&event));
	rules_finish(&rules);
}

CASE("ports, and times since the start")
{
	struct rule_event event = event_at(RULE_EHLO);

	CHECK(rules_add(&rules, SLICE("port 2600-2609 during 10s-20s ehlo 421 4.3.2")));
	rules.start_us = 1000;
	event.port = 2605;
	event.now_us = 1000 + 9999999;
	CHECK(!is_refused(&event));
	event.now_us++;
	CHECK(is_refused(&event));
	event.port = 2610;
	CHECK(!is_refused(&event));
	event.port = 2600;
	event.now_us = 1000 + 20000000;
	CHECK(!is_refused(&event));
	rules_finish(&rules);
}

CASE("over a rate: what is within it passes, whoever asks")
{
	struct rule_event event = event_at(RULE_MAIL);
	unsigned passed = 0;

	CHECK(rules_add(&rules, SLICE("mail 450 4.7.0 over 100/s")));
	for (unsigned ms = 0; ms < 10000; ms++) {
		event.now_us = 1000000 + (int64_t)ms * 1000;
		passed += !is_refused(&event);
	}
	CHECK(passed >= 1000 && passed <= 1011);
	rules_finish(&rules);
}

CASE("connections at a time, messages on one")
{
	struct rule_event event = event_at(RULE_CONNECT);
	uint64_t counted[3];

	CHECK(rules_add(&rules, SLICE("messages max 2 452 4.5.3")));
	CHECK(rules_add(&rules, SLICE("connections max 2 \xe2\x86\x92 421 4.7.0")));
	CHECK(!rules_connect(&rules, &event, &counted[0]).refusal);
	CHECK(!rules_connect(&rules, &event, &counted[1]).refusal);
	CHECK(rules_connect(&rules, &event, &counted[2]).refusal != NULL);
	rules_disconnect(&rules, counted[2]);
	CHECK(rules_connect(&rules, &event, &counted[2]).refusal != NULL);
	rules_disconnect(&rules, counted[2]);
	rules_disconnect(&rules, counted[0]);
	CHECK(!rules_connect(&rules, &event, &counted[0]).refusal);
	event.stage = RULE_MAIL;
	event.messages = 1;
	CHECK(!is_refused(&event));
	event.messages = 2;
	CHECK_NUMBER(rules_ask(&rules, &event).refusal->reply.code, 452);
	rules_finish(&rules);
}

CASE("what is wrong with a rule is said")
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"", "it does nothing"},
		{"rcpt", "it does nothing"},
		{"450", "no stage"},
		{"rcpt 250", "\"250\" is not a stage"},
		{"rcpt 450 550 maybe", "\"maybe\""},
		{"rcpt 450 5.7.1", "contradict"},
		{"rcpt mail 450", "two stages"},
		{"delay rcpt 10ms disconnect mail", "two actions"},
		{"delay rcpt", "missing behind"},
		{"delay rcpt soon", "\"soon\" is not a time"},
		{"delay rcpt 2s-1s", "is not a time"},
		{"delay lunch 1s", "a stage follows \"delay\""},
		{"delay rcpt 1s 450", "has no reply"},
		{"disconnect rcpt 450", "has no reply"},
		{"body 450", "only delay or disconnect"},
		{"reply 450", "only delay or disconnect"},
		{"domain x.test ehlo 450", "no domain yet"},
		{"connections 5", "\"max N\" is missing"},
		{"connections max many", "a number follows"},
		{"data 101% 450", "not a share"},
		{"port 0 mail 450", "not a port"},
		{"port 10-9 mail 450", "not a port"},
		{"mail 450 over fast", "not a rate"},
		{"mail 450 over 5 in often", "not a time"},
		{"mail 450 for 5s", "goes with \"over\""},
		{"mail 450 after 3 hours", "after N messages"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		CHECK(!rules_add(&rules, slice_of(cases[i].line)));
		CHECK(failure_kind_last() == FAILURE_CONFIG);
		if (!CHECK(strstr(failure_last()->text, cases[i].says)))
			fprintf(stderr, "%s: %s\n", cases[i].line,
				failure_last()->text);
	}
	CHECK_NUMBER(rules.count, 0);
	for (unsigned i = 0; i < RULES_MAX; i++)
		CHECK(rules_add(&rules, SLICE("mail 450")));
	CHECK(!rules_add(&rules, SLICE("mail 450")));
	rules_finish(&rules);
}

CASE("so many in each time, and a penalty for more; by listening address")
{
	struct rule_event event = {.stage = RULE_MAIL,
		.port = 25,
		.address = "127.0.0.5:25",
		.now_us = 1000000};
	struct rule_event six = event;

	six.address = "[::6]:25";
	CHECK(rules_add(&rules, SLICE("address 127.0.0.5 mail 450 over 3 in 10s")));
	CHECK(rules_add(&rules, SLICE("address ::6 mail 451 over 10/s for 20s")));
	for (int i = 0; i < 3; i++)
		CHECK(!rules_ask(&rules, &event).refusal);
	CHECK(rules_ask(&rules, &event).refusal);
	event.now_us += 9999999;
	CHECK(rules_ask(&rules, &event).refusal == &rules.at[0]);
	event.now_us += 2;
	CHECK(!rules_ask(&rules, &event).refusal);
	CHECK(!rules_ask(&rules, &six).refusal);
	CHECK(rules_ask(&rules, &six).refusal == &rules.at[1]);
	six.now_us += 19999999;
	CHECK(rules_ask(&rules, &six).refusal);
	six.now_us += 1;
	CHECK(!rules_ask(&rules, &six).refusal);
	rules_finish(&rules);
}

CASE("a file of rules; its line is named")
{
	char path[] = "/tmp/ringpost-rules-XXXXXX";
	int fd = mkstemp(path);

	CHECK(dprintf(fd, "# nothing\n\nmail 450\n  rcpt 550 \"no\"  \n") > 0);
	CHECK(rules_read_file(&rules, path));
	CHECK_NUMBER(rules.count, 2);
	CHECK(dprintf(fd, "nonsense\n") > 0);
	rules_finish(&rules);
	CHECK(!rules_read_file(&rules, path));
	CHECK(strstr(failure_last()->text, ":5: "));
	CHECK(!rules_read_file(&rules, "/nowhere/rules"));
	rules_finish(&rules);
	close(fd);
	unlink(path);
}

CASE("keys seen: many, and when first")
{
	struct seen seen = {0};

	seen_init(&seen);
	for (uint64_t i = 0; i < 100000; i++)
		CHECK(seen_since(&seen, i << 32 | i, 10) == 0);
	for (uint64_t i = 0; i < 100000; i++)
		CHECK(seen_since(&seen, i << 32 | i, 25) == 15);
	seen_finish(&seen);
}

CHECK_MAIN()
