/* Many notifications in one message: kept, read again, told. */
#include "mail/dsn_digest.h"

#include "base/memory.h"
#include "check.h"

CASE("a line is read as it was packed")
{
	static const struct dsn_digest_line table[] = {
		{DSN_FAILED, SLICE("5.1.1"), SLICE("id1"), SLICE("\"a b\"@example.net"),
			SLICE("550 5.1.1 No such user")},
		{DSN_DELAYED, SLICE("4.4.1"), SLICE("id2"), SLICE("b@example.net"),
			SLICE_EMPTY},
		{DSN_RELAYED, SLICE("2.0.0"), SLICE("id3"), SLICE("j\xc3\xb6@x"),
			SLICE("250 caf\xc3\xa9")},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct dsn_digest_line line = {.action = DSN_EXPANDED};
		struct buffer text = {0};

		dsn_digest_pack(&table[i], &text);
		CHECK(dsn_digest_unpack(buffer_contents(&text), &line));
		CHECK_NUMBER(line.action, table[i].action);
		CHECK(slice_equal(line.status, table[i].status));
		CHECK(slice_equal(line.id, table[i].id));
		CHECK(slice_equal(line.address, table[i].address));
		CHECK(slice_equal(line.said, table[i].said));
		buffer_finish(&text);
	}
}

CASE("controls stay out of the fields, and fields within their size")
{
	char most[1000];
	struct dsn_digest_line line = {.action = DSN_FAILED,
		.status = SLICE("5.1.1"),
		.id = SLICE("id"),
		.address = SLICE("a@b\t.test"),
		.said = slice_make(most, sizeof(most))};
	struct dsn_digest_line again;
	struct buffer text = {0};

	memset(most, 'x', sizeof(most));
	most[3] = '\n';
	dsn_digest_pack(&line, &text);
	CHECK(buffer_size(&text) < DSN_DIGEST_LINE_MAX);
	CHECK(dsn_digest_unpack(buffer_contents(&text), &again));
	CHECK_SLICE(again.address, "a@b?.test");
	CHECK_NUMBER(again.said.size, DSN_DIGEST_SAID_MAX);
	CHECK(again.said.at[3] == '?');
	buffer_finish(&text);
}

CASE("what is no line")
{
	static const char *const wrong[] = {"", "failed", "failed\t5\tid\ta@b",
		"lost\t5\tid\ta@b\tx", "failed\t5\tid\t\tx",
		"failed\t5\tid\ta@b\tx\ty"};
	struct dsn_digest_line line;

	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
		CHECK(!dsn_digest_unpack(slice_of(wrong[i]), &line));
}

CASE("how many, the first of them, for people")
{
	struct dsn_digest_line lines[] = {
		{DSN_FAILED, SLICE("5.1.1"), SLICE("id1"), SLICE("b@example.net"),
			SLICE("550 5.1.1 \x1bNo caf\xc3\xa9")},
		{DSN_DELAYED, SLICE("4.4.1"), SLICE("id2"), SLICE("j\xc3\xb6@x.test"),
			SLICE_EMPTY},
	};
	struct dsn_digest digest = {
		.hostname = SLICE("mail.example.com"),
		.from = SLICE("MAILER-DAEMON@mail.example.com"),
		.to = SLICE("alice@example.com"),
		.queue_id = SLICE("01jd9x7zk3m6"),
		.now_ms = 1795249965000,
		.since_ms = 1795246360000,
		.until_ms = 1795249960000,
		.counts = {[DSN_FAILED] = 99000, [DSN_DELAYED] = 7},
		.lines = lines,
		.line_count = 2,
	};
	struct buffer text = {0};

	CHECK(dsn_digest_build(&digest, &text));
	CHECK_SLICE(buffer_contents(&text),
		"From: Mail Delivery System <MAILER-DAEMON@mail.example.com>\r\n"
		"To: <alice@example.com>\r\n"
		"Subject: 99007 more reports about your messages\r\n"
		"Date: Sat, 21 Nov 2026 08:32:45 +0000\r\n"
		"Message-ID: <01jd9x7zk3m6@mail.example.com>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n"
		"\r\n"
		"There were too many notifications about your mail to send each of "
		"them.\r\n"
		"Those that were not sent, from\r\n"
		"Sat, 21 Nov 2026 07:32:40 +0000 to\r\n"
		"Sat, 21 Nov 2026 08:32:40 +0000, were about:\r\n"
		"\r\n"
		"  99000 that could not be delivered\r\n"
		"  7 that are delayed\r\n"
		"\r\n"
		"The first of them:\r\n"
		"\r\n"
		"failed 5.1.1 <b@example.net>, message id1\r\n"
		"    550 5.1.1 ?No caf?\r\n"
		"\r\n"
		"delayed 4.4.1 <j\\x{F6}@x.test>, message id2\r\n"
		"\r\n"
		"The log of mail.example.com has all of them. If you need help, give "
		"this to your\r\n"
		"postmaster.\r\n");
	CHECK(!dsn_digest_is_utf8(&digest));
	buffer_clear(&text);
	digest.to = SLICE("\xc3\xa4@example.com");
	CHECK(dsn_digest_is_utf8(&digest) && dsn_digest_build(&digest, &text));
	CHECK(slice_find(buffer_contents(&text), SLICE("caf\xc3\xa9")) <
		buffer_size(&text));
	buffer_finish(&text);
}

CHECK_MAIN()
