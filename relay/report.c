/*
 * Reports: who is told what, and what stays of the entry.
 */
#include "relay/report.h"

#include <string.h>

#include "base/memory.h"
#include "run/worker.h"

#include "relay/deliver_by.h"

#define DELAY_TOLD_MS (4 * 3600 * INT64_C(1000)) /* where only DSN asks for it */
#define TELL_AGAIN_MS 60000

static bool is_delayed(const struct relay *relay, const struct entry *entry,
	const struct recipient *recipient)
{
	const struct envelope *envelope = &entry->message->envelope;
	int64_t now = worker_wall_ms(), age = now - envelope->created_ms;
	int64_t waited = now - (envelope->expires_ms - relay->config->relay.expire_ms);
	int64_t warning = relay->config->relay.delay_warning_ms;

	if (recipient->delay_told)
		return false;
	if (deliver_by_tells_delay(envelope, recipient, now))
		return true;
	/* What was held is late from its release on. */
	if (waited < age)
		age = waited;
	if (recipient->notify == NOTIFY_UNSET)
		return warning > 0 && age >= warning;
	return (recipient->notify & NOTIFY_DELAY) &&
	       age >= (warning > 0 ? warning : DELAY_TOLD_MS);
}

bool report_is_due(const struct relay *relay, const struct entry *entry,
	const struct recipient *recipient, const struct verdict *verdict,
	const struct attempt *attempt)
{
	if (entry->message->envelope.reverse_path.size == 0)
		return false;
	switch (verdict->kind) {
	case VERDICT_DELIVERED:
		return ((recipient->notify & NOTIFY_SUCCESS) && !attempt->peer_dsn) ||
		       deliver_by_tells_relay(&entry->message->envelope, recipient,
			       attempt->peer_deliver_by);
	case VERDICT_NEVER:
		return recipient->notify == NOTIFY_UNSET ||
		       (recipient->notify & NOTIFY_FAILURE);
	case VERDICT_LATER:
		return is_delayed(relay, entry, recipient);
	default:
		return false;
	}
}

static enum dsn_action action_of(enum verdict_kind kind, const struct attempt *attempt)
{
	switch (kind) {
	case VERDICT_DELIVERED:
		return attempt->final ? DSN_DELIVERED : DSN_RELAYED;
	case VERDICT_NEVER:
		return DSN_FAILED;
	default:
		return DSN_DELAYED;
	}
}

static void describe(struct report *report, const struct recipient *recipient,
	const struct verdict *verdict, const struct attempt *attempt)
{
	struct dsn_recipient *told = &report->recipients[report->count++];
	struct arena *arena = &report->arena;
	struct slice original = recipient->original, host = attempt->host;
	char status[16];

	*told = (struct dsn_recipient){
		.action = action_of(verdict->kind, attempt),
		.address = recipient->address,
		.status = arena_copy(arena, verdict_status(verdict, status)),
		.last_attempt_ms = worker_wall_ms(),
	};
	if (original.size) {
		told->original_type = slice_cut(&original, ';');
		told->original = original;
	}
	if (told->action == DSN_DELAYED)
		told->retry_until_ms = report->entry->message->envelope.expires_ms;
	if (verdict->reply.code) {
		char *text = arena_take(arena, DSN_REPLY_MAX);

		told->reply = reply_print(&verdict->reply, text, DSN_REPLY_MAX);
		told->remote_mta = arena_copy(arena, slice_cut(&host, '['));
		told->remote_address = arena_copy(arena, slice_cut(&host, ']'));
		if (told->remote_mta.size == 0)
			told->remote_mta = arena_format(
				arena, "[%.*s]", SLICE_PRINT(told->remote_address));
	} else {
		told->reason = arena_copy(arena, verdict->reason);
	}
}

static void add(struct relay *relay, struct report *report,
	const struct recipient *recipient, const struct verdict *verdict,
	const struct attempt *attempt)
{
	bool due = report_is_due(relay, report->entry, recipient, verdict, attempt);

	if (due)
		describe(report, recipient, verdict, attempt);
	if (verdict->kind == VERDICT_NEVER && due)
		report->failed[report->failed_count++] = *recipient;
	if (verdict->kind == VERDICT_NEVER || verdict->kind == VERDICT_DELIVERED)
		return;
	report->waiting[report->waiting_count] = *recipient;
	report->waiting[report->waiting_count++].delay_told |= due;
}

struct report *report_create(struct relay *relay, struct entry *entry,
	const struct verdict *verdicts, const struct attempt *attempt, int64_t due_ms)
{
	struct report *report = NEW(struct report);
	size_t count = entry->recipient_count;

	report->entry = entry;
	report->due_ms = due_ms;
	report->recipients = arena_take_array(
		&report->arena, count, sizeof(*report->recipients));
	report->waiting = arena_take_array(
		&report->arena, count, sizeof(*report->waiting));
	report->failed = arena_take_array(
		&report->arena, count, sizeof(*report->failed));
	for (size_t i = 0; i < count; i++)
		add(relay, report, &entry->recipients[i], &verdicts[i], attempt);
	return report;
}

static void destroy(struct report **report)
{
	arena_finish(&(*report)->arena);
	memory_free(*report);
	*report = NULL;
}

/* The entry has room: there are never more of them than there were. */
static void keep(struct entry *entry, const struct recipient *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		entry->recipients[entry->recipient_count++] = list[i];
}

void report_told(struct relay *relay, struct report **report)
{
	struct entry *entry = (*report)->entry;
	int64_t due_ms = (*report)->due_ms;

	entry->recipient_count = 0;
	keep(entry, (*report)->waiting, (*report)->waiting_count);
	destroy(report);
	if (entry->recipient_count)
		queue_defer(relay->options.queue, entry, due_ms);
	else
		queue_settle(relay->options.queue, entry);
	relay_let_go(relay);
}

void report_failed(struct relay *relay, struct report **report)
{
	struct entry *entry = (*report)->entry;
	int64_t due_ms = (*report)->due_ms, soon_ms = worker_wall_ms() + TELL_AGAIN_MS;

	/* That only a delay or a success could not be told of is no reason to try
	 * anybody again before it is due. */
	if ((*report)->failed_count)
		due_ms = soon_ms;
	for (size_t i = 0; i < (*report)->waiting_count; i++)
		for (size_t j = 0; j < entry->recipient_count; j++)
			if (slice_equal(entry->recipients[j].address,
				    (*report)->waiting[i].address))
				(*report)->waiting[i].delay_told =
					entry->recipients[j].delay_told;
	entry->recipient_count = 0;
	keep(entry, (*report)->waiting, (*report)->waiting_count);
	keep(entry, (*report)->failed, (*report)->failed_count);
	destroy(report);
	if (entry->recipient_count)
		queue_defer(relay->options.queue, entry, due_ms);
	else
		queue_settle(relay->options.queue, entry);
	relay_let_go(relay);
}
