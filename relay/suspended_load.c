/* Reading what is suspended from Redis: at each connection, and each second. */
#include "relay/suspended.h"

#include "base/event.h"
#include "base/memory.h"
#include "io/redis.h"
#include "run/worker.h"

#include "relay/relay_core.h"

#define AGAIN_MS  1000
#define ANSWER_MS 10000

/* Its time has come: who takes it out says so. */
static void end(struct redis *redis, const struct suspension *one)
{
	char text[SUSPENSION_FIELD_SIZE];
	struct slice argv[] = {
		SLICE("HDEL"), SLICE(SUSPENSIONS_KEY), suspension_field(one, text)};
	struct redis_reply *reply = NULL;

	if (redis_call(redis, ARRAY_COUNT(argv), argv, &reply,
		    deadline_after_ms(ANSWER_MS)) &&
		redis_reply_number(reply) == 1)
		suspended_tell_end(one, "time");
	redis_reply_free(&reply);
}

static void end_all(struct redis *redis, struct suspensions *over)
{
	for (size_t i = 0; i < suspensions_count(over); i++)
		end(redis, suspensions_at(over, i));
	suspensions_destroy(&over);
}

static void use(
	struct relay *relay, struct redis *redis, const struct redis_reply *reply)
{
	struct suspensions *set = suspensions_create(), *over = suspensions_create();
	uint64_t version = 1;

	for (size_t i = 0; i + 1 < redis_reply_count(reply); i += 2) {
		struct slice field = redis_reply_text(redis_reply_at(reply, i));
		struct slice value = redis_reply_text(redis_reply_at(reply, i + 1));
		struct suspension one;

		if (!suspension_parse(field, value, &one))
			continue;
		if (suspension_is_over(&one, worker_wall_ms())) {
			suspensions_add(over, &one);
			continue;
		}
		version += map_hash(field) * 31 + map_hash(value);
		suspensions_add(set, &one);
	}
	if (version != relay->suspended.version && !relay->draining)
		suspended_use(relay, set);
	else
		suspensions_destroy(&set);
	relay->suspended.version = version;
	end_all(redis, over);
}

bool relay_load_suspensions(
	struct relay *relay, struct redis *redis, struct deadline deadline)
{
	struct slice argv[] = {SLICE("HGETALL"), SLICE(SUSPENSIONS_KEY)};
	struct redis_reply *reply = NULL;
	bool good = redis_call(redis, ARRAY_COUNT(argv), argv, &reply, deadline);

	if (good && redis_reply_kind(reply) == REDIS_ERROR) {
		/* Mail that is not suspended is not to wait for that. */
		if (!relay->suspended.told)
			event_note(EVENT_ERROR, "suspensions_unreadable", "%.*s",
				SLICE_PRINT(redis_reply_text(reply)));
		relay->suspended.told = true;
	} else if (good) {
		relay->suspended.told = false;
		use(relay, redis, reply);
	}
	redis_reply_free(&reply);
	return good;
}

static void ask(void *arg)
{
	struct relay *relay = arg;

	if (redis_is_up(relay->options.redis))
		relay_load_suspensions(
			relay, relay->options.redis, deadline_after_ms(ANSWER_MS));
	if (!relay->draining)
		timer_start(&relay->suspended.timer, deadline_after_ms(AGAIN_MS));
}

static void wake(struct timer *timer)
{
	struct relay *relay = CONTAINER_OF(timer, struct relay, suspended.timer);

	if (!scope_spawn(&relay->scope, "relay-suspended", ask, relay))
		timer_start(timer, deadline_after_ms(AGAIN_MS));
}

void suspended_start(struct relay *relay)
{
	relay->suspended.timer.run = wake;
	if (relay->options.redis)
		timer_start(&relay->suspended.timer, deadline_after_ms(AGAIN_MS));
}

void suspended_stop(struct relay *relay)
{
	timer_stop(&relay->suspended.timer);
}

void suspended_finish(struct relay *relay)
{
	timer_stop(&relay->suspended.timer);
	suspensions_destroy(&relay->suspended.set);
	map_finish(&relay->suspended.looks);
}
