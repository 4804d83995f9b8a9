/* Why a message is where it is, in sentences. */
#include "report/report.h"

#include <stdio.h>

#include "report/words.h"

#define WIDTH 78

static void say(struct buffer *into, struct buffer *sentence)
{
	words_wrap(buffer_contents(sentence), 0, WIDTH, into);
	buffer_finish(sentence);
}

static void say_what(const struct value *entry, int64_t now_ms, struct buffer *into)
{
	struct buffer text = {0};
	char age[WORDS_SIZE], size[WORDS_SIZE], count[WORDS_SIZE];
	const struct value *recipients = value_get(entry, "recipients");
	int64_t created = value_get_number(entry, "created_ms");

	buffer_append_format(&text, "%.*s is a message of %s from <%.*s>",
		SLICE_PRINT(value_get_text(entry, "id")),
		words_size((uint64_t)value_get_number(entry, "size"), size),
		SLICE_PRINT(value_get_text(entry, "sender")));
	if (value_get_number(entry, "recipient_count") == 1)
		buffer_append_format(&text, " to <%.*s>",
			SLICE_PRINT(
				value_get_text(value_at(recipients, 0), "address")));
	else
		buffer_append_format(&text, " to %s at %.*s",
			words_count(
				(uint64_t)value_get_number(entry, "recipient_count"),
				"recipient", "recipients", count),
			SLICE_PRINT(value_get_text(entry, "domain")));
	if (created) /* not of a damaged one */
		buffer_append_format(&text, ", received %s ago.",
			words_duration(now_ms - created, age));
	else
		buffer_append(&text, SLICE(", received nobody knows when: its entry is "
					   "damaged."));
	say(into, &text);
}

/* What it waits for, by its state. */
static void say_where(const struct value *entry, int64_t now_ms, struct buffer *into)
{
	struct slice state = value_get_text(entry, "state");
	int64_t due = value_get_number(entry, "due_ms");
	char when[WORDS_SIZE], time[WORDS_SIZE];
	struct buffer text = {0};

	if (slice_equal(state, SLICE("held")))
		buffer_append(&text, SLICE("It is held: nothing happens to it until "
					   "ringpost queue release or drop."));
	else if (slice_equal(state, SLICE("deferred")) && due > now_ms)
		buffer_append_format(&text,
			"It waits in the queue for its next attempt, %s (at %s).",
			words_when(due, now_ms, when), words_time(due, now_ms, time));
	else if (slice_equal(state, SLICE("taken")))
		buffer_append(&text, SLICE("The relay has it in hand."));
	else
		buffer_append(&text, SLICE("It is due, and waits in the queue until "
					   "the relay has room for its destination."));
	say(into, &text);
	if (value_get_text(entry, "relay").size)
		words_wrap(value_get_text(entry, "relay"), 0, WIDTH, into);
}

static void say_attempts(const struct value *entry, int64_t now_ms, struct buffer *into)
{
	const struct value *notes = value_get(entry, "notes");
	int64_t attempts = value_get_number(entry, "attempts");
	size_t shown = value_count(notes);
	char count[WORDS_SIZE], time[WORDS_SIZE];
	struct buffer text = {0};

	if (attempts <= 0) {
		buffer_append(&text, SLICE("No attempt has been made yet."));
	} else {
		buffer_append_format(&text, "%s made%s",
			words_count((uint64_t)attempts, "attempt was", "attempts were",
				count),
			shown ? (size_t)attempts > shown ? ", the last ones:" : ":"
			      : ".");
	}
	say(into, &text);
	for (size_t i = 0; i < shown; i++) {
		const struct value *note = value_at(notes, i);

		buffer_append_format(&text, "%s",
			words_time(value_get_number(note, "at_ms"), now_ms, time));
		if (value_get_text(note, "host").size)
			buffer_append_format(&text, ", %.*s",
				SLICE_PRINT(value_get_text(note, "host")));
		buffer_append_format(
			&text, ": %.*s", SLICE_PRINT(value_get_text(note, "answer")));
		if (value_get_text(note, "category").size)
			buffer_append_format(&text, " (%.*s)",
				SLICE_PRINT(value_get_text(note, "category")));
		words_wrap(buffer_contents(&text), 2, WIDTH, into);
		buffer_finish(&text);
	}
}

void report_why(const struct value *entry, int64_t now_ms, struct buffer *into)
{
	int64_t expires = value_get_number(entry, "expires_ms");
	char when[WORDS_SIZE], time[WORDS_SIZE];
	struct buffer text = {0};

	say_what(entry, now_ms, into);
	say_where(entry, now_ms, into);
	say_attempts(entry, now_ms, into);
	if (!expires)
		return;
	buffer_append_format(&text,
		"Undelivered, it goes back to its sender %s (at %s).",
		words_when(expires, now_ms, when), words_time(expires, now_ms, time));
	say(into, &text);
}
