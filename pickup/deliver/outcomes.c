/* What came back, as mail; see outcomes.h. */
#include "deliver/outcomes.h"

#include "base/event.h"
#include "base/failure.h"
#include "mail/text.h"

#define VALUE_MAX 800 /* of a field: a line has at most 998 bytes (RFC 5322 2.1.1) */

struct slice outcomes_mailbox(const struct returns_told *told)
{
	switch (told->outcome) {
	case RETURNS_BOUNCED:
		return told->hard ? SLICE("Bounces/hard") : SLICE("Bounces/soft");
	case RETURNS_DELAYED:
		return SLICE("Bounces/soft");
	case RETURNS_COMPLAINED:
		return SLICE("Complaints");
	case RETURNS_IGNORED:
		return SLICE("Replies");
	default:
		return SLICE_EMPTY;
	}
}

static const char *outcome_name(const struct returns_told *told)
{
	if (told->at_once)
		return "bounced";
	return told->outcome == RETURNS_IGNORED ? "replied"
						: returns_outcome_name(told->outcome);
}

static void write_field(struct buffer *out, const char *name, struct slice value)
{
	char clean[VALUE_MAX];
	size_t size = text_clean(value, clean, sizeof(clean));

	if (size)
		buffer_append_format(out, "X-Ringpost-%s: %.*s\r\n", name,
			SLICE_PRINT(slice_make(clean, size)));
}

static void write_said(struct buffer *out, const struct report_recipient *said)
{
	struct arena arena = {0};
	struct slice code = SLICE_EMPTY;

	if (said->code)
		code = arena_format(&arena, "%d ", said->code);
	write_field(out, "Status", said->status);
	write_field(out, "Reply",
		slice_trim(arena_format(&arena, "%.*s%.*s%s%.*s", SLICE_PRINT(code),
			SLICE_PRINT(said->status), said->status.size ? " " : "",
			SLICE_PRINT(said->diagnostic))));
	arena_finish(&arena);
}

void outcomes_write(const struct returns_told *told, struct buffer *out)
{
	const struct returns_arrival *arrival = told->arrival;
	bool bounced = told->outcome == RETURNS_BOUNCED ||
		       told->outcome == RETURNS_DELAYED;

	buffer_append_format(out, "Return-Path: <%.*s>\r\nDelivered-To: %.*s\r\n",
		SLICE_PRINT(arrival->reverse_path), SLICE_PRINT(arrival->recipient));
	write_field(out, "Outcome", slice_of(outcome_name(told)));
	write_field(out, "Message", told->id);
	write_field(out, "Message-ID", told->report->original.message_id);
	write_field(out, "Recipient", told->recipient);
	if (told->recipient.size && !told->sure)
		write_field(out, "Claimed", SLICE("yes"));
	write_field(out, "Tenant", told->tenant);
	if (bounced)
		write_field(out, "Category", slice_of(category_name(told->category)));
	if (told->hard)
		write_field(out, "Hard", SLICE("yes"));
	if (told->said && bounced)
		write_said(out, told->said);
	if (told->outcome == RETURNS_COMPLAINED)
		write_field(out, "Complaint", told->report->complaint.type);
	write_field(out, "Kind", slice_of(report_kind_name(told->report->kind)));
	buffer_append(out, arrival->message);
}

static void say_lost(const struct returns_told *told, const char *account)
{
	struct event event;

	event_begin(&event, EVENT_WARNING, "outcome_lost");
	event_text(&event, "id", told->id);
	event_text(&event, "tenant", told->tenant);
	event_text(&event, "rcpt", told->recipient);
	event_text(&event, "account", slice_of(account));
	event_text(&event, "reason", slice_of(failure_last()->text));
	event_end(&event);
}

/* A reply is another one each time it comes; a bounce is of a recipient, once. */
static struct slice key_of(const struct returns_told *told, struct arena *arena)
{
	if (told->outcome == RETURNS_IGNORED)
		return arena_format(
			arena, "reply %.*s", SLICE_PRINT(told->arrival->id));
	return arena_format(arena, "%s %.*s %.*s", outcome_name(told),
		SLICE_PRINT(told->id), SLICE_PRINT(told->recipient));
}

bool outcomes_take(struct delivery *delivery, const struct config *config,
	const struct returns_told *told, struct deadline deadline)
{
	const struct config_tenant *tenant = config_tenant_find(config, told->tenant);
	struct slice mailbox = outcomes_mailbox(told);
	struct buffer text = {0};
	struct arena arena = {0};
	bool good;

	if (!tenant || !tenant->outcomes || !mailbox.size)
		return true;
	outcomes_write(told, &text);
	good = delivery_put(delivery, slice_of(tenant->outcomes), mailbox,
		key_of(told, &arena), buffer_contents(&text), deadline);
	if (!good && failure_kind_last() == FAILURE_DATA) {
		say_lost(told, tenant->outcomes);
		good = true;
	}
	buffer_finish(&text);
	arena_finish(&arena);
	return good;
}
