/* SMTP command lines: RFC 5321 4.1 and the extensions. */
#include "mail/command.h"

#include "base/memory.h"
#include "check.h"

static struct arena arena;

static bool parse(const char *line, struct smtp_command *command, struct reply *refusal)
{
	arena_reset(&arena);
	return smtp_command_parse(slice_of(line), false, &arena, command, refusal);
}

CASE("RFC 5321 2.3.8: lines end in CRLF, which stands nowhere else")
{
	static const struct {
		struct slice raw;
		enum smtp_line_fault fault;
	} rows[] = {
		{SLICE("NOOP\r\n"), SMTP_LINE_OK},
		{SLICE("\r\n"), SMTP_LINE_OK},
		{SLICE(""), SMTP_LINE_UNTERMINATED},
		{SLICE("NOOP"), SMTP_LINE_UNTERMINATED},
		{SLICE("NOOP\r"), SMTP_LINE_UNTERMINATED},
		{SLICE("NOOP\n"), SMTP_LINE_BARE_LF},
		{SLICE("\n"), SMTP_LINE_BARE_LF},
		{SLICE("a\nb\r\n"), SMTP_LINE_BARE_LF},
		{SLICE("a\rb\r\n"), SMTP_LINE_BARE_CR},
		{SLICE("a\r\r\n"), SMTP_LINE_BARE_CR},
		{SLICE("\r\r\n"), SMTP_LINE_BARE_CR},
		{SLICE("a\r\nb\r\n"), SMTP_LINE_TWO_LINES},
		{SLICE("a\0b\r\n"), SMTP_LINE_NUL},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char *exact = memory_copy_text(rows[i].raw);
		struct reply reply = smtp_line_refusal(rows[i].fault);

		CHECK_NUMBER(smtp_line_check(slice_make(exact, rows[i].raw.size)),
			rows[i].fault);
		CHECK_NUMBER(reply.code, 500);
		memory_free(exact);
	}
}

static const struct verb_row {
	const char *line;
	enum smtp_verb verb;
	const char *argument;
} verbs[] = {
	{"EHLO mail.example.com", SMTP_EHLO, "mail.example.com"},
	{"ehlo [192.0.2.1]", SMTP_EHLO, "[192.0.2.1]"},
	{"EHLO [IPv6:2001:db8::1]", SMTP_EHLO, "[IPv6:2001:db8::1]"},
	{"EHLO john's_laptop ", SMTP_EHLO, "john's_laptop"},
	{"HELO localhost", SMTP_HELO, "localhost"},
	{"DATA", SMTP_DATA, ""},
	{"DATA ", SMTP_DATA, ""},
	{"rset", SMTP_RSET, ""},
	{"NOOP", SMTP_NOOP, ""},
	{"NOOP anything at all", SMTP_NOOP, "anything at all"},
	{"QUIT", SMTP_QUIT, ""},
	{"VRFY Crispin", SMTP_VRFY, "Crispin"},
	{"VRFY SMTPUTF8", SMTP_VRFY, "SMTPUTF8"}, /* a name like any other */
	{"VRFY j\xc3\xb6rg SMTPUTF8", SMTP_VRFY, "j\xc3\xb6rg"},
	{"EXPN Example-People", SMTP_EXPN, "Example-People"},
	{"HELP", SMTP_HELP, ""},
	{"HELP MAIL", SMTP_HELP, "MAIL"},
	{"STARTTLS", SMTP_STARTTLS, ""},
};

CASE("RFC 5321 4.1.1: verbs and their arguments, whatever the case")
{
	for (size_t i = 0; i < ARRAY_COUNT(verbs); i++) {
		struct smtp_command command;
		struct reply refusal;

		CHECK(parse(verbs[i].line, &command, &refusal));
		CHECK_NUMBER(command.verb, verbs[i].verb);
		CHECK_SLICE(command.argument, verbs[i].argument);
	}
	CHECK_SLICE(slice_of(smtp_verb_name(SMTP_STARTTLS)), "STARTTLS");
	CHECK_SLICE(slice_of(smtp_verb_name(SMTP_UNKNOWN)), "UNKNOWN");
}

static const struct refusal_row {
	const char *line;
	enum smtp_verb verb;
	int code;
	const char *status;
} refusals[] = {
	{"", SMTP_UNKNOWN, 500, "5.5.1"},
	{" ", SMTP_UNKNOWN, 500, "5.5.1"},
	{" NOOP", SMTP_UNKNOWN, 500, "5.5.1"},
	{"EHL mail.example.com", SMTP_UNKNOWN, 500, "5.5.1"},
	{"MAILFROM:<a@b.example>", SMTP_UNKNOWN, 500, "5.5.1"},
	{"EHLO", SMTP_EHLO, 501, "5.5.4"},
	{"EHLO a b", SMTP_EHLO, 501, "5.5.4"},
	{"EHLO a\x01", SMTP_EHLO, 501, "5.5.4"},
	{"EHLO a(b)", SMTP_EHLO, 501, "5.5.4"},
	{"EHLO b\xc3\xbc"
	 "cher",
		SMTP_EHLO, 501, "5.5.4"},
	{"HELO", SMTP_HELO, 501, "5.5.4"},
	{"DATA now", SMTP_DATA, 501, "5.5.4"},
	{"RSET x", SMTP_RSET, 501, "5.5.4"},
	{"QUIT x", SMTP_QUIT, 501, "5.5.4"},
	{"STARTTLS x", SMTP_STARTTLS, 501, "5.5.4"},
	{"NOOP \x07", SMTP_NOOP, 501, "5.5.4"},
	{"VRFY", SMTP_VRFY, 501, "5.5.4"},
	{"VRFY j\xc3\xb6rg", SMTP_VRFY, 553, "5.6.7"},
	{"EXPN", SMTP_EXPN, 501, "5.5.4"},
	/* MAIL and RCPT: the path */
	{"MAIL", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL TO:<a@b.example>", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:", SMTP_MAIL, 501, "5.1.7"},
	{"MAIL FROM:a@b.example", SMTP_MAIL, 501, "5.1.7"},
	{"MAIL FROM:<a>", SMTP_MAIL, 501, "5.1.7"},
	{"MAIL FROM:<postmaster>", SMTP_MAIL, 501, "5.1.7"},
	{"MAIL FROM:<a@b..example>", SMTP_MAIL, 501, "5.1.7"},
	{"MAIL FROM:<a@b.example>SIZE=1", SMTP_MAIL, 501, "5.1.7"},
	{"MAIL FROM:<a@b.example> <c@d.example>", SMTP_MAIL, 555, "5.5.4"},
	{"MAIL FROM:<j\xc3\xb6rg@b.example>", SMTP_MAIL, 553, "5.6.7"},
	{"MAIL FROM:<j\xf6rg@b.example> SMTPUTF8", SMTP_MAIL, 501, "5.1.7"},
	{"RCPT", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT FROM:<a@b.example>", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<>", SMTP_RCPT, 501, "5.1.3"},
	{"RCPT TO:a@b.example", SMTP_RCPT, 501, "5.1.3"},
	{"RCPT TO:<a@b@c.example>", SMTP_RCPT, 501, "5.1.3"},
	{"RCPT TO:<j\xc3\xb6rg@b.example>", SMTP_RCPT, 553, "5.6.7"},
	/* parameters */
	{"MAIL FROM:<> SIZE", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> SIZE=", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> SIZE=1k", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> SIZE=-1", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> SIZE=111111111111111111111", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> SIZE=1 size=1", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> BODY=9BIT", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> BODY", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> SMTPUTF8=1", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> SMTPUTF8=", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> RET=ALL", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> ENVID=", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> ENVID=a+0Ab", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> ENVID=+C3+BC", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> ENVID=a=b", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> AUTH=", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> AUTH=a+0D+0Ab", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> AUTH=a+00", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> NOTIFY=NEVER", SMTP_MAIL, 555, "5.5.4"},
	{"MAIL FROM:<> MT-PRIORITY=10", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> MT-PRIORITY", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> HOLDFOR=0", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> HOLDFOR=3 HOLDFOR=3", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> HOLDFOR=3 HOLDUNTIL=2030-01-01T00:00:00Z", SMTP_MAIL, 501,
		"5.5.4"},
	{"MAIL FROM:<> HOLDUNTIL=2030-01-01T00:00:00Z HOLDFOR=3", SMTP_MAIL, 501,
		"5.5.4"},
	{"MAIL FROM:<> HOLDUNTIL=2030-01-01T00:00:00+01:00", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> BY=0;R", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> REQUIRETLS=yes", SMTP_MAIL, 501, "5.5.4"},
	{"MAIL FROM:<> X=1", SMTP_MAIL, 555, "5.5.4"},
	{"MAIL FROM:<> =", SMTP_MAIL, 555, "5.5.4"},
	{"MAIL FROM:<> X=\x01", SMTP_MAIL, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> NOTIFY", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> NOTIFY=", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> NOTIFY=SUCCESS,", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> NOTIFY=NEVER NOTIFY=NEVER", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> ORCPT", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> ORCPT=a@b.example", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> ORCPT=rfc822;a+0A@b", SMTP_RCPT, 501, "5.5.4"},
	{"RCPT TO:<a@b.example> SIZE=1", SMTP_RCPT, 555, "5.5.4"},
	{"RCPT TO:<a@b.example> SMTPUTF8", SMTP_RCPT, 555, "5.5.4"},
	/* BDAT, AUTH */
	{"BDAT", SMTP_BDAT, 501, "5.5.4"},
	{"BDAT x", SMTP_BDAT, 501, "5.5.4"},
	{"BDAT -1", SMTP_BDAT, 501, "5.5.4"},
	{"BDAT 1 FIRST", SMTP_BDAT, 501, "5.5.4"},
	{"BDAT 1 LAST LAST", SMTP_BDAT, 501, "5.5.4"},
	{"BDAT LAST", SMTP_BDAT, 501, "5.5.4"},
	{"BDAT 99999999999999999999", SMTP_BDAT, 501, "5.5.4"},
	{"AUTH", SMTP_AUTH, 501, "5.5.4"},
	{"AUTH PL.AIN", SMTP_AUTH, 501, "5.5.4"},
	{"AUTH ABCDEFGHIJKLMNOPQRSTU", SMTP_AUTH, 501, "5.5.4"},
	{"AUTH PLAIN a b", SMTP_AUTH, 501, "5.5.2"},
	{"AUTH PLAIN *", SMTP_AUTH, 501, "5.5.2"},
};

CASE("refusals: the very reply to send")
{
	char status[16];

	for (size_t i = 0; i < ARRAY_COUNT(refusals); i++) {
		struct smtp_command command;
		struct reply refusal = {.code = 0};

		if (parse(refusals[i].line, &command, &refusal) ||
			refusal.code != refusals[i].code ||
			!slice_equal(reply_status(&refusal, status),
				slice_of(refusals[i].status)))
			CHECK_SLICE(slice_of(refusals[i].line), "refused rightly");
		CHECK_NUMBER(command.verb, refusals[i].verb);
		CHECK(refusal.text.size > 0);
	}
}

CASE("RFC 5321 4.1.1.2, RFC 1870, 6152, 3461, 4954: MAIL")
{
	struct smtp_command command;
	struct reply refusal;
	char print[ADDRESS_MAX + 1];

	CHECK(parse("MAIL FROM:<Smith@bar.com>", &command, &refusal));
	CHECK_SLICE(address_print(&command.path, print), "Smith@bar.com");
	CHECK(!command.has_parameters && !command.has_size && !command.auth.at &&
		!command.envid.at);
	CHECK(parse("mail from:<>", &command, &refusal));
	CHECK(address_is_null(&command.path));
	CHECK(parse("MAIL FROM:  <a@b.example>   SIZE=0  ", &command, &refusal));
	CHECK(command.has_parameters && command.has_size && command.size == 0);
	CHECK(parse("MAIL FROM:<a@b.example> size=1000000 body=8bitmime RET=HDRS "
		    "ENVID=QQ+2B314159 AUTH=e+3Dmc2@example.com",
		&command, &refusal));
	CHECK_NUMBER(command.size, 1000000);
	CHECK_NUMBER(command.body, SMTP_BODY_8BITMIME);
	CHECK_NUMBER(command.ret, SMTP_RET_HDRS);
	CHECK_SLICE(command.envid, "QQ+314159");
	CHECK_SLICE(command.auth, "e=mc2@example.com"); /* RFC 4954 5 */
	CHECK(parse("MAIL FROM:<> AUTH=<> BODY=7BIT RET=full", &command, &refusal));
	CHECK(command.auth.at && command.auth.size == 0);
	CHECK_NUMBER(command.body, SMTP_BODY_7BIT);
	CHECK_NUMBER(command.ret, SMTP_RET_FULL);
	CHECK(parse("MAIL FROM:<> BODY=BINARYMIME SIZE=99999999999999999999", &command,
		&refusal));
	CHECK_NUMBER(command.body, SMTP_BODY_BINARYMIME);
	CHECK(command.size == UINT64_MAX);
	CHECK(parse("MAIL FROM:<j\xc3\xb6rg@b.example> SMTPUTF8", &command, &refusal));
	CHECK(command.smtputf8 && command.path.utf8);
}

CASE("RFC 4865, 2852, 6710, 8689: how a message is to be handled")
{
	struct smtp_command command;
	struct reply refusal;
	const struct smtp_extensions *asked = &command.extensions;

	CHECK(parse("MAIL FROM:<a@b.example> holdfor=60 by=120;rt mt-priority=-3 "
		    "requiretls",
		&command, &refusal));
	CHECK(asked->hold_for_s == 60 && !asked->hold_until_ms);
	CHECK(asked->by_given && asked->by_return && asked->by_trace &&
		asked->by_s == 120);
	CHECK(asked->priority_given && asked->priority == -3 && asked->require_tls);
	CHECK(parse("MAIL FROM:<> HOLDUNTIL=2026-11-22T07:32:47Z MT-PRIORITY=0",
		&command, &refusal));
	CHECK(asked->hold_until_ms == 1795332767000 && asked->priority_given &&
		!asked->priority && !asked->by_given && !asked->require_tls);
	CHECK(parse("XCLIENT NAME=a ADDR=192.0.2.1", &command, &refusal));
	CHECK_NUMBER(command.verb, SMTP_XCLIENT);
	CHECK_SLICE(command.argument, "NAME=a ADDR=192.0.2.1");
}

CASE("RFC 5321 4.1.1.3, RFC 3461, 6533: RCPT")
{
	struct smtp_command command;
	struct reply refusal;
	char notify[32];

	CHECK(parse(
		"RCPT TO:<@hosta.int,@jkl.org:userc@d.bar.org>", &command, &refusal));
	CHECK_SLICE(command.path.local, "userc");
	CHECK_SLICE(command.path.domain, "d.bar.org");
	CHECK(parse("RCPT TO:<Postmaster>", &command, &refusal));
	CHECK_SLICE(command.path.local, "Postmaster");
	CHECK_NUMBER(command.path.domain.size, 0);
	CHECK(parse("RCPT TO:<a@b.example> NOTIFY=never ORCPT=rfc822;a+2Bb@c.example",
		&command, &refusal));
	CHECK_NUMBER(command.notify, SMTP_NOTIFY_NEVER);
	CHECK_SLICE(command.orcpt.type, "rfc822");
	CHECK_SLICE(command.orcpt.address, "a+b@c.example");
	CHECK_SLICE(smtp_notify_print(command.notify, notify), "NEVER");
	CHECK(parse("RCPT TO:<a@b.example> NOTIFY=DELAY,success,FAILURE", &command,
		&refusal));
	CHECK_SLICE(smtp_notify_print(command.notify, notify), "SUCCESS,FAILURE,DELAY");
	CHECK(!command.orcpt.type.at);
	CHECK_SLICE(smtp_notify_print(0, notify), "");
	CHECK(smtp_command_parse(SLICE("RCPT TO:<j\xc3\xb6rg@b.example> "
				       "ORCPT=utf-8;j\xc3\xb6rg@b.example"),
		true, &arena, &command, &refusal));
	CHECK_SLICE(command.orcpt.address, "j\xc3\xb6rg@b.example");
}

CASE("RFC 3030 2, RFC 4954 4: BDAT and AUTH")
{
	struct smtp_command command;
	struct reply refusal;

	CHECK(parse("BDAT 86 LAST", &command, &refusal));
	CHECK(command.chunk_size == 86 && command.last);
	CHECK(parse("bdat 1000000", &command, &refusal));
	CHECK(command.chunk_size == 1000000 && !command.last);
	CHECK(parse("BDAT 0 last", &command, &refusal));
	CHECK(command.chunk_size == 0 && command.last);
	CHECK(parse("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=", &command, &refusal));
	CHECK_SLICE(command.mechanism, "PLAIN");
	CHECK_SLICE(command.initial, "dGVzdAB0ZXN0ADEyMzQ=");
	CHECK(parse("AUTH cram-md5", &command, &refusal));
	CHECK_SLICE(command.mechanism, "cram-md5");
	CHECK(!command.initial.at);
	CHECK(parse("AUTH EXTERNAL =", &command, &refusal));
	CHECK_SLICE(command.initial, "=");
}

CASE("another protocol's client is recognised")
{
	static const char *const foreign[] = {"GET / HTTP/1.1", "POST /mail HTTP/1.1",
		"CONNECT mail.example.com:25 HTTP/1.1", "Host: mail.example.com",
		"PRI * HTTP/2.0", "content-type: text/plain"};
	struct smtp_command command;
	struct reply refusal;

	for (size_t i = 0; i < ARRAY_COUNT(foreign); i++) {
		CHECK(!parse(foreign[i], &command, &refusal));
		CHECK(command.foreign);
	}
	CHECK(!parse("GETTING", &command, &refusal) && !command.foreign);
}

CASE("limits on names and on ENVID")
{
	struct smtp_command command;
	struct reply refusal;
	char line[400] = "EHLO ", envid[160] = "MAIL FROM:<> ENVID=";
	size_t start = strlen(envid);

	memset(line + 5, 'a', 256);
	CHECK(!parse(line, &command, &refusal));
	line[5 + 255] = '\0';
	CHECK(parse(line, &command, &refusal));
	memset(envid + start, 'a', ENVID_MAX + 1);
	CHECK(!parse(envid, &command, &refusal));
	envid[start + ENVID_MAX] = '\0';
	CHECK(parse(envid, &command, &refusal));
}

static void parse_cuts(const char *line)
{
	for (size_t n = 0; n <= strlen(line); n++)
		for (int utf8 = 0; utf8 < 2; utf8++) {
			char *exact = malloc(n ? n : 1);
			struct smtp_command command;
			struct reply refusal = {.code = 0};

			memcpy(exact, line, n);
			arena_reset(&arena);
			if (!smtp_command_parse(slice_make(exact, n), utf8, &arena,
				    &command, &refusal))
				CHECK(refusal.code >= 500 &&
					refusal.enhanced.class == 5);
			free(exact);
		}
}

CASE("every line at every cut: a command or a refusal, and no byte too far")
{
	for (size_t i = 0; i < ARRAY_COUNT(verbs); i++)
		parse_cuts(verbs[i].line);
	for (size_t i = 0; i < ARRAY_COUNT(refusals); i++)
		parse_cuts(refusals[i].line);
	parse_cuts("MAIL FROM:<@a.example,@b.example:\"j\\\" >\"@c.example> SIZE=12 "
		   "BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a+2Bb AUTH=c+3Dd@e.example");
	parse_cuts(
		"RCPT TO:<j\xc3\xb6rg@[IPv6:2001:db8::1]> NOTIFY=SUCCESS,FAILURE,DELAY "
		"ORCPT=utf-8;j\\x{F6}rg@\xe2\x82\xac.example");
	arena_finish(&arena);
}

CHECK_MAIN()
