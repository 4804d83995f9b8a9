/* Telling senders of what was too much to be told one by one; see digest.h. */
#include "relay/digest_core.h"

#include <inttypes.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/redis.h"
#include "mail/dsn_digest.h"
#include "run/worker.h"

#include "relay/notice.h"

#define LOOK_MS	   5000
#define ANSWER_MS  10000
#define COMMIT_MS  60000
#define LOCK_MS	   "180000" /* longer than it takes to tell */
#define AT_A_TIME  "20"
#define RECORD_MAX (2 * DIGEST_LINES_MAX + 40) /* fields and values */

/* One sender's period. */
struct telling {
	struct relay *relay;
	struct arena arena;
	struct slice name, key;
	struct dsn_digest_line *lines;
	struct dsn_digest digest;
	struct slice domain;
};

static bool call(struct relay *relay, size_t count, const struct slice *argv,
	struct redis_reply **reply)
{
	*reply = NULL;
	return redis_call(relay->options.redis, count, argv, reply,
		       deadline_after_ms(ANSWER_MS)) &&
	       (redis_reply_kind(*reply) != REDIS_ERROR || redis_reply_fail(*reply));
}

static bool command(struct relay *relay, size_t count, const struct slice *argv)
{
	struct redis_reply *reply;
	bool good = call(relay, count, argv, &reply);

	redis_reply_free(&reply);
	return good;
}

/* Nobody else tells of it meanwhile; should we die over it, somebody does. */
static bool lock(struct telling *telling)
{
	struct slice argv[] = {SLICE("SET"),
		arena_format(&telling->arena, DIGEST_KEY ":lock:%.*s",
			SLICE_PRINT(telling->name)),
		SLICE("1"), SLICE("NX"), SLICE("PX"), SLICE(LOCK_MS)};
	struct redis_reply *reply;
	bool good = call(telling->relay, ARRAY_COUNT(argv), argv, &reply) &&
		    redis_reply_kind(reply) == REDIS_TEXT;

	redis_reply_free(&reply);
	return good;
}

static bool forget(struct telling *telling)
{
	struct slice unlink[] = {SLICE("UNLINK"), telling->key};
	struct slice remove[] = {SLICE("ZREM"), SLICE(DIGEST_KEY), telling->name};

	return command(telling->relay, ARRAY_COUNT(remove), remove) &&
	       command(telling->relay, ARRAY_COUNT(unlink), unlink);
}

static void take_field(struct telling *telling, struct slice field, struct slice value)
{
	struct dsn_digest *digest = &telling->digest;
	uint64_t number;

	if (slice_equal(field, SLICE("to")))
		digest->to = arena_copy(&telling->arena, value);
	for (unsigned i = 0; i < DSN_ACTIONS; i++)
		if (slice_equal(field, slice_of(dsn_action_word((enum dsn_action)i))) &&
			slice_to_u64(value, &number))
			digest->counts[i] = number;
	if (slice_starts(field, SLICE("l")) &&
		slice_to_u64(slice_from(field, 1), &number) &&
		number < DIGEST_LINES_MAX)
		dsn_digest_unpack(
			arena_copy(&telling->arena, value), &telling->lines[number]);
}

/* False: Redis failed, or there is nothing (any more), which *empty_r says. */
static bool read_record(struct telling *telling, bool *empty_r)
{
	struct slice argv[] = {SLICE("HGETALL"), telling->key};
	struct redis_reply *reply;
	size_t kept = 0;
	bool good = call(telling->relay, ARRAY_COUNT(argv), argv, &reply);

	telling->lines = arena_take_array(
		&telling->arena, DIGEST_LINES_MAX, sizeof(*telling->lines));
	for (size_t i = 0; good && i + 1 < redis_reply_count(reply) && i < RECORD_MAX;
		i += 2)
		take_field(telling, redis_reply_text(redis_reply_at(reply, i)),
			redis_reply_text(redis_reply_at(reply, i + 1)));
	redis_reply_free(&reply);
	for (size_t i = 0; i < DIGEST_LINES_MAX; i++)
		if (telling->lines[i].address.size)
			telling->lines[kept++] = telling->lines[i];
	telling->digest.lines = telling->lines;
	telling->digest.line_count = kept;
	*empty_r = good && !telling->digest.to.size;
	return good && !*empty_r;
}

static void say(const struct telling *telling, const struct message *message)
{
	const struct dsn_digest *digest = &telling->digest;
	uint64_t total = 0;
	struct event event;

	for (unsigned i = 0; i < DSN_ACTIONS; i++)
		total += digest->counts[i];
	event_begin(&event, EVENT_INFO, "notified_digest");
	event_text(&event, "id", message_id_slice(&message->envelope.id));
	event_text(&event, "to", digest->to);
	event_number(&event, "recipients", (int64_t)total);
	event_number(&event, "size", (int64_t)message->envelope.size);
	event_end(&event);
}

static bool post(struct telling *telling)
{
	struct relay *relay = telling->relay;
	struct dsn_digest *digest = &telling->digest;
	struct message *message = message_create();
	struct envelope *envelope = &message->envelope;
	struct buffer text = {0};
	bool good;

	envelope->id = queue_new_id(relay->options.queue);
	envelope->smtputf8 = envelope->eight_bit = dsn_digest_is_utf8(digest);
	digest->hostname = arena_copy(
		&telling->arena, slice_of(relay->config->hostname));
	digest->from = arena_copy(
		&telling->arena, slice_of(relay->config->relay.postmaster));
	digest->queue_id = message_id_slice(&envelope->id);
	digest->now_ms = worker_wall_ms();
	good = dsn_digest_build(digest, &text) &&
	       notice_commit(relay, message, buffer_contents(&text), digest->to,
		       telling->domain, deadline_after_ms(COMMIT_MS));
	if (good)
		say(telling, message);
	buffer_finish(&text);
	message_release(&message);
	return good;
}

/* "SINCE UNTIL SENDER" */
static bool read_name(struct telling *telling)
{
	struct slice rest = telling->name, since = slice_cut(&rest, ' ');

	return slice_to_i64(since, &telling->digest.since_ms) &&
	       slice_to_i64(slice_cut(&rest, ' '), &telling->digest.until_ms) &&
	       rest.size;
}

static bool tell_one(struct telling *telling)
{
	bool empty = false;

	if (!read_name(telling))
		return forget(telling);
	if (!read_record(telling, &empty))
		return empty && forget(telling);
	if (!notice_find_domain(telling->relay, telling->digest.to, &telling->arena,
		    &telling->domain)) {
		event_note(EVENT_WARNING, "not_notified",
			"%.*s: nothing can be sent to its domain",
			SLICE_PRINT(telling->digest.to));
		return forget(telling);
	}
	return post(telling) && forget(telling);
}

static void tell(struct relay *relay, struct slice name)
{
	struct telling telling = {.relay = relay};

	telling.name = arena_copy(&telling.arena, name);
	telling.key = arena_format(
		&telling.arena, DIGEST_KEY ":%.*s", SLICE_PRINT(name));
	if (lock(&telling) && !tell_one(&telling))
		event_note(EVENT_WARNING, "notification_postponed", "%.*s: %s",
			SLICE_PRINT(name), failure_last()->text);
	arena_finish(&telling.arena);
}

static void look(void *arg)
{
	struct relay *relay = arg;
	struct arena arena = {0};
	struct slice argv[] = {SLICE("ZRANGE"), SLICE(DIGEST_KEY), SLICE("-inf"),
		arena_format(&arena, "%" PRId64, worker_wall_ms()), SLICE("BYSCORE"),
		SLICE("LIMIT"), SLICE("0"), SLICE(AT_A_TIME)};
	struct redis_reply *reply = NULL;

	if (redis_is_up(relay->options.redis) &&
		call(relay, ARRAY_COUNT(argv), argv, &reply))
		for (size_t i = 0; i < redis_reply_count(reply) && !relay->draining;
			i++)
			tell(relay, redis_reply_text(redis_reply_at(reply, i)));
	redis_reply_free(&reply);
	arena_finish(&arena);
	if (!relay->draining)
		timer_start(&relay->digest_timer, deadline_after_ms(LOOK_MS));
}

static void wake(struct timer *timer)
{
	struct relay *relay = CONTAINER_OF(timer, struct relay, digest_timer);

	if (!scope_spawn(&relay->scope, "relay-digest", look, relay))
		timer_start(timer, deadline_after_ms(LOOK_MS));
}

void digest_start(struct relay *relay)
{
	relay->digest_timer.run = wake;
	if (relay->options.redis && worker_index() == 0)
		timer_start(&relay->digest_timer, deadline_after_ms(LOOK_MS));
}

void digest_stop(struct relay *relay)
{
	timer_stop(&relay->digest_timer);
}
