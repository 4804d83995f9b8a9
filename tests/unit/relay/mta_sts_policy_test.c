/* MTA-STS's record and policy: the RFC's examples, and what is refused. */
#include "check.h"

#include "base/failure.h"
#include "base/memory.h"
#include "policy/mta_sts_policy.h"

static const struct {
	const char *text, *id; /* NULL: refused */
} records[] = {
	/* RFC 8461 3.1 */
	{"v=STSv1; id=20160831085700Z;", "20160831085700Z"},
	{"v=STSv1;id=1", "1"},
	{"v=STSv1 ; id=1 ;", "1"},
	{"v=STSv1; ext=a/b:c; id=1;", "1"},
	{"v=STSv1; id=12345678901234567890123456789012",
		"12345678901234567890123456789012"},
	{"v=STSv1; id=123456789012345678901234567890123", NULL},
	{"v=STSv1", NULL},
	{"v=STSv1;", NULL},
	{"v=STSv1; id=", NULL},
	{"v=STSv1; id=1; id=2", NULL},
	{"v=STSv1; id=a-b", NULL},
	{"v=STSv1;; id=1", NULL},
	{"v=STSv2; id=1", NULL},
	{"v=stsv1; id=1", NULL},
	{" v=STSv1; id=1", NULL},
	{"id=1; v=STSv1", NULL},
	{"v=STSv1; id=1; junk", NULL},
	{"v=STSv1; id=1; a=b=c", NULL},
	{"", NULL},
};

CASE("RFC 8461 3.1: records")
{
	struct slice id;

	for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
		bool good = sts_record_parse(slice_of(records[i].text), &id);

		if (!CHECK(good == (records[i].id != NULL)))
			fprintf(stderr, "\t%s\n", records[i].text);
		if (good && records[i].id)
			CHECK_SLICE(id, records[i].id);
	}
}

CASE("which of several records count")
{
	CHECK(sts_record_is_ours(SLICE("v=STSv1; id=")));
	CHECK(sts_record_is_ours(SLICE("v=STSv1;")));
	CHECK(!sts_record_is_ours(SLICE("v=STSv1")));
	CHECK(!sts_record_is_ours(SLICE("v=STSv10; id=1")));
	CHECK(!sts_record_is_ours(SLICE("v=spf1 -all")));
}

#define RFC_POLICY                   \
	"version: STSv1\n"           \
	"mode: enforce\n"            \
	"mx: mail.example.com\n"     \
	"mx: *.example.net\n"        \
	"mx: backupmx.example.com\n" \
	"max_age: 604800\n"

CASE("RFC 8461 3.2: the example")
{
	struct arena arena = {0};
	struct sts_policy policy;

	CHECK(sts_policy_parse(SLICE(RFC_POLICY), &arena, &policy));
	CHECK_NUMBER(policy.mode, STS_ENFORCE);
	CHECK_NUMBER(policy.max_age_s, 604800);
	CHECK_NUMBER(policy.pattern_count, 3);
	CHECK_SLICE(policy.patterns[1], "*.example.net");
	arena_finish(&arena);
}

static const char *const good[] = {
	"version: STSv1\r\nmode: testing\r\nmx: a.b\r\nmax_age: 0\r\n",
	"version:STSv1\nmode:none\nmax_age:31557600",
	"mode: none\nmax_age: 1\nversion: STSv1\n\n\n",
	"version: STSv1 \nmode: enforce\t\nmx: A.Example. \nmax_age: 86400\n",
	"version: STSv1\nmode: enforce\nmode: none\nmx: a.b\nmax_age: 5\nmax_age: x\n",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 5\nsome.thing: \xc3\xa4 b: "
	"c\n",
	"version: STSv1\nmode: enforce\nmx: b\xc3\xbc"
	"cher.example\nmax_age: 5\n",
};
static const char *const bad[] = {"", "\n", "version: STSv1\n",
	"version: STSv1\nmode: enforce\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: a.b\n",
	"mode: enforce\nmx: a.b\nmax_age: 5\n",
	"version: STSv2\nmode: enforce\nmx: a.b\nmax_age: 5\n",
	"version: STSv1\nmode: Enforce\nmx: a.b\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 31557601\n",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: -1\n",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 99999999999\n",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 1 2\n",
	"version: STSv1\nmode: enforce\nmx: *\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: *.*.b\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: a*.b\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: [192.0.2.1]\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: 192.0.2.1\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: a..b\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx:\nmax_age: 5\n",
	"version: STSv1\n\nmode: enforce\nmx: a.b\nmax_age: 5\n",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 5\n<html>\n",
	"version: STSv1\rmode: enforce\rmx: a.b\rmax_age: 5\r",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 5\nx: \x01\n",
	"version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 5\n: x\n",
	" version: STSv1\nmode: enforce\nmx: a.b\nmax_age: 5\n"};

CASE("policies that hold")
{
	struct arena arena = {0};
	struct sts_policy policy;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++)
		if (!CHECK(sts_policy_parse(slice_of(good[i]), &arena, &policy)))
			fprintf(stderr, "\t%s: %s\n", good[i], failure_last()->text);
	CHECK_SLICE(policy.patterns[0], "xn--bcher-kva.example");
	arena_finish(&arena);
}

CASE("policies that are none")
{
	struct arena arena = {0};
	struct sts_policy policy;

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		failure_clear();
		if (!CHECK(!sts_policy_parse(slice_of(bad[i]), &arena, &policy)))
			fprintf(stderr, "\t%s\n", bad[i]);
		CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	}
	CHECK(!sts_policy_parse(
		SLICE("version: STSv1\nmode: none\nmax_age: 5\nx: \0y\n"), &arena,
		&policy));
	arena_finish(&arena);
}

CASE("a policy cut anywhere never holds more than the whole")
{
	struct slice whole = SLICE(RFC_POLICY);
	struct arena arena = {0};
	struct sts_policy policy;

	/* Without its last digits it has another age; before that none. */
	for (size_t i = 0; i < whole.size - 7; i++)
		CHECK(!sts_policy_parse(slice_part(whole, 0, i), &arena, &policy));
	arena_finish(&arena);
}

CASE("caps: size, number and bytes of mx")
{
	struct buffer text = {0};
	struct arena arena = {0};
	struct sts_policy policy;

	buffer_append(&text, SLICE("version: STSv1\nmode: enforce\nmax_age: 5\n"));
	for (int i = 0; i < STS_PATTERNS_MAX; i++)
		buffer_append_format(&text, "mx: a%d.b\n", i);
	CHECK(sts_policy_parse(buffer_contents(&text), &arena, &policy));
	buffer_append(&text, SLICE("mx: a.b\n"));
	CHECK(!sts_policy_parse(buffer_contents(&text), &arena, &policy));
	buffer_clear(&text);
	buffer_append(&text, SLICE("version: STSv1\nmode: enforce\nmax_age: 5\n"));
	for (int i = 0; i < 150; i++)
		buffer_append_format(&text, "mx: a%060d.b%060d\n", i, i);
	CHECK(!sts_policy_parse(buffer_contents(&text), &arena, &policy));
	buffer_clear(&text);
	buffer_append(&text, SLICE("version: STSv1\nmode: none\nmax_age: 5\n"));
	while (buffer_size(&text) <= STS_TEXT_MAX)
		buffer_append(&text, SLICE("x: y\n"));
	CHECK(!sts_policy_parse(buffer_contents(&text), &arena, &policy));
	buffer_finish(&text);
	arena_finish(&arena);
}

CASE("what is printed parses to the same")
{
	struct arena arena = {0};
	struct buffer text = {0};
	struct sts_policy policy, again;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		CHECK(sts_policy_parse(slice_of(good[i]), &arena, &policy));
		buffer_clear(&text);
		sts_policy_print(&policy, &text);
		CHECK(sts_policy_parse(buffer_contents(&text), &arena, &again));
		CHECK_NUMBER(again.mode, policy.mode);
		CHECK_NUMBER(again.max_age_s, policy.max_age_s);
		CHECK_NUMBER(again.pattern_count, policy.pattern_count);
	}
	buffer_finish(&text);
	arena_finish(&arena);
}

CASE("RFC 8461 4.1: which hosts a policy names")
{
	static const struct {
		const char *host;
		bool named;
	} hosts[] = {{"mail.example.com", true}, {"MAIL.example.COM.", true},
		{"backupmx.example.com", true}, {"x.example.net", true},
		{"X.EXAMPLE.NET", true}, {"example.net", false},
		{".example.net", false}, {"a.b.example.net", false},
		{"xexample.net", false}, {"mail.example.com.evil.test", false},
		{"ail.example.com", false}, {"net", false}, {"", false}, {".", false},
		{"*.example.net", true}};
	struct arena arena = {0};
	struct sts_policy policy;

	CHECK(sts_policy_parse(SLICE(RFC_POLICY), &arena, &policy));
	for (size_t i = 0; i < ARRAY_COUNT(hosts); i++)
		if (!CHECK(sts_policy_names(&policy, slice_of(hosts[i].host)) ==
			    hosts[i].named))
			fprintf(stderr, "\t%s\n", hosts[i].host);
	arena_finish(&arena);
}

CHECK_MAIN()
