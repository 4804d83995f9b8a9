/* The EHLO reply, read and written: RFC 5321 4.1.1.1, 1870, 4954, 9422. */
#include "mail/capability.h"

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "mail/sasl.h"

static struct capabilities parsed(const char *text)
{
	struct reply reply = {.code = 250, .text = slice_of(text)};
	struct capabilities c;

	capabilities_parse(&reply, &c);
	return c;
}

CASE("what a modern server says")
{
	struct capabilities c = parsed(
		"mx.example.com at your service\nPIPELINING\n"
		"SIZE 52428800\n8BITMIME\nSMTPUTF8\nCHUNKING\n"
		"BINARYMIME\nDSN\nSTARTTLS\nENHANCEDSTATUSCODES\n"
		"REQUIRETLS\nAUTH LOGIN XOAUTH2 plain SCRAM-SHA-256\n"
		"LIMITS RCPTMAX=1000 MAILMAX=20 RCPTDOMAINMAX=1\n"
		"VRFY\nX-UNKNOWN a b c");

	CHECK(c.esmtp && c.pipelining && c.eight_bit && c.smtputf8 && c.chunking);
	CHECK(c.binarymime && c.dsn && c.starttls && c.enhanced_codes && c.requiretls);
	CHECK(c.size && c.size_max == 52428800);
	CHECK(c.auth_offered);
	CHECK_NUMBER(c.auth, SASL_BIT(SASL_LOGIN) | SASL_BIT(SASL_PLAIN) |
				     SASL_BIT(SASL_XOAUTH2) |
				     SASL_BIT(SASL_SCRAM_SHA_256));
	CHECK_NUMBER(c.rcpt_max, 1000);
	CHECK_NUMBER(c.mail_max, 20);
	CHECK_NUMBER(c.rcpt_domain_max, 1);
}

CASE("nothing, little, lower case, and what is malformed")
{
	struct capabilities c = parsed("PIPELINING"); /* the greeting, not a keyword */

	CHECK(c.esmtp && !c.pipelining);
	c = parsed("");
	CHECK(c.esmtp && !c.size && !c.auth_offered);
	c = parsed("mx\npipelining\nsize\nauth=LOGIN CRAM-MD5");
	CHECK(c.pipelining && c.size && c.size_max == 0);
	CHECK_NUMBER(c.auth, SASL_BIT(SASL_LOGIN) | SASL_BIT(SASL_CRAM_MD5));
	c = parsed("mx\nSIZE abc\nPIPELININGX\nBINARYMIME\nAUTH\n\n \nAUTH GSSAPI");
	CHECK(!c.size && !c.pipelining && !c.binarymime && c.auth_offered && !c.auth);
	c = parsed("mx\nLIMITS RCPTMAX MAILMAX= RCPTDOMAINMAX=0");
	CHECK(!c.rcpt_max && !c.mail_max && !c.rcpt_domain_max);
	c = parsed("mx\nLIMITS RCPTMAX=1234567 MAILMAX=-1 FOO=3  rcptdomainmax=999999");
	CHECK(!c.rcpt_max && !c.mail_max && c.rcpt_domain_max == 999999);
	c = parsed("mx\nSIZE 18446744073709551616");
	CHECK(!c.size);
}

CASE("what we say, and that it is understood")
{
	struct capabilities offered = {.pipelining = true,
		.eight_bit = true,
		.smtputf8 = true,
		.chunking = true,
		.dsn = true,
		.starttls = true,
		.enhanced_codes = true,
		.size = true,
		.size_max = 26214400,
		.auth = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_SCRAM_SHA_256_PLUS),
		.mail_max = 100,
		.rcpt_max = 1000};
	struct buffer buffer = {0};
	struct reply_parser parser = {.lines = 0};
	struct capabilities again;
	struct slice rest;

	CHECK(capabilities_format(&buffer, SLICE("mail.example.com"), &offered));
	CHECK_SLICE(buffer_contents(&buffer),
		"250-mail.example.com\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
		"250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n250-STARTTLS\r\n"
		"250-ENHANCEDSTATUSCODES\r\n250-SIZE 26214400\r\n"
		"250-AUTH PLAIN SCRAM-SHA-256-PLUS\r\n"
		"250 LIMITS RCPTMAX=1000 MAILMAX=100\r\n");
	rest = buffer_contents(&buffer);
	while (rest.size > 0)
		reply_parser_feed(&parser, slice_trim_all(slice_cut(&rest, '\n')));
	CHECK(parser.complete);
	capabilities_parse(&parser.reply, &again);
	offered.esmtp = offered.auth_offered = true;
	CHECK(again.pipelining && again.eight_bit && again.smtputf8 && again.chunking &&
		again.dsn && again.starttls && again.enhanced_codes &&
		!again.binarymime);
	CHECK(again.size && again.size_max == offered.size_max);
	CHECK(again.auth == offered.auth && again.mail_max == 100 &&
		again.rcpt_max == 1000 && again.rcpt_domain_max == 0);
	reply_parser_finish(&parser);
	buffer_finish(&buffer);
}

CASE("RFC 4865, 2852, 6710: extensions with values, said and heard")
{
	struct capabilities offered = {.future_release = true,
		.hold_for_max_s = 86400,
		.hold_until_max_ms = 1795332767999,
		.deliver_by = true,
		.deliver_by_min_s = 10,
		.mt_priority = true,
		.priority_policy = "MIXER",
		.xclient = true,
		.binarymime = true};
	struct buffer buffer = {0};
	struct capabilities c;

	CHECK(capabilities_format(&buffer, SLICE("mx"), &offered));
	CHECK_SLICE(buffer_contents(&buffer),
		"250-mx\r\n250-BINARYMIME\r\n"
		"250-FUTURERELEASE 86400 2026-11-22T07:32:47Z\r\n"
		"250-DELIVERBY 10\r\n250-MT-PRIORITY MIXER\r\n"
		"250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT\r\n");
	buffer_clear(&buffer);
	offered = (struct capabilities){.deliver_by = true, .mt_priority = true};
	CHECK(capabilities_format(&buffer, SLICE("mx"), &offered));
	CHECK_SLICE(buffer_contents(&buffer),
		"250-mx\r\n250-DELIVERBY\r\n250 MT-PRIORITY\r\n");
	buffer_finish(&buffer);
	c = parsed("mx\nDELIVERBY 120\nMT-PRIORITY STANAG4406");
	CHECK(c.deliver_by && c.deliver_by_min_s == 120 && c.mt_priority);
	c = parsed("mx\ndeliverby\nmt-priority");
	CHECK(c.deliver_by && c.deliver_by_min_s == 0 && c.mt_priority);
	c = parsed("mx\nDELIVERBY soon\nDELIVERBYX");
	CHECK(c.deliver_by && c.deliver_by_min_s == 0);
	c = parsed("mx\nDELIVERBYX 3");
	CHECK(!c.deliver_by);
}

CASE("a bare server, and a buffer that is full")
{
	struct capabilities none = {.size = true};
	struct buffer buffer = {.limit = 30};

	CHECK(capabilities_format(&buffer, SLICE("mx"), &none));
	CHECK_SLICE(buffer_contents(&buffer), "250-mx\r\n250 SIZE 0\r\n");
	CHECK(!capabilities_format(&buffer, SLICE("mx"), &none));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_NUMBER(buffer_size(&buffer), 20);
	buffer_finish(&buffer);
}

CHECK_MAIN()
