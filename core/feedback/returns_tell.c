/* What is told of a report: its event, and the same for `why`. */
#include "base/clock.h"
#include "base/event.h"
#include "events/events.h"
#include "feedback/returns_core.h"

/* "550 5.1.1 No such user": as a reply in the events of the relay. */
static struct slice reply_of(const struct report_recipient *said, struct arena *arena)
{
	struct slice code = SLICE_EMPTY;

	if (!said)
		return SLICE_EMPTY;
	if (said->code)
		code = arena_format(arena, "%d ", said->code);
	return slice_trim(arena_format(arena, "%.*s%.*s%s%.*s", SLICE_PRINT(code),
		SLICE_PRINT(said->status), said->status.size ? " " : "",
		SLICE_PRINT(said->diagnostic)));
}

static void tell_text(struct event *event, const char *field, struct slice value)
{
	if (value.size)
		event_text(event, field, value);
}

/* Who sent it, and how. */
static void tell_origin(struct event *event, const struct returns_case *self)
{
	const struct returns_arrival *arrival = self->arrival;

	tell_text(event, "style", slice_of(self->report.style));
	tell_text(event, "reporter", self->report.reporter);
	tell_text(event, "report", arrival->id);
	tell_text(event, "client", arrival->client);
	tell_text(event, "authentication", arrival->authentication);
}

static void begin(struct event *event, enum returns_outcome outcome)
{
	switch (outcome) {
	case RETURNS_BOUNCED:
		event_begin(event, EVENT_INFO, "bounced_late");
		break;
	case RETURNS_DELAYED:
		event_begin(event, EVENT_INFO, "delayed_late");
		break;
	case RETURNS_DELIVERED:
		event_begin(event, EVENT_INFO, "delivered_late");
		break;
	case RETURNS_COMPLAINED:
		event_begin(event, EVENT_INFO, "complained");
		break;
	case RETURNS_UNKNOWN:
		event_begin(event, EVENT_INFO, "returned_unknown");
		break;
	default:
		event_begin(event, EVENT_INFO, "returned_ignored");
		break;
	}
}

static void tell_recipient(struct event *event, const struct returns_item *item)
{
	struct arena arena = {0};

	tell_text(event, "rcpt", item->address);
	if (item->address.size && !item->sure)
		event_truth(event, "claimed", true);
	/* Where the mail was sent on to. */
	if (item->said && !slice_equal_nocase(item->said->address, item->address))
		tell_text(event, "final", item->said->address);
	if (item->outcome == RETURNS_BOUNCED || item->outcome == RETURNS_DELAYED)
		event_text(event, "category", slice_of(category_name(item->category)));
	if (item->said)
		tell_text(event, "host", item->said->host);
	tell_text(event, "reply", reply_of(item->said, &arena));
	arena_finish(&arena);
}

static void tell_application(
	const struct returns_case *self, const struct returns_item *item)
{
	struct arena arena = {0};
	bool bad = item->outcome == RETURNS_BOUNCED || item->outcome == RETURNS_DELAYED;
	struct events_fact fact = {
		.kind = item->outcome == RETURNS_BOUNCED     ? EVENTS_BOUNCED
			: item->outcome == RETURNS_DELAYED   ? EVENTS_DELAYED
			: item->outcome == RETURNS_DELIVERED ? EVENTS_DELIVERED
							     : EVENTS_COMPLAINED,
		.message = message_id_slice(&self->token.id),
		.tenant = self->tenant,
		.rcpt = item->address,
		.late = true,
	};

	if (bad)
		fact.category = slice_of(category_name(item->category));
	if (item->outcome == RETURNS_COMPLAINED)
		fact.reason = self->report.complaint.type;
	fact.reply = reply_of(item->said, &arena);
	fact.host = item->said ? item->said->host : SLICE_EMPTY;
	events_raise(&fact);
	events_flush(); /* who reports it hears that it is taken */
	arena_finish(&arena);
}

void returns_tell(const struct returns_case *self, const struct returns_item *item)
{
	const struct report_complaint *complaint = &self->report.complaint;
	struct event event;

	begin(&event, item->outcome);
	event_text(&event, "id", message_id_slice(&self->token.id));
	tell_text(&event, "tenant", self->tenant);
	tell_recipient(&event, item);
	if (item->outcome == RETURNS_COMPLAINED) {
		tell_text(&event, "complaint", complaint->type);
		tell_text(&event, "agent", complaint->agent);
		if (complaint->incidents > 1)
			event_number(
				&event, "incidents", (int64_t)complaint->incidents);
	}
	if (item->suppressed)
		event_truth(&event, "suppressed", true);
	tell_origin(&event, self);
	event_end(&event);
	if (events_wanted())
		tell_application(self, item);
}

void returns_tell_unknown(const struct returns_case *self)
{
	const struct report *report = &self->report;
	struct returns_item item = {.outcome = RETURNS_UNKNOWN};
	struct event event;

	if (report->recipient_count) {
		item.said = &report->recipients[0];
		item.address = item.said->address;
	}
	begin(&event, RETURNS_UNKNOWN);
	event_text(&event, "reason", slice_of(self->trouble));
	event_text(&event, "kind", slice_of(report_kind_name(report->kind)));
	tell_recipient(&event, &item);
	tell_text(&event, "complaint", report->complaint.type);
	tell_text(&event, "message_id", report->original.message_id);
	tell_text(&event, "to", self->arrival->recipient);
	tell_origin(&event, self);
	event_end(&event);
}

void returns_tell_ignored(const struct returns_case *self)
{
	struct event event;

	begin(&event, RETURNS_IGNORED);
	if (self->arrival->token)
		event_text(&event, "id", message_id_slice(&self->arrival->token->id));
	event_text(&event, "kind", slice_of(report_kind_name(self->report.kind)));
	event_text(&event, "from", self->arrival->reverse_path);
	event_text(&event, "to", self->arrival->recipient);
	tell_origin(&event, self);
	event_end(&event);
}

static void print_text(struct buffer *into, const char *field, struct slice value)
{
	if (!value.size)
		return;
	buffer_append_format(into, ",\"%s\":", field);
	event_quote(into, value);
}

void returns_print(const struct returns_case *self, const struct returns_item *item,
	struct buffer *into)
{
	struct arena arena = {0};
	char time[CLOCK_TEXT_SIZE];

	buffer_append_format(into, "{\"at\":\"%s\",\"event\":\"%s\"",
		clock_format_iso(clock_wall_ms(), time).at,
		returns_outcome_name(item->outcome));
	print_text(into, "id", message_id_slice(&self->token.id));
	print_text(into, "tenant", self->tenant);
	print_text(into, "rcpt", item->address);
	if (item->outcome == RETURNS_BOUNCED || item->outcome == RETURNS_DELAYED)
		print_text(into, "category", slice_of(category_name(item->category)));
	print_text(into, "reply", reply_of(item->said, &arena));
	if (item->outcome == RETURNS_COMPLAINED)
		print_text(into, "complaint", self->report.complaint.type);
	if (item->suppressed)
		buffer_append(into, SLICE(",\"suppressed\":true"));
	print_text(into, "reporter", self->report.reporter);
	buffer_append_byte(into, '}');
	arena_finish(&arena);
}
