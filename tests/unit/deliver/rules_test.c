/* Rules of delivery: what may be written, and what they do with a message. */
#include "deliver/rules.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "check.h"

static struct arena arena;

static void check_errors(const char *text, const char *wanted)
{
	char *errors = NULL;
	struct rules *rules = rules_parse_text("r.yaml", slice_of(text), &errors);

	CHECK((rules == NULL) == (*wanted != 0));
	CHECK_SLICE(slice_of(errors ? errors : ""), wanted);
	rules_release(&rules);
	memory_free(errors);
}

CASE("what is wrong is said, with its place")
{
	check_errors("", "");
	check_errors("# nothing\n", "");
	check_errors("rules: []\n", "");
	check_errors(
		"rules:\n- { match: { sender: [\"<>\", \"@a.b\"] }, stop: true }\n",
		"");
	check_errors("rules:\n- { mailbox: x }\n",
		"r.yaml:2:3: match: it would match every message of everybody; "
		"allowed: at least one of account, sender, recipient, headers, "
		"results, larger, smaller\n");
	check_errors("rules:\n- { match: { larger: 1 } }\n",
		"r.yaml:2:3: nothing is done with what matches; allowed: at least one "
		"of mailbox, flags, keywords, forward, discard, stop\n");
	check_errors(
		"rules:\n- match: { headers: [{ name: Subject, text: \"(\" }] }\n"
		"  mailbox: /x\n  flags: [read]\n  keywords: [a b]\n  foward: []\n",
		"r.yaml:2:45: text: the pattern \"(\" is wrong behind character 1: "
		"missing closing parenthesis; allowed: a regular expression as Perl's\n"
		"r.yaml:3:12: mailbox: \"/x\" does not fit; allowed: a mailbox such as "
		"Lists or Lists/News\n"
		"r.yaml:4:11: flags: \"read\" is unknown here; allowed: a list of "
		"seen, "
		"answered, flagged, deleted, draft\n"
		"r.yaml:5:14: keywords: \"a b\" does not fit; allowed: a list of words "
		"such as $Junk or newsletter, without ( ) { % * \" \\ ]\n"
		"r.yaml:6:3: unknown key \"foward\", perhaps \"forward\"; allowed: "
		"name, match, mailbox, flags, keywords, forward, discard, stop\n");
	check_errors("rules:\n- { match: { larger: 9, smaller: 9 }, discard: true,\n"
		     "    mailbox: x }\n",
		"r.yaml:2:22: larger is not below smaller, so nothing would match; "
		"allowed: a smaller one\n"
		"r.yaml:2:48: discard with mailbox; allowed: one of them\n");
}

/* What the rules make of a message from a@b.test to bob@c.test. */
static void check(
	const char *text, const char *header, const char *results, const char *wanted)
{
	char *errors = NULL;
	struct rules *rules = rules_parse_text("r.yaml", slice_of(text), &errors);
	struct rules_outcome outcome;
	struct header scanned;
	struct buffer got = {0};
	struct rules_message message = {.account = SLICE("bob"),
		.recipient = SLICE("bob@c.test"),
		.sender = SLICE("a@b.test"),
		.header = &scanned,
		.authentication = slice_of(results),
		.size = 1000};

	if (!CHECK(rules)) {
		fprintf(stderr, "%s", errors);
		memory_free(errors);
		return;
	}
	CHECK(header_scan(&arena, slice_of(header), 0, 0, &scanned));
	rules_apply(rules, &message, &arena, &outcome);
	for (size_t i = 0; i < outcome.mailbox_count; i++)
		buffer_append_format(&got, "%.*s ", SLICE_PRINT(outcome.mailboxes[i]));
	if (outcome.flags)
		buffer_append_format(&got, "flags=%u ", outcome.flags);
	if (outcome.keywords.size)
		buffer_append_format(&got, "[%.*s] ", SLICE_PRINT(outcome.keywords));
	for (size_t i = 0; i < outcome.forward_count; i++)
		buffer_append_format(&got, ">%.*s ", SLICE_PRINT(outcome.forwards[i]));
	if (outcome.discard)
		buffer_append(&got, SLICE("discard "));
	CHECK_SLICE(buffer_contents(&got), wanted);
	buffer_finish(&got);
	rules_release(&rules);
	arena_finish(&arena);
}

#define RULE(match, rest) "rules:\n- { match: { " match " }, " rest " }\n"

CASE("who it is from and for")
{
	check(RULE("sender: [a@B.test]", "mailbox: x"), "", "", "x ");
	check(RULE("sender: [\"@b.test\"]", "mailbox: x"), "", "", "x ");
	check(RULE("sender: [\"@test\"]", "mailbox: x"), "", "", "");
	check(RULE("sender: [\"<>\"]", "mailbox: x"), "", "", "");
	check(RULE("recipient: [\"@c.test\"], sender: [\"@c.test\"]", "mailbox: x"), "",
		"", "");
	check(RULE("recipient: [x@y.z, \"@c.test\"]", "mailbox: x"), "", "", "x ");
	check(RULE("account: [Bob]", "mailbox: x"), "", "", "x ");
	check(RULE("account: [jo]", "mailbox: x"), "", "", "");
}

CASE("header, results, size")
{
	check(RULE("headers: [{ name: list-id }]", "mailbox: x"), "List-ID: <a>\r\n",
		"", "x ");
	check(RULE("headers: [{ name: list-id, absent: true }]", "mailbox: x"),
		"List-ID: <a>\r\n", "", "");
	check(RULE("headers: [{ name: subject, text: \"gr\xc3\xbc\xc3\x9f\" }]",
		      "mailbox: x"),
		"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n", "", "x ");
	check(RULE("headers: [{ name: subject, text: b }, { name: to, text: c }]",
		      "mailbox: x"),
		"Subject: a\r\nSubject: b\r\nTo: d\r\n", "", "");
	check(RULE("results: [{ method: dmarc, is: [fail, none] }]", "mailbox: x"), "",
		"mail.example.com; spf=pass; dmarc=fail header.from=b.test", "x ");
	check(RULE("results: [{ method: dmarc, is: [fail, none] }]", "mailbox: x"), "",
		"mail.example.com; dmarc=pass header.from=b.test", "");
	check(RULE("results: [{ method: dkim, is: [none] }]", "mailbox: x"), "", "",
		"x ");
	check(RULE("larger: 999", "mailbox: x"), "", "", "x ");
	check(RULE("larger: 1000", "mailbox: x"), "", "", "");
	check(RULE("larger: 1, smaller: 1001", "mailbox: x"), "", "", "x ");
	check(RULE("smaller: 1000", "mailbox: x"), "", "", "");
}

CASE("one after the other, until one stops")
{
	check("rules:\n"
	      "- { match: { larger: 1 }, mailbox: a, keywords: [k, $Junk] }\n"
	      "- { match: { larger: 1 }, mailbox: a, flags: [seen, flagged] }\n"
	      "- { match: { larger: 1 }, mailbox: b, keywords: [k, l], forward: "
	      "[x@y.z] }\n"
	      "- { match: { larger: 1 }, forward: [x@y.z, p@q.r], stop: true }\n"
	      "- { match: { larger: 1 }, discard: true }\n",
		"", "", "a b flags=5 [k $Junk l] >x@y.z >p@q.r ");
}

CASE("deploy/delivery.yaml, which shows them all")
{
	FILE *file = fopen(RINGPOST_SOURCE "/deploy/delivery.yaml", "r");
	struct buffer text = {0};
	char *errors = NULL;
	struct rules *rules;
	size_t got;

	if (!CHECK(file))
		return;
	do {
		got = fread(buffer_reserve(&text, 4096), 1, 4096, file);
		buffer_advance(&text, got);
	} while (got > 0);
	fclose(file);
	rules = rules_parse_text("delivery.yaml", buffer_contents(&text), &errors);
	CHECK_SLICE(slice_of(errors ? errors : ""), "");
	CHECK_NUMBER(rules_count(rules), 5);
	rules_release(&rules);
	memory_free(errors);
	buffer_finish(&text);
}

CHECK_MAIN()
