/* check_host() against a table of records: results, limits, words. */
#include "verify/spf.h"

#include <arpa/inet.h>

#include "base/buffer.h"
#include "check.h"
#include "zone.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

struct asked {
	const char *client, *from, *helo;
};

/* Asks TABLE; the slices of the verdict are in ARENA. */
static struct spf_verdict check(
	const struct zone_record *table, struct arena *arena, struct asked asked)
{
	struct zone zone = {.records = table};
	struct verify_resolver resolver = zone_resolver(&zone);
	struct spf_question question = {.mail_from = slice_of(asked.from),
		.helo = slice_of(asked.helo ? asked.helo : "client.example"),
		.receiver = SLICE("mx.receiver.example"),
		.now_s = 1000};
	struct spf_verdict verdict;

	if (inet_pton(AF_INET6, asked.client, &question.client) != 1)
		abort();
	CHECK(spf_check(&resolver, &question, arena, &verdict, (struct deadline){0}));
	CHECK_NUMBER(zone.asked, verdict.queries);
	return verdict;
}

#define FOUR "::ffff:192.0.2.129"

/* RFC 7208 appendix A.1's zone, as far as SPF sees it. */
#define ZONE_A                                                                    \
	{"example.com", "MX 10 mail-a.example.com"},                              \
		{"example.com", "MX 20 mail-b.example.com"},                      \
		{"example.com", "A 192.0.2.10"}, {"example.com", "A 192.0.2.11"}, \
		{"amy.example.com", "A 192.0.2.65"},                              \
		{"bob.example.com", "A 192.0.2.66"},                              \
		{"mail-a.example.com", "A 192.0.2.129"},                          \
		{"mail-b.example.com", "A 192.0.2.130"},                          \
		{"example.org", "MX 10 mail-c.example.org"},                      \
		{"mail-c.example.org", "A 192.0.2.140"},                          \
		{"10.2.0.192.in-addr.arpa", "PTR example.com"},                   \
		{"65.2.0.192.in-addr.arpa", "PTR amy.example.com"},               \
		{"129.2.0.192.in-addr.arpa", "PTR mail-a.example.com"},           \
		{"140.2.0.192.in-addr.arpa", "PTR mail-c.example.org"},           \
		{"4.0.0.10.in-addr.arpa", "PTR bob.example.com"},

CASE("RFC 7208 appendix A.1: simple examples")
{
	static const struct {
		const char *record, *client, *result, *mechanism;
	} table[] = {
		{"TXT v=spf1 +all", "192.0.2.129", "pass", "+all"},
		{"TXT v=spf1 a -all", "192.0.2.10", "pass", "a"},
		{"TXT v=spf1 a -all", "192.0.2.129", "fail", "-all"},
		{"TXT v=spf1 a:example.org -all", "192.0.2.10", "fail", "-all"},
		{"TXT v=spf1 mx -all", "192.0.2.130", "pass", "mx"},
		{"TXT v=spf1 mx -all", "192.0.2.10", "fail", "-all"},
		{"TXT v=spf1 mx:example.org -all", "192.0.2.140", "pass",
			"mx:example.org"},
		{"TXT v=spf1 mx mx:example.org -all", "192.0.2.140", "pass",
			"mx:example.org"},
		{"TXT v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", "pass",
			"mx/30"},
		{"TXT v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", "pass",
			"mx:example.org/30"},
		{"TXT v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.132", "fail",
			"-all"},
		{"TXT v=spf1 ptr -all", "192.0.2.65", "pass", "ptr"},
		{"TXT v=spf1 ptr -all", "192.0.2.140", "fail", "-all"},
		{"TXT v=spf1 ptr -all", "10.0.0.4", "fail", "-all"},
		{"TXT v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "pass",
			"ip4:192.0.2.128/28"},
		{"TXT v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", "fail", "-all"},
		{"TXT v=spf1 ~a ?all", "192.0.2.11", "softfail", "~a"},
		{"TXT v=spf1 a", "192.0.2.65", "neutral", ""},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		const struct zone_record zone[] = {
			{"example.com", table[i].record}, ZONE_A{NULL, NULL}};
		struct arena arena = {0};
		struct spf_verdict verdict;
		char client[40];

		snprintf(client, sizeof(client), "::ffff:%s", table[i].client);
		verdict = check(
			zone, &arena, (struct asked){client, "user@example.com", NULL});
		CHECK_SLICE(slice_of(spf_result_name(verdict.result)), table[i].result);
		CHECK_SLICE(verdict.mechanism, table[i].mechanism);
		CHECK_SLICE(verdict.domain, "example.com");
		CHECK_SLICE(slice_of(verdict.reason), "");
		arena_finish(&arena);
	}
}

CASE("whose record it is: the sender's, HELO's, nobody's")
{
	static const struct zone_record zone[] = {{"example.com", "TXT v=spf1 -all"},
		{"xn--mnchen-3ya.example", "TXT v=spf1 ~all"},
		{"helo.example", "TXT v=spf1 exists:%{l}.%{o}.ok.example -all"},
		{"postmaster.helo.example.ok.example", "A 127.0.0.2"}, {NULL, NULL}};
	static const struct {
		const char *from, *helo, *domain, *result;
		bool by_helo;
	} table[] = {
		{"user@Example.COM", "helo.example", "example.com", "fail", false},
		{"\"a@b\"@example.com", "x", "example.com", "fail", false},
		{"", "Helo.Example", "helo.example", "pass", true},
		{"user@m\xc3\xbcnchen.example", "x", "xn--mnchen-3ya.example",
			"softfail", false},
		{"user@nothing.example", "helo.example", "nothing.example", "none",
			false},
		{"user@[192.0.2.1]", "x", "", "none", false},
		{"user@localhost", "x", "", "none", false},
		{"user@a..b", "x", "", "none", false},
		{"", "[192.0.2.1]", "", "none", true},
		{"", "", "", "none", true},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct arena arena = {0};
		struct spf_verdict verdict = check(zone, &arena,
			(struct asked){FOUR, table[i].from, table[i].helo});

		CHECK_SLICE(slice_of(spf_result_name(verdict.result)), table[i].result);
		CHECK_SLICE(verdict.domain, table[i].domain);
		CHECK_NUMBER(verdict.helo, table[i].by_helo);
		CHECK((verdict.result == SPF_NONE) == !!verdict.reason[0]);
		arena_finish(&arena);
	}
}

CASE("RFC 7208 6.2: a domain's own words, of strangers' bytes only printable ones")
{
	static const struct zone_record zone[] = {
		{"example.com", "TXT v=spf1 -all exp=why.%{d}"},
		{"why.example.com", "TXT %{l} may not, says %{o} at %{t} to %{r}%%"},
		{"mute.example", "TXT v=spf1 -all exp=none.example.com"}, {NULL, NULL}};
	struct arena arena = {0};
	struct spf_verdict verdict = check(zone, &arena,
		(struct asked){FOUR, "a\xc3\xa9\r\n\033b@example.com", NULL});

	CHECK_SLICE(verdict.explanation,
		"a?????b may not, says example.com at 1000 to mx.receiver.example%");
	verdict = check(zone, &arena, (struct asked){FOUR, "x@mute.example", NULL});
	CHECK_NUMBER(verdict.result, SPF_FAIL);
	CHECK_SLICE(verdict.explanation, "");
	arena_finish(&arena);
}

CASE("RFC 7208 4.6.4, 5: limits and DNS faults, each with its reason")
{
	static const struct zone_record zone[] = {
		{"loop.example", "TXT v=spf1 include:loop.example -all"},
		{"turn.example", "TXT v=spf1 redirect=turn.example"},
		{"void.example", "TXT v=spf1 a:a.none a:b.none a:c.none a:d.none -all"},
		{"two.example", "TXT v=spf1 a:a.none a:b.none -all"},
		{"dead.example", "TIMEOUT"},
		{"half.example", "TXT v=spf1 a:dead.example -all"},
		{"twice.example", "TXT v=spf1 -all"},
		{"twice.example", "TXT v=spf1 -all"},
		{"gone.example", "TXT v=spf1 redirect=nothing.example"},
		{"inside.example", "TXT v=spf1 include:nothing.example -all"},
		{"odd.example", "TXT v=spf1 a:\xc3\xa9.example -all"},
		{"broken.example", "TXT v=spf1 a:-x -all"},
		{"many.example", "TXT v=spf1 mx -all"},
		{"many.example", "MX 0 h.example"}, {"many.example", "MX 1 h.example"},
		{"many.example", "MX 2 h.example"}, {"many.example", "MX 3 h.example"},
		{"many.example", "MX 4 h.example"}, {"many.example", "MX 5 h.example"},
		{"many.example", "MX 6 h.example"}, {"many.example", "MX 7 h.example"},
		{"many.example", "MX 8 h.example"}, {"many.example", "MX 9 h.example"},
		{"many.example", "MX 10 h.example"}, {NULL, NULL}};
	static const char *const table[][3] = {
		{"loop", "permerror", "more than 10 terms that ask DNS"},
		{"turn", "permerror", "more than 10 terms that ask DNS"},
		{"void", "permerror",
			"more than 2 terms that ask for what DNS has not"},
		{"two", "fail", ""},
		{"dead", "temperror", "TXT of dead.example: no answer"},
		{"half", "temperror", "A of dead.example: no answer"},
		{"twice", "permerror", "twice.example has several SPF records"},
		{"gone", "permerror", "nothing.example has no SPF record"},
		{"inside", "permerror", "nothing.example has no SPF record"},
		{"odd", "permerror", "the record of odd.example is not plain text"},
		{"broken", "permerror", "broken.example: \"a:-x\" names no domain"},
		{"many", "permerror", "more than 10 MX of many.example"},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct arena arena = {0};
		struct slice from = arena_format(&arena, "x@%s.example", table[i][0]);
		struct spf_verdict verdict = check(
			zone, &arena, (struct asked){FOUR, from.at, NULL});

		CHECK_SLICE(slice_of(spf_result_name(verdict.result)), table[i][1]);
		CHECK_SLICE(slice_of(verdict.reason), table[i][2]);
		CHECK(verdict.queries <= SPF_QUERIES_MAX);
		arena_finish(&arena);
	}
}

CASE("ten times ten hosts: no more than 40 queries")
{
	struct zone_record zone[128] = {{NULL, NULL}};
	static char names[10][16], hosts[100][24];
	size_t count = 0;
	struct arena arena = {0};
	struct spf_verdict verdict;

	zone[count++] = (struct zone_record){"big.example",
		"TXT v=spf1 mx:m0.example mx:m1.example mx:m2.example mx:m3.example "
		"mx:m4.example mx:m5.example mx:m6.example mx:m7.example mx:m8.example "
		"mx:m9.example -all"};
	for (int i = 0; i < 100; i++) {
		snprintf(names[i / 10], sizeof(names[0]), "m%d.example", i / 10);
		snprintf(hosts[i], sizeof(hosts[0]), "MX 0 h%d.example", i);
		zone[count++] = (struct zone_record){names[i / 10], hosts[i]};
	}
	verdict = check(zone, &arena, (struct asked){FOUR, "x@big.example", NULL});
	CHECK_NUMBER(verdict.result, SPF_PERMERROR);
	CHECK_SLICE(slice_of(verdict.reason), "more than 40 DNS queries");
	CHECK_NUMBER(verdict.queries, SPF_QUERIES_MAX);
	arena_finish(&arena);
}

CASE("hosts without an address of the client's family are no void lookups")
{
	static const struct zone_record zone[] = {
		{"example.com", "TXT v=spf1 mx a:six.example -all"},
		{"example.com", "MX 1 a.example"}, {"example.com", "MX 2 b.example"},
		{"example.com", "MX 3 c.example"}, {"a.example", "A 192.0.2.1"},
		{"b.example", "A 192.0.2.2"}, {"c.example", "A 192.0.2.3"},
		{"six.example", "AAAA 2001:db8::7"}, {NULL, NULL}};
	struct arena arena = {0};
	struct spf_verdict verdict = check(
		zone, &arena, (struct asked){"2001:db8::7", "x@example.com", NULL});

	CHECK_NUMBER(verdict.result, SPF_PASS);
	CHECK_SLICE(verdict.mechanism, "a:six.example");
	CHECK_NUMBER(verdict.lookups, 2);
	CHECK_NUMBER(verdict.voids, 0);
	arena_finish(&arena);
}

CASE("%{p}: the domain's own name first, then one below it, then any")
{
	static const struct zone_record zone[] = {
		{"e.example", "TXT v=spf1 exists:%{p}.is.example -all"},
		{"1.2.0.192.in-addr.arpa", "PTR other.example"},
		{"1.2.0.192.in-addr.arpa", "PTR mx.e.example"},
		{"1.2.0.192.in-addr.arpa", "PTR e.example"},
		{"other.example", "A 192.0.2.1"}, {"mx.e.example", "A 192.0.2.1"},
		{"e.example", "A 192.0.2.99"},
		{"mx.e.example.is.example", "A 127.0.0.2"}, {NULL, NULL}};
	struct arena arena = {0};
	struct spf_verdict verdict = check(
		zone, &arena, (struct asked){"::ffff:192.0.2.1", "x@e.example", NULL});

	CHECK_NUMBER(verdict.result, SPF_PASS);
	arena_finish(&arena);
}

static void note(void *context, const struct spf_step *step)
{
	struct buffer *into = context;

	buffer_append_format(into, "%u %.*s|%.*s|%.*s\n", step->depth,
		SLICE_PRINT(step->domain), SLICE_PRINT(step->term),
		SLICE_PRINT(step->note));
}

CASE("those who watch see every step")
{
	static const struct zone_record records[] = {
		{"example.com", "TXT v=spf1 include:in.example a -all"},
		{"in.example", "TXT v=spf1 ip4:192.0.2.1 ~all"},
		{"example.com", "A 192.0.2.129"}, {NULL, NULL}};
	struct zone zone = {.records = records};
	struct verify_resolver resolver = zone_resolver(&zone);
	struct buffer steps = {0};
	struct spf_question question = {.mail_from = SLICE("x@example.com"),
		.watch = note,
		.watch_context = &steps};
	struct spf_verdict verdict;
	struct arena arena = {0};

	inet_pton(AF_INET6, FOUR, &question.client);
	CHECK(spf_check(&resolver, &question, &arena, &verdict, (struct deadline){0}));
	CHECK_SLICE(buffer_contents(&steps),
		"0 example.com||v=spf1 include:in.example a -all\n"
		"1 in.example||v=spf1 ip4:192.0.2.1 ~all\n"
		"1 in.example|~all|matches: softfail\n"
		"0 example.com|include:in.example|softfail there: no match here\n"
		"0 example.com|a|example.com has 192.0.2.129\n"
		"0 example.com|a|matches: pass\n");
	buffer_finish(&steps);
	arena_finish(&arena);
}

CHECK_MAIN()
