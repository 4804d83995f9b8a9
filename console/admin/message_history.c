/*
 * What happened to a message: read from where it is kept.
 *
 * Its id says when it came, so nothing older is looked at. In the stream and in
 * files that are read from there on, all of what came since has to be passed over:
 * at most for HISTORY_LOOK_MS at a time, the answer says from where to go on.
 */
#include "admin/message_history.h"

#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "events/events.h"
#include "events/reader.h"

#define EARLIER_MS 10000 /* clocks of nodes may differ */
#define SOURCES	   3

struct looking {
	const struct history_question *question;
	struct history *history;
	struct value *facts; /* of what is looked through */
};

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
		looking->history->whole |= history_is_first(event);
		value_append(looking->history->events, event);
	}
	return true;
}

void history_note_missing(struct value *facts, const char *why)
{
	if (!value_has(facts, "missing"))
		value_set(facts, "missing", value_list());
	value_append_text(
		(struct value *)(uintptr_t)value_get(facts, "missing"), slice_of(why));
}

/* At the message's time. */
static struct reader reader_for(
	struct admin_call *call, const struct history_question *question)
{
	struct reader reader = {.redis = call->daemon->workers[0].redis};
	int64_t from_ms = message_id_time_ms(&question->id) - EARLIER_MS;

	if (from_ms > 0)
		reader.cursor.ms = (uint64_t)from_ms;
	return reader;
}

/* Whether the stream was cut off behind the message's time, as far as that can be told.
 */
static bool begins_later(struct admin_call *call,
	const struct history_question *question, struct deadline deadline)
{
	struct reader reader = reader_for(call, question);
	struct cursor gone;
	bool missed = false;

	return reader_check(&reader, &missed, &gone, deadline) && missed;
}

/* Whether what was ahead of START is still there. */
static bool note_older(
	struct looking *looking, const struct reader *start, struct deadline deadline)
{
	struct reader reader = *start;
	struct cursor gone;
	bool missed = false;

	if (!reader_check(&reader, &missed, &gone, deadline))
		return false;
	if (missed)
		history_note_missing(looking->facts, "older");
	return true;
}

static bool read_stream(
	struct admin_call *call, struct looking *looking, struct deadline deadline)
{
	const struct history_question *question = looking->question;
	struct history *history = looking->history;
	struct deadline end = deadline_earlier(
		deadline, deadline_after_ms(HISTORY_LOOK_MS));
	struct reader reader = reader_for(call, question), start;
	char text[CURSOR_SIZE];
	bool more = true;

	reader.visit = visit;
	reader.context = looking;
	if (question->cursor.size && !cursor_parse(question->cursor, &reader.cursor))
		return false;
	history->whole = question->cursor.size > 0;
	start = reader;
	while (more && !is_full(looking) && !deadline_has_passed(end))
		if (!reader_read(&reader, &more, deadline))
			return false;
	history->more = more;
	if (more)
		history_note_missing(looking->facts, "rest");
	slice_to_text(cursor_print(&reader.cursor, text), history->next, CURSOR_SIZE);
	return history->whole || note_older(looking, &start, deadline);
}

/* --- Which of them --- */

/* NULL: it is not kept in a file. */
static const char *file_of(const struct config *config, const char *source)
{
	if (strcmp(source, "file") == 0)
		return config->events.file;
	return strcmp(config->log.file, "-") == 0 ? NULL : config->log.file;
}

static bool read_file(
	struct admin_call *call, struct looking *looking, struct deadline deadline)
{
	const char *source = looking->history->source;
	const char *file = file_of(call->daemon->world->config, source);
	char *path;
	bool good;

	if (!file) { /* standard error: others have it */
		looking->history->source = NULL;
		history_note_missing(looking->facts, "elsewhere");
		return true;
	}
	path = memory_copy_text(slice_of(file)); /* there may be a reload meanwhile */
	good = history_read_files(call, looking->question, path, looking->history,
		looking->facts, deadline);
	memory_free(path);
	return good;
}

/* SOURCE's answer, where it is kept at all; what of it was looked through goes to
 * SEARCHED. */
static bool ask(struct admin_call *call, struct looking *looking, const char *source,
	struct value *searched, struct deadline deadline)
{
	const struct config *config = call->daemon->world->config;
	bool of_stream = strcmp(source, "stream") == 0, good;

	*looking->history = (struct history){.events = value_list()};
	if (of_stream ? !config->events.stream
		      : strcmp(source, "file") == 0 && !config->events.file)
		return true;
	looking->history->source = source;
	looking->facts = value_object();
	value_set_text(looking->facts, "source", slice_of(source));
	good = of_stream ? read_stream(call, looking, deadline)
			 : read_file(call, looking, deadline);
	if (!good)
		history_note_missing(looking->facts, "unreadable");
	value_set_truth(
		looking->facts, "complete", !value_has(looking->facts, "missing"));
	value_append(searched, looking->facts);
	return good;
}

static const char *source_of(struct slice cursor)
{
	struct slice source = slice_cut(&cursor, ':');

	if (slice_equal(source, SLICE("file")))
		return "file";
	return slice_equal(source, SLICE("log")) ? "log" : "stream";
}

/* Whichever begins with its beginning, or else has most, or may have more: those that
 * are asked later go back further. */
static bool is_better(const struct history *one, const struct history *best)
{
	size_t count = value_count(one->events), most = value_count(best->events);

	return one->source && (!best->source || one->whole || count > most ||
				      (count == most && one->more));
}

/* The stream first, which is of all nodes; but the file where that goes back further.
 */
static const char *const *order(struct admin_call *call,
	const struct history_question *question, struct deadline deadline)
{
	static const char *const usual[SOURCES] = {"stream", "file", "log"},
				 *const old[SOURCES] = {"file", "stream", "log"};
	const struct config_events *events = &call->daemon->world->config->events;

	return events->stream && events->file && begins_later(call, question, deadline)
		       ? old
		       : usual;
}

/* False: it was cancelled. */
static bool read_best(struct admin_call *call, const struct history_question *question,
	struct history *best, struct value *searched, struct deadline deadline)
{
	const char *const *sources = order(call, question, deadline);
	struct history one;
	struct looking looking = {.question = question, .history = &one};

	for (size_t i = 0; i < SOURCES && !best->whole; i++) {
		bool good = ask(call, &looking, sources[i], searched, deadline);

		if (good && is_better(&one, best)) {
			history_finish(best);
			*best = one;
		} else {
			history_finish(&one);
		}
		if (!good && failure_kind_last() == FAILURE_CANCELLED)
			return false;
	}
	return true;
}

bool history_read(struct admin_call *call, const struct history_question *question,
	struct history *history_r, struct deadline deadline)
{
	struct looking looking = {.question = question, .history = history_r};
	struct value *searched = value_list();
	bool good;

	*history_r = (struct history){.events = value_list()};
	if (question->cursor.size) {
		history_finish(history_r);
		good = ask(call, &looking, source_of(question->cursor), searched,
			deadline);
	} else {
		good = read_best(call, question, history_r, searched, deadline);
	}
	history_r->searched = searched;
	return good;
}

struct history_gap history_gap(const struct history *history)
{
	struct history_gap gap = {.rest = false};

	for (size_t i = 0; i < value_count(history->searched); i++) {
		const struct value *missing = value_get(
			value_at(history->searched, i), "missing");

		gap.rest |= value_has_text(missing, SLICE("rest"));
		gap.unreadable |= value_has_text(missing, SLICE("unreadable"));
	}
	return gap;
}

void history_finish(struct history *history)
{
	value_release(&history->events);
	value_release(&history->searched);
}
