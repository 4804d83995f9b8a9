/* Notifications: fields, text, what strangers said made harmless. */
#include "mail/dsn.h"

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

static struct buffer before, after;

static struct dsn_recipient recipient(void)
{
	return (struct dsn_recipient){
		.action = DSN_FAILED,
		.address = SLICE("bob@example.net"),
		.status = SLICE("5.1.1"),
		.remote_mta = SLICE("mx.example.net"),
		.remote_address = SLICE("192.0.2.25"),
		.reply = SLICE("550 5.1.1 No such user here"),
		.last_attempt_ms = 1795246367000,
	};
}

static struct dsn notification(const struct dsn_recipient *recipients, size_t count)
{
	return (struct dsn){
		.hostname = SLICE("mail.example.com"),
		.from = SLICE("MAILER-DAEMON@mail.example.com"),
		.to = SLICE("alice@example.com"),
		.queue_id = SLICE("01jd9x7zk3m6"),
		.original_id = SLICE("01jd9x7zk3m5"),
		.now_ms = 1795246368000,
		.arrival_ms = 1795246360000,
		.recipients = recipients,
		.recipient_count = count,
		.header = SLICE("From: alice@example.com\r\nSubject: Lunch\r\n"
				"Message-ID: <1@example.com>\r\n"),
	};
}

static struct slice built(const struct dsn *dsn)
{
	buffer_clear(&before);
	buffer_clear(&after);
	CHECK(dsn_build(dsn, &before, &after));
	buffer_append(&before, buffer_contents(&after));
	return buffer_contents(&before);
}

static bool holds(struct slice text, const char *part)
{
	if (slice_find(text, slice_of(part)) < text.size)
		return true;
	fprintf(stderr, "no «%s» in\n%.*s\n", part, SLICE_PRINT(text));
	return false;
}

static void finish(void)
{
	buffer_finish(&before);
	buffer_finish(&after);
}

CASE("RFC 3464: a failure, word for word")
{
	struct dsn_recipient r = recipient();
	struct dsn dsn = notification(&r, 1);

	CHECK_SLICE(built(&dsn),
		"From: Mail Delivery System <MAILER-DAEMON@mail.example.com>\r\n"
		"To: <alice@example.com>\r\n"
		"Subject: Your message could not be delivered\r\n"
		"Date: Sat, 21 Nov 2026 07:32:48 +0000\r\n"
		"Message-ID: <01jd9x7zk3m6@mail.example.com>\r\n"
		"In-Reply-To: <1@example.com>\r\n"
		"References: <1@example.com>\r\n"
		"Auto-Submitted: auto-replied\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/report; report-type=delivery-status;\r\n"
		"\tboundary=\"=_01jd9x7zk3m6_dsn\"\r\n"
		"\r\n"
		"This is a delivery status notification in MIME format.\r\n"
		"\r\n"
		"--=_01jd9x7zk3m6_dsn\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n"
		"\r\n"
		"This is a report about your message of\r\n"
		"Sat, 21 Nov 2026 07:32:40 +0000:\r\n"
		"\r\n"
		"  Subject: Lunch\r\n"
		"\r\n"
		"It could not be delivered to the recipients below, and will not be\r\n"
		"tried again:\r\n"
		"\r\n"
		"  <bob@example.net>\r\n"
		"    The server mx.example.net [192.0.2.25] said:\r\n"
		"      550 5.1.1 No such user here\r\n"
		"\r\n"
		"If you need help, give this report to your postmaster. The server\r\n"
		"mail.example.com knows your message as 01jd9x7zk3m5.\r\n"
		"\r\n"
		"--=_01jd9x7zk3m6_dsn\r\n"
		"Content-Type: message/delivery-status\r\n"
		"\r\n"
		"Reporting-MTA: dns; mail.example.com\r\n"
		"Arrival-Date: Sat, 21 Nov 2026 07:32:40 +0000\r\n"
		"\r\n"
		"Final-Recipient: rfc822; bob@example.net\r\n"
		"Action: failed\r\n"
		"Status: 5.1.1\r\n"
		"Remote-MTA: dns; mx.example.net\r\n"
		"Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n"
		"Last-Attempt-Date: Sat, 21 Nov 2026 07:32:47 +0000\r\n"
		"\r\n"
		"--=_01jd9x7zk3m6_dsn\r\n"
		"Content-Type: text/rfc822-headers\r\n"
		"\r\n"
		"From: alice@example.com\r\n"
		"Subject: Lunch\r\n"
		"Message-ID: <1@example.com>\r\n"
		"\r\n"
		"--=_01jd9x7zk3m6_dsn--\r\n");
	CHECK(!dsn_is_eight_bit(&dsn));
	finish();
}

CASE("RFC 3464 2.2, 2.3: every field, every action")
{
	struct dsn_recipient r[5];
	struct dsn dsn = notification(r, 5);
	struct slice text;

	for (size_t i = 0; i < 5; i++)
		r[i] = recipient();
	r[0].action = DSN_DELAYED;
	r[0].status = SLICE("4.4.1");
	r[0].reply = SLICE_EMPTY;
	r[0].reason = SLICE("No server of example.net could be reached.");
	r[0].retry_until_ms = 1795505567000;
	r[1].original_type = SLICE("rfc822");
	r[1].original = SLICE("Robert@example.org");
	r[1].status = SLICE("5.1.1x");
	r[2].action = DSN_DELIVERED;
	r[2].status = SLICE_EMPTY;
	r[3].action = DSN_RELAYED;
	r[3].status = SLICE("2.1.5");
	r[4].action = DSN_EXPANDED;
	r[4].status = SLICE("2.");
	dsn.envelope_id = SLICE("QQ314159\r\nX: y");
	dsn.deliver_by_ms = 1795505567000;
	dsn.tls_optional = true;
	text = built(&dsn);
	/* RFC 2852 6, RFC 8689 5 */
	CHECK(holds(text, "\r\nDeliver-By-Date: Tue, 24 Nov 2026 07:32:47 +0000\r\n"));
	CHECK(holds(text, "\r\nTLS-Required: No\r\n"));
	CHECK(holds(text, "\r\nSubject: Your message could not be delivered\r\n"));
	CHECK(holds(
		text, "\r\nOriginal-Envelope-Id: QQ314159  X: y\r\nReporting-MTA: "));
	CHECK(holds(text, "\r\nAction: delayed\r\nStatus: 4.4.1\r\n"));
	CHECK(holds(text,
		"\r\nDiagnostic-Code: X-Ringpost; No server of example.net could "
		"be reached.\r\n"));
	CHECK(holds(text, "\r\nWill-Retry-Until: Tue, 24 Nov 2026 07:32:47 +0000\r\n"));
	CHECK(holds(
		text, "\r\n    Tried until Tue, 24 Nov 2026 07:32:47 +0000, then "));
	CHECK(holds(text,
		"\r\nOriginal-Recipient: rfc822; Robert@example.org\r\n"
		"Final-Recipient: rfc822; bob@example.net\r\nAction: failed\r\n"
		"Status: 5.0.0\r\n"));
	CHECK(holds(text, "\r\n    (sent to Robert@example.org)\r\n"));
	CHECK(holds(text, "\r\nAction: delivered\r\nStatus: 2.0.0\r\n"));
	CHECK(holds(text, "\r\nAction: relayed\r\nStatus: 2.1.5\r\n"));
	CHECK(holds(text, "\r\nAction: expanded\r\nStatus: 2.0.0\r\n"));
	CHECK(holds(text, "It was delivered to:\r\n\r\n  <bob@example.net>\r\n\r\n"));
	r[1].action = DSN_DELAYED;
	CHECK(holds(built(&dsn), "\r\nSubject: Your message is delayed\r\n"));
	dsn.recipients = r + 2;
	dsn.recipient_count = 3;
	CHECK(holds(built(&dsn), "\r\nSubject: Your message was delivered\r\n"));
	finish();
}

/* Lines end in CRLF, are no longer than LIMIT, and hold no control bytes. */
static void check_lines(struct slice text, size_t limit, bool eight_bit)
{
	while (text.size) {
		size_t end = slice_find(text, SLICE("\r\n"));

		CHECK(end < text.size);
		CHECK(end <= limit);
		for (size_t i = 0; i < end; i++) {
			unsigned char c = (unsigned char)text.at[i];

			CHECK(c == '\t' || (c >= ' ' && c != 0x7f));
			CHECK(eight_bit || c < 0x80);
		}
		text = slice_from(text, end + 2);
	}
}

CASE("replies and headers of strangers do no harm")
{
	struct dsn_recipient r = recipient();
	struct dsn dsn = notification(&r, 1);
	struct buffer long_reply = {0}, long_header = {0};
	char big[3000];
	struct slice text;

	for (unsigned i = 0; i < 300; i++)
		buffer_append_format(
			&long_reply, "550-5.7.1 line %u\x1b[31m \xff\r\n", i);
	for (unsigned i = 0; i < 3000; i++)
		buffer_append_byte(&long_reply, 'x');
	for (unsigned i = 0; i < 4000; i++)
		buffer_append_format(
			&long_header, "X-%u: some\r\n\tvalue \xc3\xa9\x01\r\n", i);
	r.reply = buffer_contents(&long_reply);
	r.remote_mta = SLICE("mx\r\nX: y");
	r.reason = SLICE("a\nb");
	dsn.header = buffer_contents(&long_header);
	text = built(&dsn);
	check_lines(text, 78, false);
	CHECK(holds(text, "\r\nRemote-MTA: dns; mx  X: y\r\n"));
	CHECK(holds(text, "Diagnostic-Code: smtp; 550-5.7.1 line 0?[31m ? 550-5.7.1"));
	CHECK(text.size < DSN_HEADER_MAX + 10000);
	CHECK(text.size > DSN_HEADER_MAX - 100);
	CHECK(holds(text, "\tvalue ??\r\n\r\n--=_")); /* cut between fields */

	r.reply = slice_from(
		buffer_contents(&long_reply), buffer_size(&long_reply) - 3000);
	r.address = r.original = r.remote_mta = r.remote_address = r.reply;
	dsn.envelope_id = dsn.to = dsn.original_id = r.reply;
	memset(big, 'x', sizeof(big));
	memcpy(big, "Subject: ", 9);
	dsn.header = slice_make(big, sizeof(big));
	check_lines(built(&dsn), 998, false);
	buffer_finish(&long_reply);
	buffer_finish(&long_header);
	finish();
}

CASE("RFC 6533: UTF-8 where the original had it, ASCII where not")
{
	struct dsn_recipient r = recipient();
	struct dsn dsn = notification(&r, 1);
	struct slice text;

	r.address = SLICE("j\xc3\xb6rg@b\xc3\xbc"
			  "cher.example");
	r.original_type = SLICE("utf-8");
	r.original = SLICE("\xf0\x9f\x98\x80@b\xc3\xbc"
			   "cher.example");
	r.reply = SLICE("550 5.1.1 unbekannt: J\xc3\xb6rg \xff");
	dsn.header = SLICE("Subject: Gr\xc3\xbc\xc3\x9f"
			   "e \xff\r\n");
	text = built(&dsn);
	check_lines(text, 78, false);
	CHECK(holds(text,
		"\r\nFinal-Recipient: utf-8; j\\x{F6}rg@b\\x{FC}cher.example\r\n"));
	CHECK(holds(text,
		"\r\nOriginal-Recipient: utf-8; \\x{1F600}@b\\x{FC}cher.example\r\n"));
	CHECK(holds(
		text, "\r\nDiagnostic-Code: smtp; 550 5.1.1 unbekannt: J?rg ?\r\n"));
	CHECK(holds(text, "\r\nContent-Type: message/delivery-status\r\n"));
	CHECK(!dsn_is_eight_bit(&dsn));

	dsn.utf8 = true;
	dsn.to = SLICE("\xc3\xa9va@example.com");
	text = built(&dsn);
	check_lines(text, 78, true);
	CHECK(dsn_is_eight_bit(&dsn));
	CHECK(holds(text, "\r\nTo: <\xc3\xa9va@example.com>\r\n"));
	CHECK(holds(
		text, "\r\nContent-Transfer-Encoding: 8bit\r\n\r\nThis is a delivery"));
	CHECK(holds(text, "\r\nFinal-Recipient: utf-8; j\xc3\xb6rg@b\xc3\xbc"
			  "cher.example\r\n"));
	CHECK(holds(text,
		"\r\nDiagnostic-Code: smtp; 550 5.1.1 unbekannt: J\xc3\xb6rg ?\r\n"));
	CHECK(holds(text, "\r\nContent-Type: message/global-delivery-status\r\n"));
	CHECK(holds(text, "\r\nContent-Type: message/global-headers\r\n"));
	CHECK(holds(text, "\r\nSubject: Gr\xc3\xbc\xc3\x9f"
			  "e ?\r\n"));
	finish();
}

CASE("RFC 3461 4.3 RET=FULL: the original goes between the parts")
{
	struct dsn_recipient r = recipient();
	struct dsn dsn = notification(&r, 1);

	dsn.full = true;
	CHECK(dsn_build(&dsn, &before, &after));
	CHECK(slice_ends(
		buffer_contents(&before), SLICE("\r\n--=_01jd9x7zk3m6_dsn\r\nContent-"
						"Type: message/rfc822\r\n\r\n")));
	CHECK_SLICE(buffer_contents(&after), "\r\n--=_01jd9x7zk3m6_dsn--\r\n");
	CHECK(!dsn_is_eight_bit(&dsn));
	dsn.full_eight_bit = true;
	CHECK(dsn_is_eight_bit(&dsn));
	CHECK(holds(built(&dsn), "\r\nContent-Type: message/rfc822\r\n"
				 "Content-Transfer-Encoding: 8bit\r\n\r\n"));
	dsn.utf8 = true;
	CHECK(holds(built(&dsn), "\r\nContent-Type: message/global\r\n"));
	finish();
}

CASE("the buffers' caps")
{
	struct dsn_recipient r = recipient();
	struct dsn dsn = notification(&r, 1);
	struct buffer small;

	buffer_init(&small, 500);
	CHECK(!dsn_build(&dsn, &small, &after));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	buffer_finish(&small);
	buffer_init(&small, 5);
	CHECK(!dsn_build(&dsn, &before, &small));
	buffer_finish(&small);
	failure_clear();
	finish();
}

CHECK_MAIN()
