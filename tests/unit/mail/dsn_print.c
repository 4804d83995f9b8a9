/* Prints notifications for dsn_python_test.py: dsn_print CASE. */
#include <stdio.h>
#include <string.h>

#include "mail/dsn.h"

static const char original[] =
	"From: alice@example.com\r\n"
	"To: bob@example.net, carol@example.org\r\n"
	"Subject: Lunch, and a subject that is long enough to be\r\n"
	" folded when it is shown\r\n"
	"Message-ID: <1@example.com>\r\n";

static struct dsn_recipient recipients[] = {
	{
		.action = DSN_FAILED,
		.address = SLICE("bob@example.net"),
		.original_type = SLICE("rfc822"),
		.original = SLICE("robert@example.net"),
		.status = SLICE("5.7.1"),
		.remote_mta = SLICE("mx.example.net"),
		.remote_address = SLICE("192.0.2.25"),
		.reply = SLICE(
			"550-5.7.1 This message was refused for a reason that it "
			"takes more than one\r\n550-5.7.1 line to tell, see "
			"https://example.net/a/very/long/address/of/a/page/about/it\r\n"
			"550 5.7.1 and \x07 a bell, \xff no UTF-8, J\xc3\xb6rg"),
		.last_attempt_ms = 1795246367000,
	},
	{
		.action = DSN_DELAYED,
		.address = SLICE("carol@example.org"),
		.status = SLICE("4.4.1"),
		.reason = SLICE("No server of example.org could be reached."),
		.last_attempt_ms = 1795246367000,
		.retry_until_ms = 1795505567000,
	},
};

static bool print(struct slice bytes)
{
	return fwrite(bytes.at, 1, bytes.size, stdout) == bytes.size;
}

int main(int count, char **arguments)
{
	const char *name = count > 1 ? arguments[1] : "";
	struct buffer before = {0}, after = {0};
	struct dsn dsn = {
		.hostname = SLICE("mail.example.com"),
		.from = SLICE("MAILER-DAEMON@mail.example.com"),
		.to = SLICE("alice@example.com"),
		.queue_id = SLICE("01jd9x7zk3m6"),
		.original_id = SLICE("01jd9x7zk3m5"),
		.envelope_id = SLICE("QQ314159"),
		.now_ms = 1795246368000,
		.arrival_ms = 1795246360000,
		.recipients = recipients,
		.recipient_count = 2,
		.header = slice_of(original),
		.full = !strcmp(name, "full") || !strcmp(name, "full8"),
		.full_eight_bit = !strcmp(name, "full8"),
		.utf8 = !strcmp(name, "utf8"),
	};
	bool done;

	if (!strcmp(name, "delayed")) {
		dsn.recipients = recipients + 1;
		dsn.recipient_count = 1;
	}
	if (dsn.utf8)
		recipients[0].address = SLICE("j\xc3\xb6rg@b\xc3\xbc"
					      "cher.example");
	done = dsn_build(&dsn, &before, &after) && print(buffer_contents(&before));
	if (dsn.full)
		done = done && print(dsn.header) && print(SLICE("\r\nSee you at noon"));
	if (dsn.full_eight_bit)
		done = done && print(SLICE(" at the caf\xc3\xa9.\r\n"));
	done = done && print(buffer_contents(&after)) && fflush(stdout) == 0;
	buffer_finish(&before);
	buffer_finish(&after);
	return done ? 0 : 1;
}
