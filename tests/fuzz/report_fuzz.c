/* Fuzzes the reading of reports: whatever they say, texts are clean and short,
 * addresses are mailboxes, and counts keep to their caps. */
#include <stdlib.h>

#include "mail/address.h"
#include "mail/report_read.h"
#include "mail/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_text(struct slice text)
{
	MUST(text.size <= REPORT_TEXT_MAX);
	MUST(text_is_utf8(text));
}

static void check_mailbox(struct slice text)
{
	struct address address;

	if (text.size)
		MUST(address_parse(text, ADDRESS_UTF8, &address) == ADDRESS_OK);
}

static void check_recipient(const struct report_recipient *recipient)
{
	check_mailbox(recipient->address);
	check_mailbox(recipient->original);
	check_text(recipient->status);
	check_text(recipient->diagnostic);
	check_text(recipient->host);
	MUST(recipient->code >= 0 && recipient->code < 600);
	MUST(recipient->action <= DSN_EXPANDED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct report report;

	report_read(&arena, slice_make(data, size), &report);
	MUST(report_kind_name(report.kind) && report.style);
	MUST(report.recipient_count <= REPORT_RECIPIENTS_MAX);
	MUST(report.address_count <= REPORT_ADDRESSES_MAX);
	for (size_t i = 0; i < report.recipient_count; i++)
		check_recipient(&report.recipients[i]);
	for (size_t i = 0; i < report.address_count; i++) {
		MUST(report.addresses[i].size > 0);
		check_mailbox(report.addresses[i]);
	}
	check_text(report.reporter);
	check_text(report.envelope_id);
	check_text(report.original.message_id);
	check_mailbox(report.original.return_path);
	check_text(report.original.from);
	check_text(report.original.subject);
	check_text(report.original.feedback_id);
	check_text(report.complaint.type);
	check_text(report.complaint.agent);
	check_text(report.complaint.source);
	check_mailbox(report.complaint.mail_from);
	check_text(report.complaint.results);
	MUST(report.kind != REPORT_COMPLAINT || report.complaint.incidents);
	arena_finish(&arena);
	return 0;
}
