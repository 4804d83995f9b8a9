/*
 * `message show`: where each recipient of a message stands: those still in the
 * queue as it has them, the others as far as their events are kept.
 */
#include <string.h>

#include "base/memory.h"
#include "mail/date.h"

#include "admin/call.h"
#include "admin/message_call.h"
#include "admin/message_history.h"
#include "daemon/fan.h"
#include "report/entry_value.h"

#define RECIPIENTS_MAX	 1000
#define DESTINATIONS_MAX 1000
#define KEY_SIZE	 1024

/* What is known, put together. */
struct story {
	struct value *message;
	struct value *recipients; /* address → what is known of it */
	struct value *destinations;
	size_t count; /* of recipients */
	bool cut;     /* there are more than fit */
};

/* The entries of a message here. */
struct finding {
	struct daemon_worker *worker;
	struct value *message; /* NULL yet */
	struct value *entries;
};

static bool find_entry(void *context, const struct queue_item *item)
{
	struct finding *finding = context;
	struct buffer text = {.limit = 4096};
	struct value *entry;

	if (!finding->message)
		finding->message = message_value(item->entry);
	message_value_add(finding->message, item, 0);
	entry = entry_value_full(item, finding->worker->world->classifier);
	if (relay_explain(finding->worker->relay, item->entry, &text))
		value_set_text(entry, "relay", slice_trim_all(buffer_contents(&text)));
	buffer_finish(&text);
	value_append(finding->entries, entry);
	return value_count(finding->entries) < DESTINATIONS_MAX;
}

static bool show_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct finding finding = {.worker = worker, .entries = value_list()};
	struct queue_selector selector;
	bool good = selector_read(request, &selector) &&
		    queue_each(
			    worker->queue, &selector, find_entry, &finding, deadline);

	*result_r = value_object();
	value_set(*result_r, "entries", finding.entries);
	if (finding.message)
		value_set(*result_r, "message", finding.message);
	message_note_owner(worker, request, *result_r);
	return good;
}

/* What is known of ADDRESS, to be added to; NULL: there are too many. */
static struct value *recipient_of(struct story *story, struct slice address)
{
	char name[KEY_SIZE];
	struct value *recipient;

	if (!slice_to_text(address, name, sizeof(name)))
		return NULL;
	if (!value_has(story->recipients, name)) {
		if (story->count == RECIPIENTS_MAX) {
			story->cut = true;
			return NULL;
		}
		story->count++;
		recipient = value_object();
		value_set_text(recipient, "address", address);
		value_set_text(recipient, "state", SLICE("unknown"));
		value_set(story->recipients, name, recipient);
	}
	return (struct value *)(uintptr_t)value_get(story->recipients, name);
}

static void copy_as(struct value *to, const char *name, const struct value *from,
	const char *old_name)
{
	if (value_has(from, old_name))
		value_set(to, name, value_copy(value_get(from, old_name)));
}

static int64_t time_of(const struct value *event)
{
	struct slice at = value_get_text(event, "at"), digits;
	uint64_t fraction = 0;
	int64_t ms = 0;

	if (!date_parse_utc(at, &ms))
		return 0;
	digits = at;
	slice_cut(&digits, '.');
	return slice_to_u64(slice_part(digits, 0, 3), &fraction)
		       ? ms + (int64_t)fraction
		       : ms;
}

/* --- What happened --- */

static struct slice state_after(const struct value *event)
{
	static const struct {
		const char *event, *state;
	} names[] = {
		{"accepted", "unknown"},
		{"delayed", "deferred"},
		{"held", "held"},
		{"released", "ready"},
		{"delivered", "delivered"},
		{"bounced", "bounced"},
		{"expired", "expired"},
		{"suppressed", "suppressed"},
		{"dropped", "dropped"},
	};
	struct slice kind = value_get_text(event, "event");

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (slice_equal(kind, slice_of(names[i].event)))
			return slice_of(names[i].state);
	return SLICE_EMPTY;
}

static void add_attempt(struct value *recipient, const struct value *event)
{
	struct value *last;

	copy_as(recipient, "attempts", event, "attempt");
	if (!value_has(event, "reply"))
		return;
	last = value_object();
	value_set_number(last, "at_ms", time_of(event));
	copy_as(last, "host", event, "host");
	copy_as(last, "answer", event, "reply");
	copy_as(last, "category", event, "category");
	value_set(recipient, "last", last);
}

static void add_event(
	struct story *story, const struct value *event, const char *source)
{
	struct slice state = state_after(event), kind = value_get_text(event, "event");
	struct slice address = value_get_text(event, "rcpt");
	struct value *recipient = address.size ? recipient_of(story, address) : NULL;

	if (!recipient)
		return;
	value_set_text(recipient, "source", slice_of(source));
	if (value_get_truth(event, "late")) {
		value_set_text(recipient, "reported_later", kind);
	} else if (!state.size) { /* complained, unsubscribed */
		value_set_text(recipient, "reported_later", kind);
	} else {
		value_set_text(recipient, "state", state);
		value_set_number(recipient, "at_ms", time_of(event));
		copy_as(recipient, "reason", event, "reason");
		add_attempt(recipient, event);
	}
}

/* What the message is, of one that is not in the queue any more. */
static void describe(struct story *story, const struct value *accepted)
{
	static const char *const same[] = {"from", "size", "account", "client",
		"tenant", "stream", "tags", "metadata"};

	for (size_t i = 0; i < ARRAY_COUNT(same); i++)
		if (!value_has(story->message, same[i]))
			copy_as(story->message, same[i], accepted, same[i]);
	copy_as(story->message, "recipient_count", accepted, "recipients");
	if (!value_has(story->message, "created_ms"))
		value_set_number(story->message, "created_ms", time_of(accepted));
}

static void add_history(struct story *story, const struct history *history)
{
	for (size_t i = 0; i < value_count(history->events); i++) {
		const struct value *event = value_at(history->events, i);

		if (slice_equal(value_get_text(event, "event"), SLICE("accepted")))
			describe(story, event);
		add_event(story, event, history->source);
	}
}

/* --- What is in the queue --- */

static void add_waiting(struct story *story, const struct value *entry,
	const struct value *waiting, const struct value *last)
{
	struct value *recipient = recipient_of(
		story, value_get_text(waiting, "address"));

	if (!recipient)
		return;
	copy_as(recipient, "state", entry, "state");
	copy_as(recipient, "attempts", entry, "attempts");
	copy_as(recipient, "destination", entry, "id");
	if (value_get_number(entry, "due_ms") &&
		!slice_equal(value_get_text(entry, "state"), SLICE("taken")))
		copy_as(recipient, "next_attempt_ms", entry, "due_ms");
	if (last)
		value_set(recipient, "last", value_copy(last));
	value_set_text(recipient, "source", SLICE("queue"));
}

static void add_entry(struct story *story, const struct value *entry)
{
	static const char *const same[] = {
		"id", "domain", "state", "attempts", "relay", "pool", "route", "notes"};
	const struct value *recipients = value_get(entry, "recipients");
	const struct value *notes = value_get(entry, "notes");
	struct value *destination = value_object();

	for (size_t i = 0; i < ARRAY_COUNT(same); i++)
		copy_as(destination, same[i], entry, same[i]);
	if (value_get_number(entry, "due_ms"))
		copy_as(destination, "next_attempt_ms", entry, "due_ms");
	value_append(story->destinations, destination);
	for (size_t i = 0; i < value_count(recipients); i++)
		add_waiting(story, entry, value_at(recipients, i),
			value_count(notes) ? value_at(notes, value_count(notes) - 1)
					   : NULL);
}

/* The worker whose shard it is has found it, or nobody has. */
static void add_queue(struct story *story, const struct value *results)
{
	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *result = value_at(results, i);
		const struct value *entries = value_get(result, "entries");

		for (size_t j = 0; j < value_count(entries); j++)
			add_entry(story, value_at(entries, j));
	}
}

static struct value *message_in(const struct value *results, struct slice id)
{
	struct value *message;

	for (size_t i = 0; i < value_count(results); i++)
		if (value_has(value_at(results, i), "message"))
			return value_copy(value_get(value_at(results, i), "message"));
	message = value_object();
	value_set_text(message, "id", id);
	return message;
}

/* --- Together --- */

static void append(void *list, const char *name, const struct value *item)
{
	(void)name;
	value_append(list, value_copy(item));
}

static bool is_over(const struct value *recipients)
{
	static const char *const ends[] = {
		"delivered", "bounced", "expired", "suppressed", "dropped"};

	for (size_t i = 0; i < value_count(recipients); i++) {
		struct slice state = value_get_text(value_at(recipients, i), "state");
		size_t end = 0;

		while (end < ARRAY_COUNT(ends) &&
			!slice_equal(state, slice_of(ends[end])))
			end++;
		if (end == ARRAY_COUNT(ends))
			return false;
	}
	return true;
}

static void answer(
	struct admin_call *call, struct story *story, const struct history *history)
{
	bool queued = value_count(story->destinations) > 0;
	struct value *sources = value_list(), *recipients = value_list();
	int64_t count;

	value_each(story->recipients, append, recipients);
	count = value_get_number(story->message, "recipient_count");
	if (queued)
		value_append_text(sources, SLICE("queue"));
	if (history->source && value_count(history->events))
		value_append_text(sources, slice_of(history->source));
	value_set_text(story->message, "state",
		queued ? SLICE("queued")
		: history->whole && is_over(recipients) &&
				(int64_t)value_count(recipients) >= count
			? SLICE("done")
			: SLICE("unknown"));
	value_set(story->message, "recipients", recipients);
	value_set_truth(story->message, "recipients_cut", story->cut);
	value_set(story->message, "destinations", story->destinations);
	value_set(story->message, "sources", sources);
	value_set(story->message, "searched", value_copy(history->searched));
	value_set_truth(story->message, "whole", history->whole && !history->more);
	value_release(&call->answer);
	call->answer = story->message;
}

bool admin_message_show(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {show_here};
	struct history_question question = {
		.tenant = value_get_text(call->request, "tenant"),
		.limit = HISTORY_MAX};
	struct story story = {.cut = false};
	struct value *results;
	struct history history;
	bool found;

	if (!message_read_id(call, &question.id) ||
		!fan_out(call->daemon, &call->admin->fans, &job, call->request,
			&results, deadline))
		return false;
	if (!history_read(call, &question, &history, deadline)) {
		value_release(&results);
		history_finish(&history);
		return false;
	}
	story.message = message_in(results, message_id_slice(&question.id));
	story.recipients = value_object();
	story.destinations = value_list();
	add_history(&story, &history);
	add_queue(&story, results);
	found = value_count(story.destinations) || value_count(history.events) ||
		message_is_unknown(call, &question.id, &history);
	if (!message_is_ours(results))
		value_set_truth(story.message, "elsewhere", true);
	answer(call, &story, &history);
	value_release(&story.recipients);
	value_release(&results);
	history_finish(&history);
	return found;
}
