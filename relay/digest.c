/* Counting notifications, and keeping those that are too many; see digest.h. */
#include "relay/digest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/redis.h"
#include "mail/dsn_digest.h"
#include "run/worker.h"

#include "relay/digest_core.h"

#define KNOWN_MAX  1000 /* senders; then all are asked about anew */
#define COUNTED_MS (60 * 1000)
#define KEPT_MS	   (7 * 24 * 3600 * INT64_C(1000)) /* where nobody comes to tell */

/* What this worker has seen to for a sender's period: none of it need be again. */
enum { ANNOUNCED = 1, FULL = 2 };

/* One report that is counted. */
struct counting {
	struct redis *redis;
	const struct report *report;
	struct deadline deadline;
	struct arena arena;
	struct slice to, name, key; /* name: "SINCE UNTIL SENDER" */
	int64_t until_ms;
	bool refused; /* Redis said no; nothing failed */
};

static bool call(struct counting *counting, size_t count, const struct slice *argv,
	int64_t *number_r)
{
	struct redis_reply *reply = NULL;
	bool good = redis_call(
		counting->redis, count, argv, &reply, counting->deadline);

	if (good && redis_reply_kind(reply) == REDIS_ERROR) {
		counting->refused = true;
		good = redis_reply_fail(reply);
	}
	if (good && number_r)
		*number_r = redis_reply_number(reply);
	redis_reply_free(&reply);
	return good;
}

static struct slice number_text(struct counting *counting, int64_t number)
{
	return arena_format(&counting->arena, "%" PRId64, number);
}

static bool add(
	struct counting *counting, struct slice field, size_t more, int64_t *sum_r)
{
	struct slice argv[] = {SLICE("HINCRBY"), counting->key, field,
		number_text(counting, (int64_t)more)};

	return call(counting, ARRAY_COUNT(argv), argv, sum_r);
}

/* Periods begin at multiples of their length, the same on all nodes. */
static void begin(struct counting *counting, struct relay *relay,
	const struct report *report, struct deadline deadline)
{
	int64_t period_ms = relay->config->bounces.notifications_period_ms;
	int64_t since_ms = worker_wall_ms() / period_ms * period_ms;
	char *sender;

	counting->redis = relay->options.redis;
	counting->report = report;
	counting->deadline = deadline;
	counting->to = report->entry->message->envelope.reverse_path;
	counting->until_ms = since_ms + period_ms;
	sender = arena_copy_text(&counting->arena, counting->to);
	for (char *c = sender; *c; c++)
		*c = ascii_lower(*c);
	counting->name = arena_format(&counting->arena, "%" PRId64 " %" PRId64 " %s",
		since_ms, counting->until_ms, sender);
	counting->key = arena_format(
		&counting->arena, DIGEST_KEY ":%.*s", SLICE_PRINT(counting->name));
}

static bool expire(struct counting *counting, int64_t kept_ms)
{
	struct slice argv[] = {SLICE("PEXPIRE"), counting->key,
		number_text(counting, counting->until_ms - worker_wall_ms() + kept_ms)};

	return call(counting, ARRAY_COUNT(argv), argv, NULL);
}

/* ---- Those that are too many ---- */

static struct slice pack(struct counting *counting, const struct dsn_recipient *told)
{
	const struct report *report = counting->report;
	struct dsn_digest_line line = {
		.action = told->action,
		.status = told->status,
		.id = message_id_slice(&report->entry->message->envelope.id),
		.address = told->address,
		.said = told->reply.size ? told->reply : told->reason,
	};
	struct buffer text = {0};
	struct slice copy;

	dsn_digest_pack(&line, &text);
	copy = arena_copy(&counting->arena, buffer_contents(&text));
	buffer_finish(&text);
	return copy;
}

/* To whom, and as many lines as there is still room for. */
static bool keep_lines(struct counting *counting, int64_t end)
{
	const struct report *report = counting->report;
	int64_t at = end - (int64_t)report->count;
	struct slice *argv = arena_take_array(
		&counting->arena, 4 + 2 * report->count, sizeof(*argv));
	size_t count = 0;

	argv[count++] = SLICE("HSET");
	argv[count++] = counting->key;
	argv[count++] = SLICE("to");
	argv[count++] = counting->to;
	for (size_t i = 0; i < report->count && at < DIGEST_LINES_MAX; i++, at++) {
		argv[count++] = arena_format(&counting->arena, "l%" PRId64, at);
		argv[count++] = pack(counting, &report->recipients[i]);
	}
	return call(counting, count, argv, NULL);
}

static bool keep_counts(struct counting *counting)
{
	size_t counts[DSN_ACTIONS] = {0};
	bool good = true;

	for (size_t i = 0; i < counting->report->count; i++)
		counts[counting->report->recipients[i].action]++;
	for (unsigned i = 0; i < DSN_ACTIONS && good; i++)
		if (counts[i])
			good = add(counting,
				slice_of(dsn_action_word((enum dsn_action)i)),
				counts[i], NULL);
	return good;
}

/* From now on somebody looks after it. */
static bool announce(struct counting *counting)
{
	struct slice argv[] = {SLICE("ZADD"), SLICE(DIGEST_KEY),
		number_text(counting, counting->until_ms + DIGEST_GRACE_MS),
		counting->name};

	return call(counting, ARRAY_COUNT(argv), argv, NULL);
}

static void tell(const struct counting *counting)
{
	const struct report *report = counting->report;
	struct event event;

	event_begin(&event, EVENT_INFO, "notified_later");
	event_text(&event, "about",
		message_id_slice(&report->entry->message->envelope.id));
	event_text(&event, "to", counting->to);
	event_text(&event, "action",
		slice_of(dsn_action_word(report->recipients[0].action)));
	event_number(&event, "recipients", (int64_t)report->count);
	event_end(&event);
}

static intptr_t known(const struct relay *relay, const struct counting *counting)
{
	/* So late, somebody may have told of it and forgotten. */
	if (worker_wall_ms() >= counting->until_ms)
		return 0;
	return (intptr_t)map_find(&relay->digests, counting->name);
}

static void know(struct relay *relay, const struct counting *counting, intptr_t what)
{
	if (relay->digests.count >= KNOWN_MAX)
		map_finish(&relay->digests);
	map_set(&relay->digests, counting->name, (void *)what);
}

/* Its lines while there is room, its counts, and that there is something to tell. */
static bool keep(struct relay *relay, struct counting *counting)
{
	intptr_t before = known(relay, counting), now = before;
	int64_t end = 0;

	if (!(now & FULL)) {
		if (!add(counting, SLICE("lines"), counting->report->count, &end) ||
			!keep_lines(counting, end))
			return false;
		now |= end >= DIGEST_LINES_MAX ? FULL : 0;
	}
	if (!keep_counts(counting))
		return false;
	if (!(now & ANNOUNCED)) {
		if (!expire(counting, KEPT_MS) || !announce(counting))
			return false;
		now |= ANNOUNCED;
	}
	if (now != before)
		know(relay, counting, now);
	return true;
}

static bool count(struct relay *relay, struct counting *counting, uint64_t most)
{
	int64_t sent = 0;

	if (!add(counting, SLICE("sent"), 1, &sent) ||
		(sent == 1 && !expire(counting, COUNTED_MS)) || sent < 0 ||
		(uint64_t)sent <= most || !keep(relay, counting))
		return false;
	tell(counting);
	return true;
}

bool digest_take(
	struct relay *relay, const struct report *report, struct deadline deadline)
{
	uint64_t most = relay->config->bounces.notifications;
	struct counting counting = {.refused = false};
	bool kept = false;

	if (!most || !relay->options.redis ||
		!redis_wait_up(relay->options.redis, deadline))
		return false;
	begin(&counting, relay, report, deadline);
	kept = count(relay, &counting, most);
	if (counting.refused && !relay->digest_told) {
		event_note(EVENT_WARNING, "notifications_uncounted", "%s",
			failure_last()->text);
		relay->digest_told = true;
	}
	arena_finish(&counting.arena);
	return kept;
}
