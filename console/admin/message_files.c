/*
 * What happened to a message: from files, which may be large and many.
 *
 * What was full before it came cannot have it. From there on all has to be passed over,
 * oldest first, for it is its beginning that tells most, and it is there: a few
 * milliseconds on the pool at a time, DIGS_MAX searches at once, LOOK_BYTES or
 * HISTORY_LOOK_MS in each, but so much that whoever goes on comes to an end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "report/event_hunt.h"
#include "run/worker.h"

#include "admin/message_history.h"

#define DIGS_MAX    2
#define WAIT_MS	    10000 /* for one of them to end */
#define LOOK_BYTES  (UINT64_C(4) << 30)
#define LEAST_BYTES (16u << 20)
#define EVENTS_MAX  (4u << 20) /* bytes of those that were found */

struct digging {
	struct event_hunt hunt;
	const struct history_question *question;
	struct history *history;
	size_t bytes; /* of events found */
	bool of_log, theirs, goes_on;
};

/* On the pool. */
static bool keep(void *context, struct slice line)
{
	struct digging *digging = context;
	struct history *history = digging->history;
	struct slice id = message_id_slice(&digging->question->id);
	struct value *event;

	if (value_count(history->events) >= digging->question->limit ||
		digging->bytes + line.size > EVENTS_MAX)
		return false;
	event = digging->of_log ? history_of_log(line, id) : value_parse(line);
	if (!slice_equal(value_get_text(event, "message"), id)) {
		value_release(&event);
		return true;
	}
	digging->theirs |= slice_equal(
		value_get_text(event, "tenant"), digging->question->tenant);
	digging->bytes += line.size;
	history->whole |= history_is_first(event);
	value_append(history->events, event);
	return true;
}

static void dig(void *arg)
{
	struct digging *digging = arg;

	digging->goes_on = event_hunt_step(&digging->hunt);
}

static bool is_enough(const struct event_hunt *hunt, struct deadline end)
{
	return hunt->bytes >= LOOK_BYTES ||
	       (hunt->bytes >= LEAST_BYTES && deadline_has_passed(end));
}

static bool dig_on(
	struct admin *admin, struct digging *digging, struct deadline deadline)
{
	struct deadline wait = deadline_earlier(deadline, deadline_after_ms(WAIT_MS));
	struct deadline end;
	bool good = true;

	while (admin->digs == DIGS_MAX)
		if (!condition_wait(&admin->dug, wait))
			return failure_kind_last() != FAILURE_CANCELLED &&
			       fail(FAILURE_RESOURCE,
				       "others are looking through files just now: ask "
				       "again later");
	admin->digs++;
	end = deadline_after_ms(HISTORY_LOOK_MS);
	do
		good = offload(dig, digging, deadline);
	while (good && digging->goes_on && !is_enough(&digging->hunt, end));
	admin->digs--;
	condition_signal(&admin->dug);
	return good;
}

/* Where an earlier answer ended: "file:1763758138113.52341", so far in the first that
 * was full behind that time. */
static bool begin(struct event_hunt *hunt, struct slice cursor)
{
	struct slice place = cursor, after;
	uint64_t after_ms, offset;

	if (!cursor.size) {
		event_hunt_begin(hunt);
		return true;
	}
	slice_cut(&place, ':');
	after = slice_cut(&place, '.');
	if (!slice_to_u64(after, &after_ms) || !slice_to_u64(place, &offset) ||
		after_ms > INT64_MAX || offset > INT64_MAX)
		return fail(FAILURE_DATA, "\"%.*s\" is no cursor",
			SLICE_PRINT(slice_part(cursor, 0, CURSOR_SIZE)));
	event_hunt_begin_at(hunt, (int64_t)after_ms, offset);
	return true;
}

static void tell(const struct digging *digging, struct value *facts)
{
	const struct event_hunt *hunt = &digging->hunt;

	value_set_number(facts, "files", hunt->files);
	value_set_number(facts, "bytes", (int64_t)hunt->bytes);
	if (hunt->damaged)
		history_note_missing(facts, "damaged");
	if (!hunt->ended)
		history_note_missing(facts, "rest");
	if (hunt->begins_later && !digging->history->whole)
		history_note_missing(facts, "older");
}

bool history_read_files(struct admin_call *call,
	const struct history_question *question, const char *path,
	struct history *history, struct value *facts, struct deadline deadline)
{
	struct digging digging = {
		.hunt = {.file = path, .since_ms = message_id_time_ms(&question->id)},
		.question = question,
		.history = history,
		.of_log = strcmp(history->source, "log") == 0,
		.theirs = question->tenant.size == 0,
	};
	struct event_hunt *hunt = &digging.hunt;
	bool good;

	hunt->scan.wanted = message_id_slice(&question->id);
	hunt->scan.visit = keep;
	hunt->scan.context = &digging;
	history->whole = question->cursor.size > 0;
	if (!begin(hunt, question->cursor))
		return false;
	good = dig_on(call->admin, &digging, deadline);
	if (!digging.theirs) {
		value_release(&history->events);
		history->events = value_list();
		history->whole = false;
	}
	history->whole &= hunt->damaged == 0;
	history->more = !hunt->ended;
	snprintf(history->next, CURSOR_SIZE, "%s:%" PRId64 ".%" PRIu64, history->source,
		hunt->after_ms, hunt->scan.offset);
	if (good)
		tell(&digging, facts);
	event_hunt_finish(hunt);
	return good;
}
