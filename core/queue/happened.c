/* What happens to a message, told to applications. */
#include "queue/happened.h"

#include "run/worker.h"

struct events_fact happened_fact(const struct envelope *envelope, enum events_kind kind)
{
	return (struct events_fact){
		.kind = kind,
		.message = message_id_slice(&envelope->id),
		.tenant = envelope->tenant,
		.stream = envelope->stream,
		.tags = envelope->tags,
		.metadata = envelope->metadata,
		.account = envelope->account,
		.from = envelope->reverse_path,
		.sender = true,
	};
}

static void tell_each(const struct entry *entry, struct events_fact *fact)
{
	for (size_t i = 0; i < entry->recipient_count; i++) {
		fact->rcpt = entry->recipients[i].address;
		events_raise(fact);
	}
}

void happened_to_all(
	const struct entry *entry, enum events_kind kind, struct slice reason)
{
	const struct envelope *envelope = &entry->message->envelope;
	struct events_fact fact;

	if (!happened_is_told(envelope))
		return;
	fact = happened_fact(envelope, kind);
	fact.reason = reason;
	tell_each(entry, &fact);
}

void happened_rescheduled(
	const struct entry *entry, int64_t until_ms, struct slice reason)
{
	const struct envelope *envelope = &entry->message->envelope;
	bool waits = until_ms > worker_wall_ms();
	struct events_fact fact;

	if (!happened_is_told(envelope))
		return;
	fact = happened_fact(envelope, waits ? EVENTS_HELD : EVENTS_RELEASED);
	fact.until_ms = waits ? until_ms : 0;
	fact.reason = reason;
	tell_each(entry, &fact);
}

void happened_commit(
	const struct message *message, struct entry *const *entries, size_t count)
{
	const struct envelope *envelope = &message->envelope;
	int64_t now_ms = worker_wall_ms();
	struct events_fact fact;

	if (!happened_is_told(envelope))
		return;
	fact = happened_fact(envelope, EVENTS_ACCEPTED);
	fact.client = envelope->client;
	fact.size = envelope->size;
	for (size_t i = 0; i < count; i++)
		fact.recipients += entries[i]->recipient_count;
	if (fact.recipients == 1)
		fact.rcpt = entries[0]->recipients[0].address;
	events_raise(&fact);
	for (size_t i = 0; i < count; i++)
		if (entries[i]->due_ms > now_ms)
			happened_rescheduled(
				entries[i], entries[i]->due_ms, SLICE("sender"));
}
