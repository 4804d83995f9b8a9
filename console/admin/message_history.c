/*
 * What happened to a message: read from where it is kept.
 *
 * Its id says when it came, so nothing older is looked at. In the stream and in
 * files that are read from there on, all of what came since has to be passed over:
 * at most for LOOK_MS at a time, the answer says from where to go on.
 */
#include "admin/message_history.h"

#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "events/events.h"
#include "events/reader.h"
#include "report/log_hunt.h"
#include "run/worker.h"

#define EARLIER_MS 10000 /* clocks of nodes may differ */
#define LOOK_MS	   5000
#define LINES_MAX  (4u << 20)

/* Lines of a file, gathered on a thread of the pool. */
struct digging {
	struct log_hunt hunt;
	struct buffer lines;
	uint64_t skip, seen; /* lines; found in all */
	size_t limit, count;
	bool good, more;
	struct failure failure;
};

struct looking {
	const struct history_question *question;
	struct history *history;
};

static bool is_first(const struct value *event)
{
	return slice_equal(value_get_text(event, "event"), SLICE("accepted"));
}

static bool is_full(const struct looking *looking)
{
	return value_count(looking->history->events) >= looking->question->limit;
}

/* --- The stream --- */

static bool visit(void *context, struct slice text)
{
	struct looking *looking = context;
	const struct history_question *question = looking->question;
	struct events_line line;
	struct value *event;

	if (is_full(looking))
		return false;
	if (!events_line_read(text, &line) ||
		!slice_equal(line.message, message_id_slice(&question->id)) ||
		(question->tenant.size && !slice_equal(line.tenant, question->tenant)))
		return true;
	event = value_parse(text);
	if (event) {
		looking->history->whole |= is_first(event);
		value_append(looking->history->events, event);
	}
	return true;
}

static bool read_stream(
	struct admin_call *call, struct looking *looking, struct deadline deadline)
{
	const struct history_question *question = looking->question;
	struct history *history = looking->history;
	int64_t from_ms = message_id_time_ms(&question->id) - EARLIER_MS;
	struct deadline end = deadline_earlier(deadline, deadline_after_ms(LOOK_MS));
	struct reader reader = {.redis = call->daemon->workers[0].redis,
		.visit = visit,
		.context = looking};
	char text[CURSOR_SIZE];
	bool more = true;

	history->source = "stream";
	if (question->cursor.size && !cursor_parse(question->cursor, &reader.cursor))
		return false;
	if (!question->cursor.size && from_ms > 0)
		reader.cursor.ms = (uint64_t)from_ms;
	history->whole = question->cursor.size > 0;
	while (more && !is_full(looking) && !deadline_has_passed(end))
		if (!reader_read(&reader, &more, deadline))
			return false;
	history->more = more;
	slice_to_text(cursor_print(&reader.cursor, text), history->next, CURSOR_SIZE);
	return true;
}

/* --- Files --- */

static bool keep(void *context, struct slice line)
{
	struct digging *digging = context;

	if (digging->seen++ < digging->skip)
		return true;
	digging->more = digging->count == digging->limit ||
			buffer_size(&digging->lines) + line.size >= LINES_MAX;
	if (digging->more)
		return false;
	buffer_append(&digging->lines, line);
	buffer_append_byte(&digging->lines, '\n');
	digging->count++;
	return true;
}

static void dig(void *arg)
{
	struct digging *digging = arg;

	digging->good = log_hunt(&digging->hunt);
	if (!digging->good)
		digging->failure = *failure_last();
}

/* The lines' events; whether any of them is TENANT's: then all are. */
static bool add_lines(const struct looking *looking, struct slice lines)
{
	const struct history_question *question = looking->question;
	struct history *history = looking->history;
	struct slice id = message_id_slice(&question->id);
	bool of_log = strcmp(history->source, "log") == 0;
	bool theirs = question->tenant.size == 0;

	while (lines.size) {
		struct slice line = slice_cut(&lines, '\n');
		struct value *event = of_log ? history_of_log(line, id)
					     : value_parse(line);

		if (!slice_equal(value_get_text(event, "message"), id)) {
			value_release(&event);
			continue;
		}
		theirs |= slice_equal(
			value_get_text(event, "tenant"), question->tenant);
		history->whole |= is_first(event);
		value_append(history->events, event);
	}
	return theirs;
}

static bool read_file(
	struct looking *looking, const char *file, struct deadline deadline)
{
	const struct history_question *question = looking->question;
	struct history *history = looking->history;
	struct digging digging = {.limit = question->limit};
	struct slice number = question->cursor;
	bool good;

	slice_cut(&number, ':');
	if (question->cursor.size && !slice_to_u64(number, &digging.skip))
		return fail(FAILURE_DATA, "\"%.*s\" is no cursor",
			SLICE_PRINT(slice_part(question->cursor, 0, CURSOR_SIZE)));
	digging.hunt = (struct log_hunt){.file = file,
		.id = message_id_slice(&question->id),
		.since_ms = message_id_time_ms(&question->id) - EARLIER_MS,
		.visit = keep,
		.context = &digging};
	history->whole = question->cursor.size > 0;
	good = offload(dig, &digging, deadline) &&
	       (digging.good || fail_again(&digging.failure));
	if (good && !add_lines(looking, buffer_contents(&digging.lines))) {
		value_release(&history->events);
		history->events = value_list();
		history->whole = false;
	}
	history->more = digging.more;
	/* Of lines that name it some are not about it: a cursor counts lines. */
	snprintf(history->next, CURSOR_SIZE, "%s:%llu", history->source,
		(unsigned long long)(digging.skip + digging.count));
	buffer_finish(&digging.lines);
	return good;
}

/* --- Which of them --- */

static const char *file_of(const struct config *config, const char *source)
{
	if (strcmp(source, "file") == 0)
		return config->events.file;
	return strcmp(config->log.file, "-") == 0 ? NULL : config->log.file;
}

/* SOURCE's answer, where it is kept at all. */
static bool ask(struct admin_call *call, struct looking *looking, const char *source,
	struct deadline deadline)
{
	const struct config *config = call->daemon->world->config;
	const char *file;
	char *path;
	bool good;

	*looking->history = (struct history){.events = value_list()};
	if (strcmp(source, "stream") == 0)
		return !config->events.stream || read_stream(call, looking, deadline);
	file = file_of(config, source);
	if (!file)
		return true;
	looking->history->source = source;
	path = memory_copy_text(slice_of(file)); /* there may be a reload meanwhile */
	good = read_file(looking, path, deadline);
	memory_free(path);
	return good;
}

static const char *source_of(struct slice cursor)
{
	struct slice source = slice_cut(&cursor, ':');

	if (slice_equal(source, SLICE("file")))
		return "file";
	return slice_equal(source, SLICE("log")) ? "log" : "stream";
}

bool history_read(struct admin_call *call, const struct history_question *question,
	struct history *history_r, struct deadline deadline)
{
	static const char *const sources[] = {"stream", "file", "log"};
	struct history best = {.events = value_list()}, one;
	struct looking looking = {.question = question, .history = &one};

	if (question->cursor.size) {
		value_release(&best.events);
		looking.history = history_r;
		return ask(call, &looking, source_of(question->cursor), deadline);
	}
	for (size_t i = 0; i < ARRAY_COUNT(sources) && !best.whole; i++) {
		bool good = ask(call, &looking, sources[i], deadline);

		if (good && one.source &&
			(!best.source || one.whole ||
				value_count(one.events) > value_count(best.events))) {
			history_finish(&best);
			best = one;
		} else {
			history_finish(&one);
		}
		if (!good && failure_kind_last() == FAILURE_CANCELLED) {
			*history_r = best;
			return false;
		}
	}
	*history_r = best;
	return true;
}

void history_finish(struct history *history)
{
	value_release(&history->events);
}
