/* A message with all of its destinations, as JSON; what is said where there is none. */
#include "base/failure.h"
#include "mail/date.h"

#include "admin/message_call.h"

#define SECONDS_MOST INT64_C(100000000000)

bool message_read_time(struct admin_call *call, const char *name, int64_t *ms_r)
{
	struct slice text = value_get_text(call->request, name);
	int64_t seconds = value_get_number(call->request, name);

	if (!value_has(call->request, name))
		return true;
	if (text.at && date_parse_utc(text, ms_r))
		return true;
	if (text.at ? !slice_to_i64(text, &seconds)
		    : !value_is_number(value_get(call->request, name)))
		seconds = -1;
	if (seconds < 0 || seconds > SECONDS_MOST)
		return admin_refuse(call, ADMIN_WRONG, name,
			"a time is \"2026-11-22T07:00:00Z\", or seconds since 1970");
	*ms_r = seconds * 1000;
	return true;
}

static void set_some(struct value *object, const char *name, struct slice text)
{
	if (text.size)
		value_set_text(object, name, text);
}

struct value *message_value(const struct entry *entry)
{
	const struct envelope *envelope = &entry->message->envelope;
	struct value *object = value_object(), *metadata;

	value_set_text(object, "id", message_id_slice(&envelope->id));
	value_set_text(object, "from", envelope->reverse_path);
	value_set_number(object, "size", (int64_t)envelope->size);
	value_set_number(object, "created_ms", envelope->created_ms);
	value_set_number(object, "expires_ms", envelope->expires_ms);
	set_some(object, "account", envelope->account);
	set_some(object, "client", envelope->client);
	set_some(object, "tenant", envelope->tenant);
	set_some(object, "stream", envelope->stream);
	if (envelope->tags.size) {
		struct slice tags = envelope->tags;
		struct value *list = value_list();

		while (tags.at)
			value_append_text(list, slice_cut(&tags, ' '));
		value_set(object, "tags", list);
	}
	if (envelope->metadata.size && (metadata = value_parse(envelope->metadata)))
		value_set(object, "metadata", metadata);
	if (envelope->priority)
		value_set_number(object, "priority", envelope->priority);
	return object;
}

/* The member NAME, made where it is missing. */
static struct value *member(
	struct value *object, const char *name, struct value *(*make)(void))
{
	if (!value_has(object, name))
		value_set(object, name, make());
	return (struct value *)(uintptr_t)value_get(object, name);
}

static void count(struct value *object, const char *name, size_t more)
{
	value_set_number(object, name, value_get_number(object, name) + (int64_t)more);
}

static void set_last(struct value *object, const struct entry *entry)
{
	const struct attempt_note *note;
	struct value *last;

	if (!entry->note_count)
		return;
	note = &entry->notes[entry->note_count - 1];
	if (note->at_ms < value_get_number(value_get(object, "last"), "at_ms"))
		return;
	last = value_object();
	value_set_number(last, "at_ms", note->at_ms);
	value_set_text(last, "host", note->host);
	value_set_text(last, "answer", note->answer);
	value_set(object, "last", last);
}

void message_value_add(
	struct value *message, const struct queue_item *item, size_t shown)
{
	const struct entry *entry = item->entry;
	struct value *list = member(message, "recipients", value_list);
	int64_t next_ms = value_get_number(message, "next_attempt_ms");

	count(message, "recipient_count", entry->recipient_count);
	count(member(message, "states", value_object), queue_state_name(item->state),
		entry->recipient_count);
	for (size_t i = 0; i < entry->recipient_count && value_count(list) < shown; i++)
		value_append_text(list, entry->recipients[i].address);
	if (item->state != QUEUE_TAKEN && entry->due_ms &&
		(!next_ms || entry->due_ms < next_ms))
		value_set_number(message, "next_attempt_ms", entry->due_ms);
	set_last(message, entry);
}

bool message_read_id(struct admin_call *call, struct message_id *id_r)
{
	struct slice id = value_get_text(call->request, "id");

	return message_id_parse(id, id_r) ||
	       admin_refuse(call, ADMIN_ABSENT, NULL, "\"%.*s\" is no message's id",
		       SLICE_PRINT(slice_part(id, 0, 40)));
}

void message_note_owner(
	struct daemon_worker *worker, const struct value *request, struct value *result)
{
	struct message_id id;

	value_set_truth(result, "ours",
		message_id_parse(value_get_text(request, "id"), &id) &&
			queue_owns(worker->queue, message_id_shard(&id)));
}

bool message_is_ours(const struct value *results)
{
	for (size_t i = 0; i < value_count(results); i++)
		if (value_get_truth(value_at(results, i), "ours"))
			return true;
	return false;
}

bool message_is_unknown(struct admin_call *call, const struct message_id *id,
	const struct history *history)
{
	struct history_gap gap = history_gap(history);

	if (gap.unreadable)
		return fail(FAILURE_STORE,
			"%s is not in the queue, and what happened to it could not be "
			"looked up just now: ask again later",
			id->text);
	if (gap.rest)
		return admin_refuse(call, ADMIN_ABSENT, NULL,
			"%s is not in the queue, and what happened to it is not in as "
			"much as could be looked through at once: ask for its events, "
			"which go on from there",
			id->text);
	return admin_refuse(call, ADMIN_ABSENT, NULL,
		"%s is not in the queue, and what happened to it is not kept (or there "
		"never was one)",
		id->text);
}

bool message_is_otherwise(
	struct admin_call *call, const struct message_id *id, const char *none)
{
	return admin_refuse(call, ADMIN_CONFLICT, NULL, "%s: %s", id->text, none);
}
