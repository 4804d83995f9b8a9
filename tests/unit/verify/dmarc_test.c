/* Policies found and applied: RFC 7489's rules, each with what it comes to. */
#include "verify/dmarc.h"

#include "check.h"
#include "zone.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

CASE("RFC 7489 6.3: records, and what in them is passed over")
{
	static const struct {
		const char *text;
		enum dmarc_policy policy, subdomain;
		bool dkim_strict, spf_strict;
		unsigned percent;
		const char *reports;
		bool missing;
	} table[] = {
		{"v=DMARC1; p=none", 0, 0, false, false, 100, "", false},
		{"v=DMARC1;p=reject;", 2, 2, false, false, 100, "", false},
		{" v = DMARC1 ; p = quarantine ; sp=none", 1, 0, false, false, 100, "",
			false},
		{"v=DMARC1; p=REJECT; adkim=s; aspf=S; pct=25; rua=mailto:a@b.example",
			2, 2, true, true, 25, "mailto:a@b.example", false},
		{"v=DMARC1; adkim=r; sp=reject; p=none; aspf=x", 0, 2, false, false,
			100, "", false},
		{"v=DMARC1; p=none; pct=101; unknown=yes; ; =; ruf", 0, 0, false, false,
			100, "", false},
		{"v=DMARC1; p=none; pct=-1", 0, 0, false, false, 100, "", false},
		{"v=DMARC1; p=reject; pct=0", 2, 2, false, false, 0, "", false},
		/* 6.6.3 step 6 */
		{"v=DMARC1; rua=mailto:a@b.example", 0, 0, false, false, 100,
			"mailto:a@b.example", true},
		{"v=DMARC1; p=rejct; rua=mailto:a@b.example", 0, 0, false, false, 100,
			"mailto:a@b.example", true},
		{"v=DMARC1; p=reject; sp=x; rua=mailto:a@b.example", 0, 0, false, false,
			100, "mailto:a@b.example", true},
	};
	struct arena arena = {0};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct dmarc_record record;

		CHECK(dmarc_record_parse(&arena, slice_of(table[i].text), &record));
		CHECK_NUMBER(record.policy, table[i].policy);
		CHECK_NUMBER(record.subdomain_policy, table[i].subdomain);
		CHECK_NUMBER(record.dkim_strict, table[i].dkim_strict);
		CHECK_NUMBER(record.spf_strict, table[i].spf_strict);
		CHECK_NUMBER(record.percent, table[i].percent);
		CHECK_SLICE(record.reports, table[i].reports);
		CHECK_NUMBER(record.policy_missing, table[i].missing);
	}
	arena_finish(&arena);
}

CASE("what is no record, or says nothing")
{
	static const char *const table[] = {"", "v=DMARC1", "v=DMARC1;",
		"v=dmarc1; p=none", "V=DMARC1; p=none", "v=DMARC2; p=none",
		"p=none; v=DMARC1", "v=DMARC1 p=none", "v=spf1 -all", "v=DMARC1; p=x",
		"v=DMARC1; p=", "v=DMARC1; p=none; sp=x", "v=DMARC1; p=x; rua=nobody",
		"v=DMARC1; p=x; rua=mailto:"};
	struct arena arena = {0};
	struct dmarc_record record;

	for (size_t i = 0; i < COUNT(table); i++)
		CHECK(!dmarc_record_parse(&arena, slice_of(table[i]), &record));
	arena_finish(&arena);
}

CASE("RFC 7489 3.1: alignment")
{
	static const struct {
		const char *domain, *from;
		bool relaxed, strict;
	} table[] = {
		{"example.com", "example.com", true, true},
		{"EXAMPLE.com", "example.COM", true, true},
		{"bounces.example.com", "example.com", true, false},
		{"example.com", "news.example.com", true, false},
		{"a.example.com", "b.example.com", true, false},
		{"example.net", "example.com", false, false},
		{"badexample.com", "example.com", false, false},
		{"com", "example.com", false, false},
		{"a.co.uk", "b.co.uk", false, false},
		{"co.uk", "b.co.uk", false, false},
		{"", "example.com", false, false},
		{"", "", false, false},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct slice domain = slice_of(table[i].domain);

		CHECK_NUMBER(dmarc_is_aligned(domain, slice_of(table[i].from), false),
			table[i].relaxed);
		CHECK_NUMBER(dmarc_is_aligned(domain, slice_of(table[i].from), true),
			table[i].strict);
	}
}

static const struct zone_record zone[] = {
	{"_dmarc.example.com", "TXT v=DMARC1; p=reject; sp=quarantine"},
	{"_dmarc.strict.example.com", "TXT v=DMARC1; p=reject; adkim=s; aspf=s"},
	{"_dmarc.none.example", "TXT v=DMARC1; p=none"},
	{"_dmarc.half.example", "TXT v=DMARC1; p=reject; pct=50"},
	{"_dmarc.quarter.example", "TXT v=DMARC1; p=quarantine; pct=25"},
	{"_dmarc.two.example", "TXT v=DMARC1; p=reject"},
	{"_dmarc.two.example", "TXT v=DMARC1; p=none"},
	{"_dmarc.two.example", "TXT something else"},
	{"_dmarc.other.example", "TXT something else"},
	{"_dmarc.other.example", "TXT v=DMARC1x; p=reject"},
	{"_dmarc.other.example", "TXT v=DMARC1; p=quarantine"},
	{"_dmarc.wrong.example", "TXT v=DMARC1; p=rejected"},
	{"_dmarc.down.example", "TIMEOUT"},
	{"_dmarc.sub.fallen.example", "TIMEOUT"},
	{"_dmarc.fallen.example", "TXT v=DMARC1; p=reject"},
	{"_dmarc.com", "TXT v=DMARC1; p=reject"},
	{NULL, NULL},
};

/* One message: what SPF and DKIM said of which domains; NULL: nothing. */
struct message {
	const char *from, *spf, *dkim;
	enum spf_result spf_result;
	enum dkim_result dkim_result;
	unsigned sample;
	bool partial;
};

static struct dmarc_verdict judge(struct arena *arena, struct message message)
{
	struct zone table = {.records = zone};
	struct verify_resolver resolver = zone_resolver(&table);
	struct spf_verdict spf = {.result = message.spf_result};
	struct dkim_verdict dkim = {
		.result = message.dkim_result, .partial = message.partial};
	struct dkim_verdict unrelated = {
		.result = DKIM_PASS, .domain = SLICE("unrelated.example")};
	const struct dkim_verdict *list[] = {&unrelated, &dkim};
	struct dmarc_question question = {.from_domain = slice_of(message.from),
		.dkim = list,
		.dkim_count = 1,
		.sample = message.sample};
	struct dmarc_verdict verdict;

	if (message.spf) {
		spf.domain = slice_of(message.spf);
		question.spf = &spf;
	}
	if (message.dkim) {
		dkim.domain = slice_of(message.dkim);
		question.dkim_count = 2;
	}
	CHECK(dmarc_check(&resolver, &question, arena, &verdict, (struct deadline){0}));
	CHECK(table.asked <= DMARC_QUERIES_MAX);
	return verdict;
}

CASE("RFC 7489 6.6: messages, their result and what is to be done")
{
	static const struct {
		struct message message;
		const char *result, *policy, *record;
	} table[] = {
		{{.from = "example.com", .spf = "example.com", .spf_result = SPF_PASS},
			"pass", "none", "example.com"},
		{{.from = "example.com",
			 .dkim = "mail.example.com",
			 .dkim_result = DKIM_PASS},
			"pass", "none", "example.com"},
		{{.from = "example.com",
			 .spf = "bounce.example.com",
			 .spf_result = SPF_PASS,
			 .dkim = "example.com",
			 .dkim_result = DKIM_FAIL},
			"pass", "none", "example.com"},
		{{.from = "example.com",
			 .spf = "example.com",
			 .spf_result = SPF_SOFTFAIL},
			"fail", "reject", "example.com"},
		{{.from = "example.com",
			 .spf = "evil.example",
			 .spf_result = SPF_PASS,
			 .dkim = "evil.example",
			 .dkim_result = DKIM_PASS},
			"fail", "reject", "example.com"},
		{{.from = "example.com"}, "fail", "reject", "example.com"},
		/* below it, without a policy of its own: sp= */
		{{.from = "News.example.com"}, "fail", "quarantine", "example.com"},
		{{.from = "a.b.c.example.com"}, "fail", "quarantine", "example.com"},
		{{.from = "strict.example.com",
			 .spf = "example.com",
			 .spf_result = SPF_PASS},
			"fail", "reject", "strict.example.com"},
		{{.from = "strict.example.com",
			 .dkim = "strict.example.com",
			 .dkim_result = DKIM_PASS},
			"pass", "none", "strict.example.com"},
		{{.from = "a.strict.example.com"}, "fail", "quarantine", "example.com"},
		{{.from = "none.example"}, "fail", "none", "none.example"},
		{{.from = "half.example", .sample = 49}, "fail", "reject",
			"half.example"},
		{{.from = "half.example", .sample = 50}, "fail", "quarantine",
			"half.example"},
		{{.from = "quarter.example", .sample = 24}, "fail", "quarantine",
			"quarter.example"},
		{{.from = "quarter.example", .sample = 25}, "fail", "none",
			"quarter.example"},
		{{.from = "two.example"}, "none", "none", ""},
		{{.from = "other.example"}, "fail", "quarantine", "other.example"},
		{{.from = "wrong.example"}, "none", "none", ""},
		{{.from = "nothing.example",
			 .spf = "nothing.example",
			 .spf_result = SPF_PASS},
			"none", "none", ""},
		{{.from = "down.example",
			 .spf = "down.example",
			 .spf_result = SPF_PASS},
			"temperror", "none", ""},
		{{.from = "sub.fallen.example"}, "temperror", "none", ""},
		/* only DNS stands between it and a pass */
		{{.from = "example.com",
			 .spf = "example.com",
			 .spf_result = SPF_TEMPERROR},
			"temperror", "none", "example.com"},
		{{.from = "example.com",
			 .dkim = "example.com",
			 .dkim_result = DKIM_TEMPERROR},
			"temperror", "none", "example.com"},
		{{.from = "example.com",
			 .dkim = "evil.example",
			 .dkim_result = DKIM_TEMPERROR},
			"fail", "reject", "example.com"},
		{{.from = "strict.example.com",
			 .spf = "example.com",
			 .spf_result = SPF_TEMPERROR},
			"fail", "reject", "strict.example.com"},
		/* part of the body is nobody's */
		{{.from = "example.com",
			 .dkim = "example.com",
			 .dkim_result = DKIM_PASS,
			 .partial = true},
			"fail", "reject", "example.com"},
		{{.from = ""}, "permerror", "none", ""},
		{{.from = "[192.0.2.1]"}, "permerror", "none", ""},
		{{.from = "com"}, "fail", "reject", "com"},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct arena arena = {0};
		struct dmarc_verdict got = judge(&arena, table[i].message);

		if (!CHECK_SLICE(
			    slice_of(dmarc_result_name(got.result)), table[i].result) ||
			!CHECK_SLICE(slice_of(dmarc_policy_name(got.policy)),
				table[i].policy) ||
			!CHECK_SLICE(got.record_domain, table[i].record))
			fprintf(stderr, "  in row %zu, %s\n", i, got.reason);
		CHECK((got.result == DMARC_PASS) == (got.reason[0] == '\0'));
		arena_finish(&arena);
	}
}

CASE("a domain so long that its policy has no name has none")
{
	struct arena arena = {0};
	struct slice label = SLICE(
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	struct slice domain = arena_format(&arena, "%.*s.%.*s.%.*s.%.*s.aa",
		SLICE_PRINT(label), SLICE_PRINT(label), SLICE_PRINT(label),
		SLICE_PRINT(label));
	struct dmarc_verdict got = judge(&arena, (struct message){.from = domain.at});

	CHECK_NUMBER(domain.size, 250);
	CHECK_SLICE(slice_of(dmarc_result_name(got.result)), "none");
	CHECK_SLICE(got.organization,
		arena_format(&arena, "%.*s.aa", SLICE_PRINT(label)).at);
	arena_finish(&arena);
}

CHECK_MAIN()
