/* Searching the end of the event log. */
#include "report/log_search.h"

#include <string.h>

#include "base/failure.h"
#include "queue/message_id.h"

#include "report/log_hunt.h"
#include "report/value.h"
#include "report/words.h"

#define WIDTH 100

struct printing {
	struct buffer *into;
	int64_t now_ms;
	size_t count;
};

/* The fields that the time and the name stand for are not repeated. */
static void print_field(void *context, const char *name, const struct value *item)
{
	struct buffer *into = context;
	struct slice text = value_text(item);

	if (strcmp(name, "at") == 0 || strcmp(name, "level") == 0 ||
		strcmp(name, "event") == 0 || strcmp(name, "id") == 0)
		return;
	buffer_append_format(into, " %s=", name);
	if (text.at)
		buffer_append(into, text);
	else
		value_print(item, into);
}

bool log_line_print(struct slice line, int64_t now_ms, struct buffer *into)
{
	struct value *event = value_parse(line);
	struct slice at = value_get_text(event, "at");
	struct buffer text = {0};

	(void)now_ms;
	if (!at.size) {
		value_release(&event);
		return false;
	}
	/* "2026-11-21T07:32:47.123Z" without its letters. */
	buffer_append_format(&text, "%.*s %.*s %.*s",
		SLICE_PRINT(slice_part(at, 0, 10)), SLICE_PRINT(slice_part(at, 11, 8)),
		SLICE_PRINT(value_get_text(event, "event")));
	value_each(event, print_field, &text);
	words_wrap(buffer_contents(&text), 2, WIDTH, into);
	buffer_finish(&text);
	value_release(&event);
	return true;
}

static bool print_line(void *context, struct slice line)
{
	struct printing *printing = context;

	printing->count += log_line_print(line, printing->now_ms, printing->into);
	return printing->count < LOG_SEARCH_LINES;
}

bool log_search(const char *file, struct slice id, int64_t now_ms, struct buffer *into)
{
	struct printing printing = {.into = into, .now_ms = now_ms};
	struct log_hunt hunt = {
		.file = file, .id = id, .visit = print_line, .context = &printing};
	struct message_id known;

	if (strcmp(file, "-") == 0)
		return fail(FAILURE_FILE,
			"The log goes to standard error (the journal, under systemd: "
			"journalctl -u ringpost --grep %.*s)",
			SLICE_PRINT(id));
	if (message_id_parse(id, &known))
		hunt.since_ms = message_id_time_ms(&known);
	return log_hunt(&hunt) &&
	       (printing.count || fail(FAILURE_DATA, "%s says nothing about it", file));
}
