/*
 * `events`: the stream, read from a cursor on. A client that follows asks again
 * from where it is, and is answered when something comes, or after a while.
 */
#include "base/failure.h"
#include "events/events.h"
#include "events/reader.h"
#include "queue/message_id.h"
#include "run/fiber.h"

#include "admin/call.h"
#include "daemon/events.h"

#define PAUSE_MS   100
#define WAIT_MAX   30000
#define WAITERS	   16	 /* at a time; one more is answered at once */
#define EARLIER_MS 10000 /* clocks of nodes may differ */

struct watching {
	struct admin_call *call;
	struct reader reader;
	uint32_t kinds;		      /* 1u << each */
	struct slice message, tenant; /* empty: any */
	bool objects;		      /* as such, not as lines */
	int64_t limit, told;	      /* limit 0: none */
	struct deadline deadline;
	bool gone; /* the client is */
};

static bool is_wanted(const struct watching *watching, const struct events_line *line)
{
	return (watching->kinds == EVENTS_ALL ||
		       (line->known && watching->kinds & 1u << line->kind)) &&
	       (!watching->message.size ||
		       slice_equal(watching->message, line->message)) &&
	       (!watching->tenant.size || slice_equal(watching->tenant, line->tenant));
}

static bool is_full(const struct watching *watching)
{
	return watching->limit > 0 && watching->told >= watching->limit;
}

static bool visit(void *context, struct slice text)
{
	struct watching *watching = context;
	char cursor[CURSOR_SIZE];
	struct events_line line;
	struct value *item;

	if (is_full(watching))
		return false;
	if (!events_line_read(text, &line) || !is_wanted(watching, &line))
		return true;
	item = watching->objects ? value_parse(text) : value_object();
	if (!item)
		return true;
	value_set_text(item, "cursor", cursor_print(&watching->reader.cursor, cursor));
	if (!watching->objects)
		value_set_text(item, "line", text);
	watching->told++;
	watching->gone = !admin_say(watching->call, item, watching->deadline);
	return !watching->gone;
}

static bool read_all(struct watching *watching)
{
	bool more = true;

	while (more && !watching->gone && !is_full(watching))
		if (!reader_read(&watching->reader, &more, watching->deadline))
			return false;
	return true;
}

/* Where it begins, and what is no longer there. */
static bool begin(struct watching *watching, struct slice from)
{
	struct message_id id;
	struct cursor gone;
	bool missed = false, good;

	if (slice_equal(from, SLICE("end")))
		return reader_seek_end(&watching->reader, watching->deadline);
	if (!from.size && message_id_parse(watching->message, &id))
		watching->reader.cursor.ms = (uint64_t)message_id_time_ms(&id) -
					     EARLIER_MS;
	if (!from.size)
		return true;
	good = cursor_parse(from, &watching->reader.cursor) &&
	       reader_check(&watching->reader, &missed, &gone, watching->deadline);
	value_set_truth(watching->call->answer, "missed", missed);
	return good;
}

/* False with FAILURE_DATA. */
static bool read_kinds(struct admin_call *call, uint32_t *kinds_r)
{
	const struct value *list = value_get(call->request, "kinds");

	*kinds_r = value_count(list) ? 0 : EVENTS_ALL;
	for (size_t i = 0; i < value_count(list); i++) {
		struct slice name = value_text(value_at(list, i));
		enum events_kind kind;

		if (!events_kind_parse(name, &kind))
			return admin_refuse(call, ADMIN_WRONG, "kinds",
				"there is no event \"%.*s\"", SLICE_PRINT(name));
		*kinds_r |= 1u << kind;
	}
	return true;
}

/* Until there is something, or END. */
static bool wait_for_some(struct watching *watching, struct deadline end)
{
	static unsigned waiters; /* worker 0's */
	bool good = true;

	if (waiters == WAITERS)
		return true;
	waiters++;
	while (good && !watching->told && !deadline_has_passed(end) &&
		fiber_sleep(deadline_after_ms(PAUSE_MS)))
		good = read_all(watching);
	waiters--;
	return good;
}

bool admin_events(struct admin_call *call, struct deadline deadline)
{
	const struct value *request = call->request;
	int64_t wait_ms = value_get_number(request, "wait_ms");
	struct watching watching = {.call = call,
		.message = value_get_text(request, "message"),
		.tenant = value_get_text(request, "tenant"),
		.objects = value_get_truth(request, "objects"),
		.limit = value_get_number(request, "limit"),
		.deadline = deadline};
	struct deadline end = deadline_earlier(
		deadline, deadline_after_ms(wait_ms < WAIT_MAX ? wait_ms : WAIT_MAX));
	char cursor[CURSOR_SIZE];
	bool good;

	if (!read_kinds(call, &watching.kinds))
		return false;
	if (!call->daemon->world->config->events.stream)
		return fail(FAILURE_CONFIG,
			"there is no stream of events (events.stream) to read from");
	watching.reader = (struct reader){.redis = call->daemon->workers[0].redis,
		.visit = visit,
		.context = &watching};
	good = begin(&watching, value_get_text(request, "cursor")) &&
	       read_all(&watching) && wait_for_some(&watching, end);
	value_set_text(
		call->answer, "next", cursor_print(&watching.reader.cursor, cursor));
	return good;
}

struct value *admin_events_value(struct daemon *daemon)
{
	struct events_figures events = events_figures(daemon->events);
	struct events_keeper_figures webhooks = daemon_webhook_figures(daemon);
	struct value *value = value_object();

	value_set_truth(value, "wanted", events_configured(daemon->world->config));
	value_set_number(value, "raised", (int64_t)events.raised);
	value_set_number(value, "dropped", (int64_t)events.dropped);
	value_set_number(value, "sent", (int64_t)events.sent);
	value_set_number(value, "batches", (int64_t)events.batches);
	value_set_number(value, "waiting_bytes", (int64_t)events.waiting_bytes);
	value_set_number(value, "waiting_ms", events.waiting_ms);
	value_set_number(value, "file_written", (int64_t)events.file_written);
	value_set_number(value, "file_dropped", (int64_t)events.file_dropped);
	value_set_number(
		value, "file_waiting_bytes", (int64_t)events.file_waiting_bytes);
	value_set_number(value, "webhooks", webhooks.webhooks);
	value_set_number(value, "webhooks_failing", webhooks.failing);
	value_set_number(value, "webhooks_behind_ms", webhooks.behind_ms);
	value_set_number(value, "webhooks_sent", (int64_t)webhooks.sent);
	value_set_number(value, "webhooks_dead", (int64_t)webhooks.dead);
	return value;
}
