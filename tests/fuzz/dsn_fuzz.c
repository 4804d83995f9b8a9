/* Fuzzes notifications: whatever strangers said, every line is legal SMTP
 * text, ASCII but for SMTPUTF8. */
#include <stdlib.h>

#include "mail/dsn.h"
#include "mail/text_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

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
	return 0;
}
