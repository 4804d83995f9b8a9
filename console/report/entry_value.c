/* Queue entries as JSON values. */
#include "report/entry_value.h"

#include "base/failure.h"
#include "base/memory.h"

#define BRIEF_RECIPIENTS 20
#define FULL_RECIPIENTS	 10000

static void add_notify(struct value *object, unsigned notify)
{
	static const struct {
		enum notify bit;
		const char *name;
	} bits[] = {
		{NOTIFY_NEVER, "never"},
		{NOTIFY_SUCCESS, "success"},
		{NOTIFY_FAILURE, "failure"},
		{NOTIFY_DELAY, "delay"},
	};
	struct value *list = value_list();

	for (size_t i = 0; i < ARRAY_COUNT(bits); i++)
		if (notify & bits[i].bit)
			value_append_text(list, slice_of(bits[i].name));
	value_set(object, "notify", list);
}

static struct value *note_value(const struct attempt_note *note)
{
	struct value *object = value_object();

	value_set_number(object, "at_ms", note->at_ms);
	value_set_text(object, "host", note->host);
	value_set_text(object, "answer", note->answer);
	return object;
}

static void set_some(struct value *object, const char *name, struct slice text)
{
	if (text.size)
		value_set_text(object, name, text);
}

/* What both have. */
static struct value *common(const struct queue_item *item)
{
	const struct entry *entry = item->entry;
	const struct envelope *envelope = &entry->message->envelope;
	struct value *object = value_object();
	char key[32];

	value_set_text(object, "id", entry_key(entry, key));
	value_set_text(object, "message", message_id_slice(&envelope->id));
	value_set_text(object, "state", slice_of(queue_state_name(item->state)));
	value_set_text(object, "sender", envelope->reverse_path);
	value_set_text(object, "domain", entry->domain);
	value_set_number(object, "recipient_count", (int64_t)entry->recipient_count);
	value_set_number(object, "size", (int64_t)envelope->size);
	value_set_number(object, "created_ms", envelope->created_ms);
	value_set_number(object, "due_ms", entry->due_ms);
	value_set_number(object, "expires_ms", envelope->expires_ms);
	value_set_number(object, "attempts", entry->attempts);
	set_some(object, "tenant", envelope->tenant);
	set_some(object, "stream", envelope->stream);
	set_some(object, "tags", envelope->tags);
	if (envelope->priority)
		value_set_number(object, "priority", envelope->priority);
	set_some(object, "pool", entry->pool.size ? entry->pool : envelope->pool);
	set_some(object, "route", entry->route);
	return object;
}

struct value *entry_value_brief(const struct queue_item *item)
{
	const struct entry *entry = item->entry;
	struct value *object = common(item), *recipients = value_list();

	for (size_t i = 0; i < entry->recipient_count && i < BRIEF_RECIPIENTS; i++)
		value_append_text(recipients, entry->recipients[i].address);
	value_set(object, "recipients", recipients);
	if (entry->note_count)
		value_set(object, "last",
			note_value(&entry->notes[entry->note_count - 1]));
	return object;
}

static struct value *recipient_value(const struct recipient *recipient)
{
	struct value *object = value_object();

	value_set_text(object, "address", recipient->address);
	if (recipient->original.size)
		value_set_text(object, "original", recipient->original);
	add_notify(object, recipient->notify);
	value_set_truth(object, "delay_told", recipient->delay_told);
	return object;
}

/* What the answer is about. */
static void set_category(struct value *object, const struct attempt_note *note,
	const struct classifier *classifier)
{
	struct arena arena = {0};
	struct category_question question = category_question_of(
		note->answer, note->host, &arena);

	value_set_text(object, "category",
		slice_of(category_name(category_of(classifier, &question, NULL))));
	arena_finish(&arena);
}

struct value *entry_value_full(
	const struct queue_item *item, const struct classifier *classifier)
{
	const struct entry *entry = item->entry;
	const struct envelope *envelope = &entry->message->envelope;
	struct value *object = common(item), *recipients = value_list(),
		     *notes = value_list();

	value_set_text(object, "account", envelope->account);
	value_set_text(object, "client", envelope->client);
	value_set_text(object, "envelope_id", envelope->envelope_id);
	value_set_truth(object, "smtputf8", envelope->smtputf8);
	value_set_truth(object, "eight_bit", envelope->eight_bit);
	value_set_number(object, "header_size", (int64_t)envelope->header_size);
	value_set_number(object, "entry_count", entry->message->entry_count);
	for (size_t i = 0; i < entry->recipient_count && i < FULL_RECIPIENTS; i++)
		value_append(recipients, recipient_value(&entry->recipients[i]));
	for (size_t i = 0; i < entry->note_count; i++) {
		struct value *note = note_value(&entry->notes[i]);

		set_category(note, &entry->notes[i], classifier);
		value_append(notes, note);
	}
	value_set(object, "recipients", recipients);
	value_set(object, "notes", notes);
	return object;
}

bool selector_read(const struct value *request, struct queue_selector *selector_r)
{
	struct slice state = value_get_text(request, "state");

	*selector_r = (struct queue_selector){
		.id = value_get_text(request, "id"),
		.domain = value_get_text(request, "domain"),
		.sender = value_get_text(request, "sender"),
		.tenant = value_get_text(request, "tenant"),
		.stream = value_get_text(request, "stream"),
		.tag = value_get_text(request, "tag"),
	};
	if (!state.size)
		return true;
	for (enum queue_state i = QUEUE_READY; i <= QUEUE_HELD; i++)
		if (slice_equal(state, slice_of(queue_state_name(i)))) {
			selector_r->state_set = true;
			selector_r->state = i;
			return true;
		}
	return fail(FAILURE_DATA, "there is no state \"%.*s\", but: %s, %s, %s, %s",
		SLICE_PRINT(state), queue_state_name(QUEUE_READY),
		queue_state_name(QUEUE_TAKEN), queue_state_name(QUEUE_DEFERRED),
		queue_state_name(QUEUE_HELD));
}
