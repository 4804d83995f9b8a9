/* Queue entries as text: a line in a list, or all there is. */
#include "report/report.h"

#include <stdio.h>

#include "report/words.h"

#define RECIPIENTS_SHOWN 50
#define TEXT_WIDTH	 80

static void add_path(struct slice address, struct buffer *into)
{
	buffer_append_format(into, "<%.*s>", SLICE_PRINT(address));
}

static struct slice answer_of(const struct value *note)
{
	return value_get_text(note, "answer");
}

static void add_row(struct table *table, const struct value *entry, int64_t now_ms)
{
	const struct value *recipients = value_get(entry, "recipients");
	int64_t count = value_get_number(entry, "recipient_count"),
		due = value_get_number(entry, "due_ms"),
		created = value_get_number(entry, "created_ms");
	bool waits = slice_equal(value_get_text(entry, "state"), SLICE("deferred"));
	struct buffer cell = {0};
	char text[WORDS_SIZE];

	table_add(table, value_get_text(entry, "id"));
	table_add_text(table, created ? words_duration(now_ms - created, text) : "-");
	table_add_text(
		table, words_size((uint64_t)value_get_number(entry, "size"), text));
	table_add(table, value_get_text(entry, "state"));
	table_add_text(table, waits ? words_when(due, now_ms, text) : "-");
	add_path(value_get_text(entry, "sender"), &cell);
	buffer_append(&cell, SLICE(" → "));
	add_path(value_text(value_at(recipients, 0)), &cell);
	if (count > 1)
		buffer_append_format(&cell, " +%lld", (long long)(count - 1));
	if (answer_of(value_get(entry, "last")).size)
		buffer_append_format(&cell, ": %.*s",
			SLICE_PRINT(answer_of(value_get(entry, "last"))));
	table_add(table, buffer_contents(&cell));
	buffer_finish(&cell);
}

void report_entries(
	const struct value *list, int64_t now_ms, size_t width, struct buffer *into)
{
	struct table table = {.columns = 6, .right = {[1] = true, [2] = true}};

	table_add_text(&table, "ID");
	table_add_text(&table, "AGE");
	table_add_text(&table, "SIZE");
	table_add_text(&table, "STATE");
	table_add_text(&table, "NEXT");
	table_add_text(&table, "SENDER → RECIPIENT: LAST ANSWER");
	for (size_t i = 0; i < value_count(list); i++)
		add_row(&table, value_at(list, i), now_ms);
	table_print(&table, width, into);
	table_finish(&table);
}

static void add_time(
	const char *label, int64_t at_ms, int64_t now_ms, struct buffer *into)
{
	char time[WORDS_SIZE], when[WORDS_SIZE];

	buffer_append_format(into, "%-11s %s (%s)\n", label,
		words_time(at_ms, now_ms, time), words_when(at_ms, now_ms, when));
}

static void add_recipients(const struct value *entry, struct buffer *into)
{
	const struct value *recipients = value_get(entry, "recipients");
	size_t count = value_count(recipients);

	for (size_t i = 0; i < count && i < RECIPIENTS_SHOWN; i++) {
		const struct value *one = value_at(recipients, i);
		const struct value *notify = value_get(one, "notify");

		buffer_append_format(into, "%-11s ", i ? "" : "To");
		add_path(value_get_text(one, "address"), into);
		for (size_t j = 0; j < value_count(notify); j++)
			buffer_append_format(into, "%s%.*s", j ? "," : " notify ",
				SLICE_PRINT(value_text(value_at(notify, j))));
		buffer_append_byte(into, '\n');
	}
	if (count > RECIPIENTS_SHOWN)
		buffer_append_format(
			into, "%-11s and %zu more\n", "", count - RECIPIENTS_SHOWN);
}

static void add_attempts(const struct value *entry, int64_t now_ms, struct buffer *into)
{
	const struct value *notes = value_get(entry, "notes");
	char time[WORDS_SIZE];

	for (size_t i = 0; i < value_count(notes); i++) {
		const struct value *note = value_at(notes, i);
		struct slice host = value_get_text(note, "host");

		buffer_append_format(into, "%-11s %s  %.*s\n", i ? "" : "Attempts",
			words_time(value_get_number(note, "at_ms"), now_ms, time),
			SLICE_PRINT(host));
		words_wrap(answer_of(note), 14, TEXT_WIDTH, into);
	}
}

void report_entry(const struct value *entry, int64_t now_ms, struct buffer *into)
{
	char size[WORDS_SIZE];

	buffer_append_format(
		into, "%-11s %.*s\n", "Id", SLICE_PRINT(value_get_text(entry, "id")));
	buffer_append_format(into, "%-11s %.*s, %lld attempts\n", "State",
		SLICE_PRINT(value_get_text(entry, "state")),
		(long long)value_get_number(entry, "attempts"));
	buffer_append_format(into, "%-11s ", "From");
	add_path(value_get_text(entry, "sender"), into);
	if (value_get_text(entry, "account").size)
		buffer_append_format(into, " as %.*s",
			SLICE_PRINT(value_get_text(entry, "account")));
	if (value_get_text(entry, "client").size)
		buffer_append_format(
			into, " at %.*s", SLICE_PRINT(value_get_text(entry, "client")));
	buffer_append_byte(into, '\n');
	add_recipients(entry, into);
	buffer_append_format(into, "%-11s %s\n", "Size",
		words_size((uint64_t)value_get_number(entry, "size"), size));
	add_time("Received", value_get_number(entry, "created_ms"), now_ms, into);
	add_time("Next try", value_get_number(entry, "due_ms"), now_ms, into);
	add_time("Expires", value_get_number(entry, "expires_ms"), now_ms, into);
	if (value_get_text(entry, "envelope_id").size)
		buffer_append_format(into, "%-11s %.*s\n", "ENVID",
			SLICE_PRINT(value_get_text(entry, "envelope_id")));
	if (value_get_text(entry, "relay").size)
		buffer_append_format(into, "%-11s %.*s\n", "Relay",
			SLICE_PRINT(value_get_text(entry, "relay")));
	add_attempts(entry, now_ms, into);
}
