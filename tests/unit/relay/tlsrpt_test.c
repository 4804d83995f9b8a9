/* TLSRPT's texts: records, addresses, rows, reports. */
#include "check.h"

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "policy/tlsrpt_core.h"

static const struct {
	const char *text, *uris; /* with spaces between; NULL: refused */
} records[] = {
	/* RFC 8460 3.1.2, 3.1.1 */
	{"v=TLSRPTv1;rua=mailto:reports@example.com", "mailto:reports@example.com"},
	{"v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt",
		"https://reporting.example.com/v1/tlsrpt"},
	{"v=TLSRPTv1; rua=mailto:a@b.c , https://d.e/f?g=h;",
		"mailto:a@b.c https://d.e/f?g=h"},
	{"v=TLSRPTv1; ext=1; rua=MAILTO:a@b.c; x", "MAILTO:a@b.c"},
	{"v=TLSRPTv1; rua=ftp://a.b/,mailto:a@b.c", "mailto:a@b.c"},
	{"v=TLSRPTv1; "
	 "rua=mailto:1@b,mailto:2@b,mailto:3@b,mailto:4@b,mailto:5@b,mailto:6@b",
		"mailto:1@b mailto:2@b mailto:3@b mailto:4@b mailto:5@b"},
	{"v=TLSRPTv1", NULL},
	{"v=TLSRPTv1;", NULL},
	{"v=TLSRPTv1; rua=", NULL},
	{"v=TLSRPTv1; rua=http://a.b/", NULL},
	{"v=TLSRPTv1; rua=mailto:a b@c", NULL},
	{"v=TLSRPTv2; rua=mailto:a@b.c", NULL},
	{"rua=mailto:a@b.c; v=TLSRPTv1", NULL},
	{"v=tlsrptv1; rua=mailto:a@b.c", NULL},
	{"", NULL},
};

CASE("RFC 8460 3: records")
{
	struct slice uris[TLSRPT_URIS_MAX];
	struct arena arena = {0};
	struct buffer all = {0};
	size_t count;

	for (size_t i = 0; i < ARRAY_COUNT(records); i++) {
		bool good = tlsrpt_record_parse(
			slice_of(records[i].text), &arena, uris, &count);

		if (!CHECK(good == (records[i].uris != NULL)))
			fprintf(stderr, "\t%s\n", records[i].text);
		buffer_clear(&all);
		for (size_t j = 0; good && j < count; j++)
			buffer_append_format(
				&all, "%s%.*s", j ? " " : "", SLICE_PRINT(uris[j]));
		if (good && records[i].uris)
			CHECK_SLICE(buffer_contents(&all), records[i].uris);
	}
	buffer_finish(&all);
	arena_finish(&arena);
}

CASE("the address of a mailto")
{
	static const struct {
		const char *uri, *address;
	} cases[] = {{"mailto:reports@example.com", "reports@example.com"},
		{"mailto:a%2Bb@Example.COM?subject=x", "a+b@example.com"},
		{"MAILTO:a%2cb@c.d", NULL}, {"mailto:a@b.c,d@e.f", NULL},
		{"mailto:@b.c", NULL}, {"mailto:a@", NULL}, {"mailto:a", NULL},
		{"mailto:a%0d%0aRCPT@b.c", NULL}, {"mailto:a%@b.c", NULL},
		{"mailto:a%2@b.c", NULL}, {"mailto:a%00@b.c", NULL},
		{"mailto:\"a b\"@c.d", NULL}, {"mailto:a@[192.0.2.1]", NULL},
		{"mailto:a..b@c.d", NULL}, {"mailto:<a@c.d>", NULL},
		{"https://a@b.c", NULL}};
	struct arena arena = {0};
	struct slice address;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		bool good = tlsrpt_mailbox_parse(
			slice_of(cases[i].uri), &arena, &address);

		if (!CHECK(good == (cases[i].address != NULL)))
			fprintf(stderr, "\t%s\n", cases[i].uri);
		if (good && cases[i].address)
			CHECK_SLICE(address, cases[i].address);
	}
	arena_finish(&arena);
}

CASE("rows as fields and back, whatever is in them")
{
	struct tlsrpt_row row = {.type = TLSRPT_STS,
		.policy_domain = SLICE("example.org"),
		.result = TLSRPT_CERTIFICATE_EXPIRED,
		.host = SLICE("mx.example.org"),
		.address = SLICE("192.0.2.1"),
		.reason = SLICE("tab\there, \xc3\xa4\nline")};
	struct buffer field = {0};
	struct tlsrpt_row got;

	tlsrpt_row_print(&row, &field);
	CHECK(tlsrpt_row_parse(buffer_contents(&field), &got));
	CHECK_NUMBER(got.type, TLSRPT_STS);
	CHECK_NUMBER(got.result, TLSRPT_CERTIFICATE_EXPIRED);
	CHECK_SLICE(got.policy_domain, "example.org");
	CHECK_SLICE(got.host, "mx.example.org");
	CHECK_SLICE(got.local, "");
	CHECK_SLICE(got.reason, "tab?here, ???line");
	for (size_t i = 0; i < buffer_size(&field); i++)
		tlsrpt_row_parse(slice_part(buffer_contents(&field), 0, i), &got);
	CHECK(!tlsrpt_row_parse(SLICE("sts\ta\tsuccess\t\t\t\t\t"), &got));
	CHECK(!tlsrpt_row_parse(SLICE("sts\ta\tsuccess"), &got));
	CHECK(!tlsrpt_row_parse(SLICE("who\ta\tsuccess\t\t\t\t"), &got));
	CHECK(tlsrpt_row_parse(SLICE("sts\ta\tsuccess\t\t\t\t"), &got));
	buffer_finish(&field);
}

CASE("every result and policy type has its name and is found by it")
{
	for (enum tlsrpt_result i = 0; i < TLSRPT_RESULTS; i++) {
		enum tlsrpt_result got = TLSRPT_RESULTS;

		CHECK(tlsrpt_result_parse(slice_of(tlsrpt_result_name(i)), &got));
		CHECK_NUMBER(got, i);
	}
	for (enum tlsrpt_policy_type i = 0; i < TLSRPT_POLICY_TYPES; i++) {
		enum tlsrpt_policy_type got = TLSRPT_POLICY_TYPES;

		CHECK(tlsrpt_policy_type_parse(
			slice_of(tlsrpt_policy_type_name(i)), &got));
		CHECK_NUMBER(got, i);
	}
}

CASE("days")
{
	int64_t day_ms = 0;
	char text[11];

	CHECK(tlsrpt_day_parse(SLICE("2016-04-01"), &day_ms));
	CHECK_NUMBER(day_ms, INT64_C(1459468800000));
	CHECK_SLICE(tlsrpt_day_print(day_ms, text), "2016-04-01");
	CHECK_SLICE(tlsrpt_day_print(day_ms + TLSRPT_DAY_MS - 1, text), "2016-04-01");
	CHECK(!tlsrpt_day_parse(SLICE("2016-02-30"), &day_ms));
	CHECK(!tlsrpt_day_parse(SLICE("2016-13-01"), &day_ms));
	CHECK(!tlsrpt_day_parse(SLICE("yesterday"), &day_ms));
	CHECK(!tlsrpt_day_parse(SLICE(""), &day_ms));
}

CASE("reports are spread over the first hours")
{
	char name[40];
	size_t early = 0;

	for (int i = 0; i < 1000; i++) {
		int64_t delay_ms;

		snprintf(name, sizeof(name), "d%d.example", i);
		delay_ms = tlsrpt_delay_ms(slice_of(name));
		CHECK(delay_ms >= 600000 && delay_ms < 600000 + 4 * 3600000);
		early += delay_ms < 600000 + 2 * 3600000;
	}
	CHECK(early > 400 && early < 600);
}

static struct tlsrpt_row rows[] = {
	{.type = TLSRPT_STS, .policy_domain = {"b.example", 9}, .count = 5326},
	{.type = TLSRPT_STS,
		.policy_domain = {"b.example", 9},
		.result = TLSRPT_CERTIFICATE_EXPIRED,
		.host = {"mx.b.example", 12},
		.count = 100},
	{.type = TLSRPT_NO_POLICY,
		.policy_domain = {"b.example", 9},
		.result = TLSRPT_STARTTLS_NOT_SUPPORTED,
		.count = 3},
};

CASE("RFC 8460 4.4: a report")
{
	struct tlsrpt_policy policy = {TLSRPT_STS, SLICE("b.example"),
		SLICE("version: STSv1\nmode: testing\nmx: *.b.example\nmax_age: 9\n")};
	struct tlsrpt_report report = {.domain = SLICE("b.example"),
		.organization = SLICE("A \"quoted\" one"),
		.contact = SLICE("a@a.example"),
		.submitter = SLICE("a.example"),
		.id = SLICE("1@a.example"),
		.day_ms = INT64_C(1459468800000),
		.rows = rows,
		.row_count = ARRAY_COUNT(rows),
		.policies = &policy,
		.policy_count = 1};
	struct buffer json = {0}, packed = {0}, mail = {0};

	CHECK(tlsrpt_report_json(&report, &json));
	CHECK_SLICE(buffer_contents(&json),
		"{\"organization-name\":\"A \\\"quoted\\\" one\",\"date-range\":{"
		"\"start-datetime\":\"2016-04-01T00:00:00Z\","
		"\"end-datetime\":\"2016-04-01T23:59:59Z\"},"
		"\"contact-info\":\"a@a.example\",\"report-id\":\"1@a.example\","
		"\"policies\":[{\"policy\":{\"policy-type\":\"sts\",\"policy-string\":["
		"\"version: STSv1\",\"mode: testing\",\"mx: *.b.example\",\"max_age: "
		"9\"],\"mx-host\":[\"*.b.example\"],\"policy-domain\":\"b.example\"},"
		"\"summary\":{\"total-successful-session-count\":5326,"
		"\"total-failure-session-count\":100},\"failure-details\":[{"
		"\"result-type\":\"certificate-expired\",\"receiving-mx-hostname\":"
		"\"mx.b.example\",\"failed-session-count\":100}]},{\"policy\":{"
		"\"policy-type\":\"no-policy-found\",\"policy-domain\":\"b.example\"},"
		"\"summary\":{\"total-successful-session-count\":0,"
		"\"total-failure-session-count\":3},\"failure-details\":[{"
		"\"result-type\":\"starttls-not-supported\","
		"\"failed-session-count\":3}]}]}");
	CHECK(tlsrpt_gzip(buffer_contents(&json), &packed));
	CHECK(buffer_size(&packed) > 20 && buffer_size(&packed) < buffer_size(&json));
	tlsrpt_mail(&report, SLICE("a@a.example"), SLICE("b@b.example"),
		buffer_contents(&packed), 1, &mail);
	for (size_t i = 0; i < buffer_size(&mail); i++)
		if (mail.bytes[mail.start + i] == '\n')
			CHECK(i && mail.bytes[mail.start + i - 1] == '\r');
	buffer_finish(&json);
	buffer_finish(&packed);
	buffer_finish(&mail);
}

CHECK_MAIN()
