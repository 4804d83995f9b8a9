/* What came back, as a message that a program can read. */
#include "deliver/outcomes.h"

#include "check.h"

#define REPORT "From: mailer\r\n\r\nIt did not work\r\n"

static const struct returns_arrival arrival = {.recipient = SLICE("b+x@bounces.test"),
	.id = SLICE("abc"),
	.message = SLICE(REPORT)};

static void check(
	const struct returns_told *told, const char *mailbox, const char *fields)
{
	struct buffer text = {0}, wanted = {0};

	buffer_append_format(&wanted,
		"Return-Path: <>\r\nDelivered-To: b+x@bounces.test\r\n%s" REPORT,
		fields);
	outcomes_write(told, &text);
	CHECK_SLICE(outcomes_mailbox(told), mailbox);
	CHECK(slice_equal(buffer_contents(&text), buffer_contents(&wanted)));
	if (!slice_equal(buffer_contents(&text), buffer_contents(&wanted)))
		fprintf(stderr, "%.*s", SLICE_PRINT(buffer_contents(&text)));
	buffer_finish(&text);
	buffer_finish(&wanted);
}

CASE("bounces, hard and soft, and complaints")
{
	struct report report = {.kind = REPORT_STATUS,
		.original = {.message_id = SLICE("<1@a.test>")},
		.complaint = {.type = SLICE("abuse")}};
	struct report_recipient said = {.status = SLICE("5.1.1"),
		.code = 550,
		.diagnostic = SLICE("No such\nuser\r\nX: y")};
	struct returns_told told = {.outcome = RETURNS_BOUNCED,
		.arrival = &arrival,
		.report = &report,
		.said = &said,
		.id = SLICE("M1"),
		.tenant = SLICE("acme"),
		.recipient = SLICE("bob@b.test"),
		.sure = true,
		.category = CATEGORY_BAD_MAILBOX,
		.hard = true};

	check(&told, "Bounces/hard",
		"X-Ringpost-Outcome: bounced_late\r\n"
		"X-Ringpost-Message: M1\r\n"
		"X-Ringpost-Message-ID: <1@a.test>\r\n"
		"X-Ringpost-Recipient: bob@b.test\r\n"
		"X-Ringpost-Tenant: acme\r\n"
		"X-Ringpost-Category: bad-mailbox\r\n"
		"X-Ringpost-Hard: yes\r\n"
		"X-Ringpost-Status: 5.1.1\r\n"
		"X-Ringpost-Reply: 550 5.1.1 No such?user??X: y\r\n"
		"X-Ringpost-Kind: status\r\n");
	told.hard = told.sure = false;
	told.said = NULL;
	check(&told, "Bounces/soft",
		"X-Ringpost-Outcome: bounced_late\r\n"
		"X-Ringpost-Message: M1\r\n"
		"X-Ringpost-Message-ID: <1@a.test>\r\n"
		"X-Ringpost-Recipient: bob@b.test\r\n"
		"X-Ringpost-Claimed: yes\r\n"
		"X-Ringpost-Tenant: acme\r\n"
		"X-Ringpost-Category: bad-mailbox\r\n"
		"X-Ringpost-Kind: status\r\n");
	told.outcome = RETURNS_COMPLAINED;
	told.recipient = SLICE_EMPTY;
	report.kind = REPORT_COMPLAINT;
	check(&told, "Complaints",
		"X-Ringpost-Outcome: complained\r\n"
		"X-Ringpost-Message: M1\r\n"
		"X-Ringpost-Message-ID: <1@a.test>\r\n"
		"X-Ringpost-Tenant: acme\r\n"
		"X-Ringpost-Complaint: abuse\r\n"
		"X-Ringpost-Kind: complaint\r\n");
	told.outcome = RETURNS_IGNORED;
	report = (struct report){.kind = REPORT_ANSWER};
	check(&told, "Replies",
		"X-Ringpost-Outcome: replied\r\n"
		"X-Ringpost-Message: M1\r\n"
		"X-Ringpost-Tenant: acme\r\n"
		"X-Ringpost-Kind: answer\r\n");
	told.outcome = RETURNS_DELIVERED;
	CHECK_SLICE(outcomes_mailbox(&told), "");
}

CHECK_MAIN()
