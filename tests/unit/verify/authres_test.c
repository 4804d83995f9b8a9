/* Authentication-Results: written for what peers may have sent, and read. */
#include "verify/authres.h"

#include <arpa/inet.h>

#include "check.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static struct authentication sample(void)
{
	struct authentication a = {
		.hostname = SLICE("mx.example.net"),
		.helo = SLICE("mail.example.com"),
		.mail_from = SLICE("joe@example.com"),
		.spf_known = true,
		.spf = {.result = SPF_PASS, .domain = SLICE("example.com")},
		.dmarc = {.result = DMARC_PASS,
			.from_domain = SLICE("example.com"),
			.record_domain = SLICE("example.com"),
			.published = DMARC_POLICY_REJECT},
	};

	inet_pton(AF_INET6, "::ffff:192.0.2.1", &a.client);
	return a;
}

static void check_text(const struct authentication *a, const char *want)
{
	struct buffer out = {0};
	struct slice text;

	CHECK(authres_write(a, &out));
	text = buffer_contents(&out);
	CHECK_SLICE(text, want);
	while (text.at) {
		struct slice line = slice_cut(&text, '\n');

		CHECK(line.size <= 79);
		for (size_t i = 0; i + 1 < line.size; i++)
			CHECK(line.at[i] >= ' ' || line.at[i] == '\t');
	}
	buffer_finish(&out);
}

CASE("RFC 8601 2.7.3: the client's own name, or that it has none")
{
	struct authentication a = sample();

	a.caller.known = true;
	a.caller.result = REVERSE_CONFIRMED;
	a.caller.name = SLICE("mail.example.com");
	check_text(&a, "Authentication-Results: mx.example.net;\r\n"
		       "\tiprev=pass (mail.example.com) policy.iprev=192.0.2.1;\r\n"
		       "\tspf=pass smtp.mailfrom=joe@example.com;\r\n"
		       "\tdmarc=pass (p=reject dis=none) header.from=example.com\r\n");
	a.caller = (struct reverse_name){.known = true, .result = REVERSE_UNCONFIRMED};
	inet_pton(AF_INET6, "2001:db8::1", &a.client);
	check_text(&a, "Authentication-Results: mx.example.net;\r\n"
		       "\tiprev=fail policy.iprev=\"2001:db8::1\";\r\n"
		       "\tspf=pass smtp.mailfrom=joe@example.com;\r\n"
		       "\tdmarc=pass (p=reject dis=none) header.from=example.com\r\n");
}

CASE("RFC 8601 appendix B: SPF, DKIM, ARC and DMARC in one field")
{
	struct authentication a = sample();
	struct dkim_verdict good = {.result = DKIM_PASS,
		.domain = SLICE("example.com"),
		.selector = SLICE("rp1"),
		.algorithm = SLICE("rsa-sha256"),
		.signature = SLICE("ab/+cd=1"),
		.key_bits = 2048};
	struct dkim_verdict bad = {.result = DKIM_FAIL,
		.reason = "the body is not the one signed",
		.domain = SLICE("list.example.org"),
		.selector = SLICE("x"),
		.algorithm = SLICE("ed25519-sha256"),
		.signature = SLICE("abcdefgh"),
		.key_bits = 256,
		.testing = true};
	struct arc_verdict arc = {.status = ARC_PASS, .count = 2};

	a.dkim[0] = &good;
	a.dkim[1] = &bad;
	a.dkim_count = 2;
	a.arc = &arc;
	check_text(&a,
		"Authentication-Results: mx.example.net;\r\n"
		"\tspf=pass smtp.mailfrom=joe@example.com;\r\n"
		"\tdkim=pass (2048-bit key) header.d=example.com header.s=rp1\r\n"
		"\theader.a=rsa-sha256 header.b=\"ab/+cd=1\";\r\n"
		"\tdkim=fail (256-bit key, testing)\r\n"
		"\treason=\"the body is not the one signed\" "
		"header.d=list.example.org\r\n"
		"\theader.s=x header.a=ed25519-sha256 header.b=abcdefgh;\r\n"
		"\tarc=pass (2 sets) smtp.remote-ip=192.0.2.1;\r\n"
		"\tdmarc=pass (p=reject dis=none) header.from=example.com\r\n");
}

CASE("the null sender, a failed chain over IPv6, nothing signed")
{
	struct authentication a = sample();
	struct arc_verdict arc = {
		.status = ARC_FAIL, .count = 1, .reason = "set 1 has no ARC-Seal"};

	a.mail_from = SLICE_EMPTY;
	a.spf.result = SPF_TEMPERROR;
	a.spf.helo = true;
	memcpy(a.spf.reason, "no answer", sizeof("no answer"));
	inet_pton(AF_INET6, "2001:db8::1", &a.client);
	a.arc = &arc;
	a.dmarc = (struct dmarc_verdict){
		.result = DMARC_PERMERROR, .reason = "there is no From"};
	check_text(&a,
		"Authentication-Results: mx.example.net;\r\n"
		"\tspf=temperror reason=\"no answer\" smtp.helo=mail.example.com;\r\n"
		"\tdkim=none;\r\n"
		"\tarc=fail (1 set) reason=\"set 1 has no ARC-Seal\"\r\n"
		"\tsmtp.remote-ip=\"2001:db8::1\";\r\n"
		"\tdmarc=permerror reason=\"there is no From\"\r\n");
}

CASE("what peers sent cannot leave its place")
{
	struct authentication a = sample();
	struct arc_verdict arc = {.status = ARC_NONE};
	struct dkim_verdict odd = {.result = DKIM_NEUTRAL,
		.reason = "the algorithm x\"; dkim=pass is not known",
		.selector = SLICE("a;b(c\\"),
		.algorithm = SLICE("rsa\r\n\x80")};

	a.mail_from = SLICE("\"a b\"@example.com");
	a.dkim[0] = &odd;
	a.dkim_count = 1;
	a.arc = &arc;
	a.dmarc.from_domain = SLICE("evil.example; spf=pass");
	check_text(&a, "Authentication-Results: mx.example.net;\r\n"
		       "\tspf=pass smtp.mailfrom=\"\\\"a b\\\"@example.com\";\r\n"
		       "\tdkim=neutral "
		       "reason=\"the algorithm x\\\"; dkim=pass is not known\"\r\n"
		       "\theader.s=\"a;b(c\\\\\" header.a=\"rsa???\";\r\n"
		       "\tarc=none;\r\n"
		       "\tdmarc=pass (p=reject dis=none) header.from=\"evil.example; "
		       "spf=pass\"\r\n");
}

CASE("values without end are cut, and the buffer's cap is kept")
{
	struct authentication a = sample();
	struct buffer small = {.limit = 100}, out = {0};
	char text[1000];

	memset(text, '"', sizeof(text));
	a.mail_from = slice_make(text, sizeof(text));
	CHECK(authres_write(&a, &out));
	CHECK(buffer_size(&out) < 1000);
	CHECK(!authres_write(&a, &small));
	buffer_finish(&small);
	buffer_finish(&out);
}

CASE("RFC 8601 5: fields that claim to be ours, or that cannot be read")
{
	static const struct {
		const char *name, *value;
		bool ours;
	} table[] = {
		{"Authentication-Results", " mx.example.net; spf=pass", true},
		{"authentication-results", " MX.Example.NET;none", true},
		{"Authentication-Results ", " mx.example.net 1; spf=pass", true},
		{"Authentication-Results", "\r\n\t(c (d) \\) e) mx.example.net (x)",
			true},
		{"Authentication-Results", " \"mx.example.net\"; spf=pass", true},
		{"Authentication-Results", " \"m\\x.example.net\"; spf=pass", true},
		{"Authentication-Results", "", true},
		{"Authentication-Results", " (no end", true},
		{"Authentication-Results", " ; spf=pass", true},
		{"Authentication-Results", " =mx.example.net; spf=pass", true},
		{"Authentication-Results", " \"mx.example.net", true},
		{"Authentication-Results", " a mx.example.net; spf=pass", true},
		{"Authentication-Results", " a/mx.example.net; spf=pass", true},
		{"Authentication-Results", " mx.example.org; mx.example.net", false},
		{"Authentication-Results", " mx.example.org", false},
		{"Authentication-Results", " mx.example.org 1 ; spf=pass", false},
		{"Authentication-Results", " (mx.example.net) other; spf=pass", false},
		{"Authentication-Results", " mx.example.net.evil.example; none", false},
		{"Authentication-Results", " amx.example.net; none", false},
		{"Authentication-Results", " mx.example.ne; none", false},
		{"ARC-Authentication-Results", " i=1; mx.example.net; none", false},
		{"X-Authentication-Results", " mx.example.net; none", false},
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct header_field field = {.name = slice_of(table[i].name),
			.value = slice_of(table[i].value)};

		if (!CHECK_NUMBER(authres_is_ours(&field, SLICE("mx.example.net")),
			    table[i].ours))
			fprintf(stderr, "  in row %zu\n", i);
	}
}

CASE("those that are ours are taken out, and no others")
{
	struct arena arena = {0};
	struct header header;

	CHECK(header_scan(&arena,
		SLICE("Authentication-Results: mx.example.net; spf=pass\r\n"
		      "From: a@example.com\r\n"
		      "Authentication-Results: other.example; spf=pass\r\n"
		      "AUTHENTICATION-RESULTS:mx.example.net;\r\n dkim=pass\r\n"),
		10, 1000, &header));
	CHECK_NUMBER(authres_remove_ours(&header, SLICE("mx.example.net")), 2);
	CHECK_NUMBER(header.fields[0].known, HEADER_PRIVATE);
	CHECK_NUMBER(header.fields[1].known, HEADER_FROM);
	CHECK_NUMBER(header.fields[2].known, HEADER_OTHER);
	CHECK_NUMBER(header.fields[3].known, HEADER_PRIVATE);
	arena_finish(&arena);
}

CASE("what a method found")
{
	static const struct {
		const char *value, *method, *result;
	} table[] = {
		{"mx; spf=pass smtp.mailfrom=a@b; dmarc=fail", "spf", "pass"},
		{"mx; spf=pass smtp.mailfrom=a@b; dmarc=fail", "dmarc", "fail"},
		{"mx; spf=pass smtp.mailfrom=a@b; dmarc=fail", "dkim", ""},
		{"mx;\r\n\tDMARC (x) / 1 = (y) Pass", "dmarc", "Pass"},
		{"mx; spf=fail reason=\"; dmarc=pass\"; dmarc=fail", "dmarc", "fail"},
		{"mx; spf=fail (; dmarc=pass); dmarc=fail", "dmarc", "fail"},
		{"mx; spf=fail (no end; dmarc=pass", "dmarc", ""},
		{"mx; spf=fail \"no end; dmarc=pass", "dmarc", ""},
		{"dmarc=pass; none", "dmarc", ""},
		{"mx; dmarc", "dmarc", ""},
		{"mx; dmarc=", "dmarc", ""},
		{"mx; dmarc/=pass; dmarc=none", "dmarc", "none"},
		{"", "dmarc", ""},
	};

	for (size_t i = 0; i < COUNT(table); i++)
		CHECK_SLICE(authres_find(slice_of(table[i].value),
				    slice_of(table[i].method)),
			table[i].result);
}

CHECK_MAIN()
