/* Reads what a message says about another one; see report_read.h. */
#include "mail/report_read.h"

#include "mail/address.h"
#include "mail/report_core.h"
#include "mail/report_text.h"

const char *report_kind_name(enum report_kind kind)
{
	static const char *const names[] = {
		[REPORT_NONE] = "none",
		[REPORT_STATUS] = "status",
		[REPORT_WORDS] = "words",
		[REPORT_COMPLAINT] = "complaint",
		[REPORT_RECEIPT] = "receipt",
		[REPORT_ANSWER] = "answer",
	};

	return names[kind];
}

struct report_recipient *report_add_recipient(struct report_draft *draft)
{
	struct report *report = draft->report;

	if (report->recipient_count == REPORT_RECIPIENTS_MAX) {
		report->recipients_more++;
		return NULL;
	}
	return &draft->recipients[report->recipient_count++];
}

void report_add_address(struct report_draft *draft, struct slice text)
{
	struct report *report = draft->report;
	struct address address;

	if (report->address_count == REPORT_ADDRESSES_MAX ||
		address_parse(text, ADDRESS_UTF8, &address) != ADDRESS_OK)
		return;
	for (size_t i = 0; i < report->address_count; i++) {
		if (slice_equal_nocase(draft->addresses[i], text))
			return;
	}
	draft->addresses[report->address_count++] = text;
}

static bool has_original_only(const struct report_parts *parts)
{
	return parts->original.size && !parts->status.size && !parts->feedback.size;
}

/* Hotmail's way (JMRP), older than RFC 5965: the message that is complained of
 * is attached, and its header names who did. */
static bool read_attached(struct report_draft *draft, const struct report_parts *parts)
{
	struct arena scratch = {0};
	const struct header_field *field = NULL;
	struct report_recipient *recipient;
	struct header block;

	if (has_original_only(parts) &&
		header_scan(&scratch, parts->original, REPORT_FIELDS_MAX, 0, &block))
		field = header_find_text(
			&block, SLICE("X-HmXmrOriginalRecipient"), NULL);
	recipient = field ? report_add_recipient(draft) : NULL;
	if (recipient) {
		recipient->address = report_mailbox(
			draft->arena, report_line(draft->arena, field->value));
		draft->report->complaint.type = SLICE("abuse");
		draft->report->complaint.incidents = 1;
	}
	arena_finish(&scratch);
	return recipient != NULL;
}

/* Status parts of a forwarded or broken kind name nobody. */
static bool read_status(struct report_draft *draft, const struct report_parts *parts)
{
	if (!parts->status.size)
		return false;
	report_read_status(draft, parts->status);
	if (!draft->report->recipient_count)
		return false;
	report_read_prose(draft, parts);
	return true;
}

static enum report_kind read_kind(struct report_draft *draft,
	const struct report_parts *parts, const char **style_r)
{
	if (parts->feedback.size) {
		*style_r = "arf";
		report_read_feedback(draft, parts->feedback);
		return REPORT_COMPLAINT;
	}
	if (read_status(draft, parts)) {
		*style_r = "rfc3464";
		return REPORT_STATUS;
	}
	*style_r = "";
	if (parts->receipt)
		return REPORT_RECEIPT;
	if (read_attached(draft, parts)) {
		*style_r = "attached";
		return REPORT_COMPLAINT;
	}
	if (report_read_words(draft, parts))
		return REPORT_WORDS;
	return report_is_answer(draft->arena, &parts->header) ? REPORT_ANSWER
							      : REPORT_NONE;
}

void report_read(struct arena *arena, struct slice message, struct report *report_r)
{
	struct report_draft draft = {.arena = arena, .report = report_r};
	struct report_parts parts;

	*report_r = (struct report){.style = ""};
	draft.recipients = arena_take_array(
		arena, REPORT_RECIPIENTS_MAX, sizeof(*draft.recipients));
	draft.addresses = arena_take_array(
		arena, REPORT_ADDRESSES_MAX, sizeof(*draft.addresses));
	report_r->recipients = draft.recipients;
	report_r->addresses = draft.addresses;
	report_parts_find(arena, message, &parts);
	report_r->kind = read_kind(&draft, &parts, &report_r->style);
	/* The words may have found another original, behind a line of theirs. */
	if (parts.original.size && !report_r->original.header.size)
		report_read_original(&draft, parts.original);
}
