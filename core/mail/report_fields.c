/*
 * The parts of reports that are for programs: message/delivery-status (RFC
 * 3464 2), message/feedback-report (RFC 5965 3), and the header of the message
 * they are about.
 */
#include <string.h>

#include "base/memory.h"
#include "mail/header.h"
#include "mail/msgid.h"
#include "mail/report_core.h"
#include "mail/report_text.h"

/* The fields up to the next blank line, which STATUS goes behind. False: there
 * are none left. */
static bool next_block(
	struct arena *arena, struct slice *status, struct header *block_r)
{
	struct slice rest = *status;
	size_t line = 0;

	while (rest.size && memchr(" \t\r\n", *rest.at, 4) &&
		slice_trim_all(slice_part(rest, 0, slice_index(rest, '\n'))).size == 0)
		rest = slice_from(rest, slice_index(rest, '\n') + 1);
	while (line < rest.size) {
		struct slice text = slice_from(rest, line);
		size_t size = slice_index(text, '\n');

		if (!slice_trim_all(slice_part(text, 0, size)).size)
			break;
		line += size < text.size ? size + 1 : size;
	}
	*status = slice_from(rest, line);
	return line && header_scan(arena, slice_part(rest, 0, line), REPORT_FIELDS_MAX,
			       0, block_r);
}

/* A field's value in one clean line; empty: not there. */
static struct slice line_of(
	struct arena *arena, const struct header *block, const char *name)
{
	const struct header_field *field = header_find_text(
		block, slice_of(name), NULL);

	return field ? report_line(arena, field->value) : SLICE_EMPTY;
}

static struct slice mailbox_of(
	struct arena *arena, const struct header *block, const char *name)
{
	return report_mailbox(arena, line_of(arena, block, name));
}

/* "dns; mx.example.org (192.0.2.1)": without its type. */
static struct slice name_of(
	struct arena *arena, const struct header *block, const char *name)
{
	struct slice value = line_of(arena, block, name);
	size_t type = slice_index(value, ';');

	return type < value.size ? slice_trim(slice_from(value, type + 1)) : value;
}

static enum dsn_action read_action(struct slice text, struct slice status)
{
	static const enum dsn_action all[] = {
		DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED};

	for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
		if (slice_starts_nocase(text, slice_of(dsn_action_word(all[i]))))
			return all[i];
	}
	if (slice_starts(status, SLICE("4.")))
		return DSN_DELAYED;
	return slice_starts(status, SLICE("2.")) ? DSN_DELIVERED : DSN_FAILED;
}

/* Code and status of the diagnostic, where its own field does not say. */
static void read_diagnostic(struct arena *arena, const struct header *block,
	struct report_recipient *recipient)
{
	struct slice text = name_of(arena, block, "Diagnostic-Code");
	struct report_reply reply = {0};
	size_t size = report_status_size(recipient->status);

	if (report_find_reply(text, &reply)) {
		recipient->code = reply.code;
		/* x.0.0 says less than the reply does. */
		if (reply.status.size &&
			(!size || slice_ends(recipient->status, SLICE(".0.0"))))
			recipient->status = reply.status;
	}
	recipient->diagnostic = report_strip_codes(arena, text);
}

static void read_recipient(struct report_draft *draft, const struct header *block)
{
	struct arena *arena = draft->arena;
	struct slice status = line_of(arena, block, "Status");
	struct report_recipient read =
					{
						.address = mailbox_of(arena, block,
							"Final-Recipient"),
						.original = mailbox_of(arena, block,
							"Original-Recipient"),
						.status = slice_part(status, 0,
							report_status_size(status)),
						.host = name_of(
							arena, block, "Remote-MTA"),
					},
				*recipient;

	if (!read.address.size)
		read.address = mailbox_of(arena, block, "X-Actual-Recipient");
	/* A block with neither is none of a recipient. */
	if (!read.address.size && !read.original.size && !status.size)
		return;
	read.action = read_action(line_of(arena, block, "Action"), read.status);
	read_diagnostic(arena, block, &read);
	recipient = report_add_recipient(draft);
	if (recipient)
		*recipient = read;
	report_add_address(draft, read.original);
	report_add_address(draft, read.address);
	report_add_address(draft, mailbox_of(arena, block, "X-Actual-Recipient"));
}

void report_read_status(struct report_draft *draft, struct slice status)
{
	struct report *report = draft->report;
	struct arena scratch = {0};
	struct header block;

	while (next_block(&scratch, &status, &block)) {
		/* Those of the message come first; some leave the blank line out. */
		if (!report->reporter.size)
			report->reporter = name_of(
				draft->arena, &block, "Reporting-MTA");
		if (!report->envelope_id.size)
			report->envelope_id = line_of(
				draft->arena, &block, "Original-Envelope-Id");
		if (report->recipients_more < REPORT_RECIPIENTS_MAX)
			read_recipient(draft, &block);
		arena_reset(&scratch);
	}
	arena_finish(&scratch);
}

/* RFC 5965 3.2; each address that may be the recipient's (RFC 6590 may have
 * made it unreadable). */
static void read_complainers(struct report_draft *draft, const struct header *block)
{
	static const char *const names[] = {"Original-Rcpt-To", "Removal-Recipient"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		const struct header_field *field = NULL;

		while ((field = header_find_text(block, slice_of(names[i]), field))) {
			struct report_recipient *recipient;
			struct slice address = report_mailbox(
				draft->arena, report_line(draft->arena, field->value));

			if (!address.size)
				continue;
			recipient = report_add_recipient(draft);
			if (!recipient)
				return;
			recipient->address = address;
			report_add_address(draft, address);
		}
	}
}

void report_read_feedback(struct report_draft *draft, struct slice feedback)
{
	struct report_complaint *complaint = &draft->report->complaint;
	struct arena *arena = draft->arena, scratch = {0};
	struct header block;
	struct slice number;

	complaint->incidents = 1;
	if (next_block(&scratch, &feedback, &block)) {
		complaint->type = report_lower(
			arena, line_of(arena, &block, "Feedback-Type"));
		complaint->agent = line_of(arena, &block, "User-Agent");
		complaint->source = line_of(arena, &block, "Source-IP");
		complaint->mail_from = mailbox_of(arena, &block, "Original-Mail-From");
		complaint->domain = line_of(arena, &block, "Reported-Domain");
		complaint->results = line_of(arena, &block, "Authentication-Results");
		number = line_of(arena, &block, "Incidents");
		if (!slice_to_u64(number, &complaint->incidents) ||
			!complaint->incidents)
			complaint->incidents = 1;
		draft->report->reporter = name_of(arena, &block, "Reporting-MTA");
		draft->report->envelope_id = line_of(
			arena, &block, "Original-Envelope-Id");
		read_complainers(draft, &block);
	}
	arena_finish(&scratch);
}

static void add_addresses(
	struct report_draft *draft, const struct header *block, const char *name)
{
	const struct header_field *field = NULL;
	struct report_place place;

	while ((field = header_find_text(block, slice_of(name), field))) {
		struct slice rest = slice_part(field->value, 0, REPORT_PROSE_MAX);

		while (report_find_address(rest, &place)) {
			report_add_address(draft, place.address);
			rest = slice_from(rest, place.end);
		}
	}
}

void report_read_original(struct report_draft *draft, struct slice header)
{
	static const char *const names[] = {"X-Failed-Recipients", "Delivered-To",
		"X-Original-To", "Envelope-To", "X-HmXmrOriginalRecipient", "X-Rcpt-To",
		"To", "Cc", "Received"};
	struct report_original *original = &draft->report->original;
	struct arena *arena = draft->arena, scratch = {0};
	struct header block;

	if (!header_scan(&scratch, header, REPORT_FIELDS_MAX, 0, &block)) {
		arena_finish(&scratch);
		return;
	}
	original->header = header;
	original->message_id = report_line(arena, line_of(arena, &block, "Message-ID"));
	if (msgid_parse(original->message_id).size)
		original->message_id = msgid_parse(original->message_id);
	original->return_path = mailbox_of(arena, &block, "Return-Path");
	original->from = line_of(arena, &block, "From");
	original->subject = line_of(arena, &block, "Subject");
	original->feedback_id = line_of(arena, &block, "CFBL-Feedback-ID");
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		add_addresses(draft, &block, names[i]);
	arena_finish(&scratch);
}
