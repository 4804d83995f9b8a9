/* Fuzzes notifications: whatever strangers said, every line is legal SMTP
 * text, ASCII but for SMTPUTF8. */
#include <stdlib.h>

#include "mail/dsn_digest.h"
#include "mail/text_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* The same in one message of many; what is kept until then is read as written. */
static void digest(struct slice text)
{
	struct dsn_digest_line line = {.address = SLICE("a")}, again;
	struct dsn_digest digest = {
		.hostname = SLICE("mail.example.com"),
		.from = SLICE("MAILER-DAEMON@mail.example.com"),
		.to = text.size ? text : SLICE("a"),
		.queue_id = text,
		.counts = {text.size},
		.lines = &line,
		.line_count = 1,
	};
	struct text_facts facts = {.line_limit = TEXT_LINE_MAX};
	struct buffer packed = {0}, whole = {0};

	if (!dsn_digest_unpack(text, &line))
		line.said = line.status = line.id = text;
	MUST(dsn_digest_build(&digest, &whole));
	text_check(&facts, buffer_contents(&whole));
	text_check_end(&facts);
	MUST(facts.faults == 0);
	MUST(dsn_digest_is_utf8(&digest) || !facts.eight_bit);
	dsn_digest_pack(&line, &packed);
	MUST(dsn_digest_unpack(buffer_contents(&packed), &again));
	MUST(again.action == line.action && again.said.size <= DSN_DIGEST_SAID_MAX);
	buffer_finish(&packed);
	buffer_finish(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size);
	struct dsn_recipient recipient = {
		.action = size % 2 ? DSN_FAILED : DSN_DELAYED,
		.address = slice_part(text, 0, 300),
		.original_type = slice_part(text, 1, 10),
		.original = slice_part(text, 2, 500),
		.status = slice_part(text, 0, 7),
		.remote_mta = slice_part(text, 3, 255),
		.remote_address = slice_part(text, 0, 50),
		.reply = text,
		.reason = slice_part(text, 5, 100),
		.retry_until_ms = 1,
	};
	struct dsn dsn = {
		.hostname = SLICE("mail.example.com"),
		.from = SLICE("MAILER-DAEMON@mail.example.com"),
		.to = size ? text : SLICE("a"),
		.queue_id = text,
		.original_id = text,
		.envelope_id = text,
		.recipients = &recipient,
		.recipient_count = 1,
		.header = text,
		.utf8 = size % 3 == 0,
	};
	struct text_facts facts = {.line_limit = TEXT_LINE_MAX};
	struct buffer before = {0}, after = {0};

	MUST(dsn_build(&dsn, &before, &after));
	text_check(&facts, buffer_contents(&before));
	text_check(&facts, buffer_contents(&after));
	text_check_end(&facts);
	MUST(facts.faults == 0);
	MUST(dsn.utf8 || !facts.eight_bit);
	buffer_finish(&before);
	buffer_finish(&after);
	digest(text);
	return 0;
}
