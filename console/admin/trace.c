/*
 * `trace`: what sessions say that somebody asks for. Each worker gathers lines for the
 * watch, and they are fetched here; who goes on watching asks again, by its name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/failure.h"
#include "base/memory.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "transcript/watch.h"

#include "admin/call.h"
#include "daemon/fan.h"

#define PAUSE_MS     100
#define SESSION_SIZE 40
#define WAIT_MAX     10000
#define LINES_MAX    1000 /* of a worker, of one answer */

static const char *voice_name(enum transcript_voice voice)
{
	static const char *const names[] = {
		[TRANSCRIPT_NOTE] = "note",
		[TRANSCRIPT_OURS] = "ours",
		[TRANSCRIPT_THEIRS] = "theirs",
	};

	return names[voice];
}

static void add_line(void *lines, const struct transcript_line *line)
{
	struct value *item = value_object();
	char session[SESSION_SIZE];

	snprintf(session, sizeof(session), "%u.%llu", worker_index(),
		(unsigned long long)line->session);
	value_set_number(item, "at_ms", line->at_ms);
	value_set_text(item, "session", slice_of(session));
	value_set_text(item, "direction", line->incoming ? SLICE("in") : SLICE("out"));
	value_set_text(item, "between", line->label);
	value_set_number(item, "message", (int64_t)line->message);
	value_set_text(item, "said", slice_of(voice_name(line->voice)));
	value_set_text(item, "text", line->text);
	value_append(lines, item);
}

/* In each worker. */
static bool take_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct transcript_wish *wish = NEW(struct transcript_wish);
	struct transcript_watch *watch = NULL;
	struct value *lines;

	wish->name = value_get_text(request, "watch");
	wish->incoming = !value_get_truth(request, "only_out");
	wish->outgoing = !value_get_truth(request, "only_in");
	if (value_get_truth(request, "end"))
		transcript_watch_end(wish->name);
	else if (transcript_target_parse(
			 value_get_text(request, "target"), &wish->target))
		watch = transcript_watch_hold(wish);
	memory_free(wish);
	if (!watch)
		return value_get_truth(request, "end");
	lines = value_list();
	*result_r = value_object();
	value_set_number(*result_r, "lost",
		(int64_t)transcript_watch_take(watch, LINES_MAX, add_line, lines));
	value_set(*result_r, "lines", lines);
	return true;
}

struct gathered {
	const struct value *line;
	size_t place;
};

static int by_time(const void *a, const void *b)
{
	const struct gathered *x = a, *y = b;
	int64_t first = value_get_number(x->line, "at_ms");
	int64_t second = value_get_number(y->line, "at_ms");

	if (first != second)
		return first < second ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* What the workers gathered, in the order of time; how many lines that is. */
static bool say_all(struct admin_call *call, const struct value *results,
	size_t *count_r, struct deadline deadline)
{
	struct gathered *all;
	size_t count = 0, used = 0;
	bool good = true;

	for (size_t i = 0; i < value_count(results); i++)
		count += value_count(value_get(value_at(results, i), "lines"));
	all = memory_allocate_array(count + 1, sizeof(*all));
	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *lines = value_get(value_at(results, i), "lines");

		for (size_t j = 0; j < value_count(lines); j++, used++)
			all[used] = (struct gathered){value_at(lines, j), used};
	}
	qsort(all, count, sizeof(*all), by_time);
	for (size_t i = 0; i < count && good; i++)
		good = admin_say(call, value_copy(all[i].line), deadline);
	memory_free(all);
	*count_r = count;
	return good;
}

static bool fetch(struct admin_call *call, size_t *count_r, struct deadline deadline)
{
	static const struct fan_job job = {take_here};
	struct value *results = NULL;
	int64_t lost = value_get_number(call->answer, "lost");
	bool good;

	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	for (size_t i = 0; i < value_count(results); i++)
		lost += value_get_number(value_at(results, i), "lost");
	value_set_number(call->answer, "lost", lost);
	good = say_all(call, results, count_r, deadline);
	value_release(&results);
	return good;
}

bool admin_trace(struct admin_call *call, struct deadline deadline)
{
	int64_t wait_ms = value_get_number(call->request, "wait_ms");
	struct deadline end = deadline_earlier(
		deadline, deadline_after_ms(wait_ms < WAIT_MAX ? wait_ms : WAIT_MAX));
	size_t count = 0;
	bool good = fetch(call, &count, deadline);

	while (good && !count && !deadline_has_passed(end) &&
		fiber_sleep(deadline_after_ms(PAUSE_MS)))
		good = fetch(call, &count, deadline);
	return good;
}
