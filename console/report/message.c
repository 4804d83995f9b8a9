/* Messages as their senders see them, and what happened to them, as text. */
#include "report/report.h"

#include "base/memory.h"
#include "mail/text.h"

#include "report/words.h"

#define TEXT_MAX 1024 /* of a field of an event */

static void add_states(const struct value *states, struct buffer *into)
{
	static const char *const names[] = {"ready", "taken", "deferred", "held"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		int64_t count = value_get_number(states, names[i]);

		if (!count)
			continue;
		if (buffer_size(into))
			buffer_append(into, SLICE(", "));
		if (count > 1)
			buffer_append_format(into, "%lld ", (long long)count);
		buffer_append_format(into, "%s", names[i]);
	}
}

static void add_message(
	struct table *table, const struct value *message, int64_t now_ms)
{
	int64_t count = value_get_number(message, "recipient_count"),
		next = value_get_number(message, "next_attempt_ms");
	const struct value *last = value_get(message, "last");
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	table_add(table, value_get_text(message, "id"));
	table_add_text(table,
		words_duration(now_ms - value_get_number(message, "created_ms"), text));
	table_add_text(
		table, words_size((uint64_t)value_get_number(message, "size"), text));
	add_states(value_get(message, "states"), &cell);
	table_add(table, buffer_contents(&cell));
	table_add_text(table, next > now_ms ? words_when(next, now_ms, text) : "-");
	buffer_clear(&cell);
	buffer_append_format(&cell, "<%.*s> → <%.*s>",
		SLICE_PRINT(value_get_text(message, "from")),
		SLICE_PRINT(value_text(value_at(value_get(message, "recipients"), 0))));
	if (count > 1)
		buffer_append_format(&cell, " +%lld", (long long)(count - 1));
	if (value_get_text(last, "answer").size)
		buffer_append_format(
			&cell, ": %.*s", SLICE_PRINT(value_get_text(last, "answer")));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

void report_messages(
	const struct value *list, int64_t now_ms, size_t width, struct buffer *into)
{
	static const char *const heads[] = {"ID", "AGE", "SIZE", "STATE", "NEXT",
		"SENDER → RECIPIENT: LAST ANSWER"};
	struct table table = {.columns = 6, .right = {[1] = true, [2] = true}};

	for (size_t i = 0; i < table.columns; i++)
		table_add_text(&table, heads[i]);
	for (size_t i = 0; i < value_count(list); i++)
		add_message(&table, value_at(list, i), now_ms);
	table_print(&table, width, into);
	table_finish(&table);
}

static void add_field(const char *label, struct slice text, struct buffer *into)
{
	char clean[TEXT_MAX];

	if (text.size)
		buffer_append_format(into, "%-11s %.*s\n", label,
			(int)text_clean(text, clean, sizeof(clean)), clean);
}

static void add_time(
	const char *label, int64_t at_ms, int64_t now_ms, struct buffer *into)
{
	char time[WORDS_SIZE], when[WORDS_SIZE];

	if (at_ms)
		buffer_append_format(into, "%-11s %s (%s)\n", label,
			words_time(at_ms, now_ms, time),
			words_when(at_ms, now_ms, when));
}

static void add_head(const struct value *message, int64_t now_ms, struct buffer *into)
{
	const struct value *tags = value_get(message, "tags");
	int64_t size = value_get_number(message, "size");
	char text[WORDS_SIZE];

	add_field("Id", value_get_text(message, "id"), into);
	add_field("State", value_get_text(message, "state"), into);
	add_field("From", value_get_text(message, "from"), into);
	add_field("Account", value_get_text(message, "account"), into);
	add_field("Client", value_get_text(message, "client"), into);
	add_field("Tenant", value_get_text(message, "tenant"), into);
	add_field("Stream", value_get_text(message, "stream"), into);
	for (size_t i = 0; i < value_count(tags); i++)
		add_field(i ? "" : "Tags", value_text(value_at(tags, i)), into);
	if (size)
		add_field("Size", slice_of(words_size((uint64_t)size, text)), into);
	add_time("Received", value_get_number(message, "created_ms"), now_ms, into);
	add_time("Expires", value_get_number(message, "expires_ms"), now_ms, into);
}

static void add_recipient(
	struct table *table, const struct value *recipient, int64_t now_ms)
{
	const struct value *last = value_get(recipient, "last");
	int64_t next = value_get_number(recipient, "next_attempt_ms");
	struct buffer state = {0};
	char text[WORDS_SIZE];

	table_add(table, value_get_text(recipient, "address"));
	buffer_append(&state, value_get_text(recipient, "state"));
	if (value_get_text(recipient, "reported_later").size)
		buffer_append_format(&state, ", %.*s",
			SLICE_PRINT(value_get_text(recipient, "reported_later")));
	table_add(table, buffer_contents(&state));
	buffer_finish(&state);
	table_add_text(table,
		words_number((uint64_t)value_get_number(recipient, "attempts"), text));
	table_add_text(table, next ? words_when(next, now_ms, text) : "-");
	table_add(table, value_get_text(last, "answer").size
				 ? value_get_text(last, "answer")
				 : value_get_text(recipient, "reason"));
}

void report_message(
	const struct value *message, int64_t now_ms, size_t width, struct buffer *into)
{
	static const char *const heads[] = {
		"RECIPIENT", "STATE", "ATTEMPTS", "NEXT", "LAST ANSWER"};
	const struct value *recipients = value_get(message, "recipients");
	const struct value *sources = value_get(message, "sources");
	struct table table = {.columns = 5, .right = {[2] = true}};

	add_head(message, now_ms, into);
	buffer_append_byte(into, '\n');
	for (size_t i = 0; i < table.columns; i++)
		table_add_text(&table, heads[i]);
	for (size_t i = 0; i < value_count(recipients); i++)
		add_recipient(&table, value_at(recipients, i), now_ms);
	if (value_count(recipients))
		table_print(&table, width, into);
	table_finish(&table);
	if (value_get_truth(message, "elsewhere"))
		buffer_append(
			into, SLICE("\nWhat of it is in the queue another node has: "
				    "ask there.\n"));
	buffer_append(into, SLICE("\nKnown from: "));
	for (size_t i = 0; i < value_count(sources); i++)
		buffer_append_format(into, "%s%.*s", i ? ", " : "",
			SLICE_PRINT(value_text(value_at(sources, i))));
	buffer_append(into, value_get_truth(message, "whole")
				    ? SLICE(".\n")
				    : SLICE("; not everything that happened to it is "
					    "known.\n"));
	if (!value_get_truth(message, "whole"))
		report_searched(value_get(message, "searched"), into);
}

void report_event(const struct value *event, struct buffer *into)
{
	static const char *const names[] = {
		"message", "rcpt", "category", "reason", "reply"};
	struct slice at = value_get_text(event, "at");

	buffer_append_format(into, "%.*s  %-12.*s", SLICE_PRINT(slice_part(at, 0, 23)),
		SLICE_PRINT(value_get_text(event, "event")));
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		struct slice text = value_get_text(event, names[i]);
		char clean[TEXT_MAX];

		if (text.size)
			buffer_append_format(into, " %.*s",
				(int)text_clean(text, clean, sizeof(clean)), clean);
	}
	buffer_append_byte(into, '\n');
}
