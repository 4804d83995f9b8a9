/*
 * A Redis that may come and go: one fiber, its keeper, connects, prepares the
 * connection and waits for its end, for ever; calls go through the connection
 * there is, or fail at once.
 *
 * Memory: the owner, the keeper and every fiber inside a call hold it; the
 * last one frees it, so that closing need not wait.
 */
#include "io/redis.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "io/redis_connect.h"
#include "io/redis_link.h"
#include "io/tls.h"
#include "run/worker.h"

#define TIMEOUT_MS_DEFAULT 10000
#define PREPARE_MS	   30000 /* a library is loaded, versions are compared */
#define BACK_OFF_FIRST_MS  50
#define BACK_OFF_MAX_MS	   1000	   /* mail waits for it; asking costs little */
#define STEADY_US	   1000000 /* up this long: the next wait is the first */

enum state { NOT_YET, UP, DOWN };

struct redis {
	struct redis_address address;
	char *name, *user, *password;
	struct tls_client *client;
	int64_t timeout_us;
	bool (*prepare)(struct redis *redis, void *context, struct deadline deadline);
	void *context;
	unsigned holders;
	bool closed;
	struct fiber *keeper;
	bool preparing; /* the keeper may call, nobody else */
	struct redis_link *link;
	enum state state;
	int64_t changed_us;
	unsigned attempts; /* connections in a row that did not last */
	struct condition changed;
	char trouble[300];
	bool unknown;
	struct redis_figures figures;
	struct pace pace;
};

static void keep(void *arg);
static void release(struct redis *redis);
static void go_down(struct redis *redis);

static char *copy_or_null(const char *text)
{
	return text ? memory_copy_text(slice_of(text)) : NULL;
}

struct redis *redis_open(const struct redis_options *options, struct scope *scope)
{
	struct redis_address address;
	struct redis *redis;

	if (!redis_address_parse(options->address, &address))
		return NULL;
	redis = NEW(struct redis);
	redis->address = address;
	redis->name = copy_or_null(options->address);
	redis->user = copy_or_null(options->user);
	redis->password = copy_or_null(options->password);
	redis->timeout_us = (options->timeout_ms > 0 ? options->timeout_ms
						     : TIMEOUT_MS_DEFAULT) *
			    1000;
	redis->prepare = options->prepare;
	redis->context = options->context;
	redis->holders = 1;
	redis->changed_us = worker_now_us();
	condition_init(&redis->changed);
	snprintf(redis->trouble, sizeof(redis->trouble), "not yet connected");
	if (address.tls)
		redis->client = tls_client_create(options->ca_file, "1.2");
	if ((address.tls && !redis->client) ||
		!scope_spawn(scope, "redis keeper", keep, redis)) {
		release(redis);
		return NULL;
	}
	redis->holders++;
	return redis;
}

void redis_close(struct redis **redis)
{
	struct redis *r = *redis;

	if (!r)
		return;
	*redis = NULL;
	r->closed = true;
	if (r->link && !r->link->broken) {
		fail(FAILURE_CANCELLED, "closed");
		redis_link_break(r->link);
	}
	if (r->keeper)
		fiber_cancel(r->keeper);
	condition_broadcast(&r->changed);
	release(r);
}

static void release(struct redis *redis)
{
	if (--redis->holders)
		return;
	tls_client_release(&redis->client);
	memory_free(redis->name);
	memory_free(redis->user);
	if (redis->password)
		memory_wipe(redis->password, strlen(redis->password));
	memory_free(redis->password);
	memory_free(redis);
}

bool redis_is_up(const struct redis *redis)
{
	return redis->state == UP;
}

const char *redis_trouble(const struct redis *redis)
{
	return redis->state == UP ? "" : redis->trouble;
}

bool redis_wait_up(struct redis *redis, struct deadline deadline)
{
	bool waited = true, up;

	redis->holders++;
	while (waited && redis->state != UP && !redis->closed)
		waited = condition_wait(&redis->changed, deadline);
	up = redis->state == UP;
	if (!up && waited)
		fail(FAILURE_STORE, "Redis is closed");
	else if (!up && failure_kind_last() == FAILURE_TIMEOUT)
		fail(FAILURE_TIMEOUT, "Redis is down: %s", redis->trouble);
	release(redis);
	return up;
}

struct redis_figures redis_figures(const struct redis *redis)
{
	struct redis_figures figures = redis->figures;

	/* The first connection is none. */
	figures.reconnects -= figures.reconnects > 0;
	figures.longest_us = pace_longest_us(&redis->pace, worker_now_us());
	return figures;
}

/* ---- Calls ---- */

static bool is_usable(const struct redis *redis)
{
	if (!redis->closed && redis->link && !redis->link->broken &&
		(redis->state == UP ||
			(redis->preparing && fiber_self() == redis->keeper)))
		return true;
	return fail(FAILURE_STORE, "Redis is down: %s", redis->trouble);
}

static bool wait_for_reply(
	struct redis *redis, struct redis_waiter *waiter, struct deadline deadline)
{
	while (!waiter->done && condition_wait(&waiter->answered, deadline))
		continue;
	if (!waiter->done) {
		redis_link_leave(redis->link, waiter);
		redis->unknown = true;
		if (failure_kind_last() == FAILURE_TIMEOUT)
			fail(FAILURE_TIMEOUT, "no reply from Redis in time");
		return false;
	}
	if (waiter->reply)
		return true;
	redis->unknown = !waiter->unsent;
	return fail(FAILURE_STORE, "Redis went away: %s", redis->trouble);
}

bool redis_call(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	struct redis_waiter waiter = {0};
	bool answered;

	redis->unknown = false;
	if (fiber_is_cancelled())
		return fail(FAILURE_CANCELLED, "no call to Redis, it is ending");
	if (deadline_has_passed(deadline))
		return fail(FAILURE_TIMEOUT, "no time left to call Redis");
	condition_init(&waiter.answered);
	if (!is_usable(redis) || !redis_link_send(redis->link, count, argv,
					 (struct redis_pending){.waiter = &waiter}))
		return false;
	redis->holders++;
	answered = wait_for_reply(redis, &waiter, deadline);
	if (answered)
		*reply_r = waiter.reply;
	release(redis);
	return answered;
}

bool redis_outcome_is_unknown(const struct redis *redis)
{
	return redis->unknown;
}

bool redis_send(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_request *request)
{
	return is_usable(redis) && redis_link_send(redis->link, count, argv,
					   (struct redis_pending){.request = request});
}

/* ---- Up and down ---- */

static void note_change(struct redis *redis, enum state state)
{
	int64_t now_us = worker_now_us();
	struct event event;

	event_begin(&event, state == UP ? EVENT_INFO : EVENT_WARNING,
		state == UP ? "redis_up" : "redis_down");
	event_text(&event, "server", slice_of(redis->name));
	if (state == DOWN)
		event_text(&event, "trouble", slice_of(redis->trouble));
	event_seconds(&event, state == UP ? "down_s" : "up_s",
		redis->state == NOT_YET && state == DOWN ? 0
							 : now_us - redis->changed_us);
	event_end(&event);
	redis->state = state;
	redis->changed_us = now_us;
	condition_broadcast(&redis->changed);
}

/* Because of the fiber's last failure. */
static void go_down(struct redis *redis)
{
	if (redis->state == UP && worker_now_us() - redis->changed_us >= STEADY_US)
		redis->attempts = 0;
	snprintf(redis->trouble, sizeof(redis->trouble), "%s",
		failure_kind_last() != FAILURE_NONE ? failure_last()->text
						    : "not usable");
	/* Our own end is no news. */
	if (redis->closed || failure_kind_last() == FAILURE_CANCELLED)
		redis->state = DOWN;
	else if (redis->state != DOWN)
		note_change(redis, DOWN);
}

/* ---- The keeper ---- */

/* One command of the greeting; an error reply is a failure named after it. */
static bool greet(struct redis *redis, size_t count, const struct slice *argv,
	struct slice tolerated, struct deadline deadline)
{
	struct redis_reply *reply;
	bool good;

	if (!redis_call(redis, count, argv, &reply, deadline))
		return false;
	good = redis_reply_kind(reply) != REDIS_ERROR ||
	       (tolerated.size && slice_starts(redis_reply_text(reply), tolerated));
	if (!good)
		redis_reply_fail(reply);
	redis_reply_free(&reply);
	return good;
}

static bool log_in(struct redis *redis, struct deadline deadline)
{
	struct slice auth[3] = {SLICE("AUTH")}, select[2] = {SLICE("SELECT")};
	struct slice ping = SLICE("PING");
	char database[12];
	size_t count = 1;

	if (redis->password) {
		if (redis->user && *redis->user)
			auth[count++] = slice_of(redis->user);
		auth[count++] = slice_of(redis->password);
		if (!greet(redis, count, auth, SLICE_EMPTY, deadline))
			return fail_in("AUTH");
	}
	if (redis->address.database) {
		snprintf(database, sizeof(database), "%u", redis->address.database);
		select[1] = slice_of(database);
		if (!greet(redis, 2, select, SLICE_EMPTY, deadline))
			return fail_in("SELECT");
	}
	/* The kernel accepts for a server that hangs: has it a voice? One whose
	 * rules forbid us PING has. */
	return greet(redis, 1, &ping, SLICE("NOPERM"), deadline);
}

static bool prepare(struct redis *redis, struct deadline deadline)
{
	bool good;

	redis->preparing = true;
	failure_clear();
	good = log_in(redis, deadline) &&
	       (!redis->prepare || redis->prepare(redis, redis->context, deadline));
	redis->preparing = false;
	return good;
}

/* From a connection to its end, or the lack of one; the fiber's last failure
 * says why it ended. */
static void serve(struct redis *redis, struct deadline deadline)
{
	struct deadline limit = deadline_earlier(
		deadline, deadline_after_ms(redis->timeout_us / 1000));
	struct stream *stream = redis_connect(&redis->address, redis->client, limit);
	struct redis_link *link;

	if (!stream) {
		go_down(redis);
		return;
	}
	link = NEW(struct redis_link);
	link->redis = redis;
	link->broke_now = go_down;
	link->figures = &redis->figures;
	link->pace = &redis->pace;
	link->timeout_us = redis->timeout_us;
	redis->figures.reconnects++;
	if (redis_link_open(link, &stream)) {
		redis->link = link;
		if (!prepare(redis, deadline_after_ms(PREPARE_MS))) {
			if (failure_kind_last() == FAILURE_NONE)
				fail(FAILURE_STORE, "it could not be prepared");
		} else if (!link->broken) {
			note_change(redis, UP);
			while (!link->broken && condition_wait(&link->broke, deadline))
				continue;
		}
		redis_link_close(link, deadline);
		redis->link = NULL;
	}
	memory_free(link);
}

static bool back_off(struct redis *redis, struct deadline deadline)
{
	int64_t wait_ms = BACK_OFF_FIRST_MS;

	for (unsigned i = 0; i < redis->attempts && wait_ms < BACK_OFF_MAX_MS; i++)
		wait_ms *= 2;
	redis->attempts++;
	if (wait_ms > BACK_OFF_MAX_MS)
		wait_ms = BACK_OFF_MAX_MS;
	wait_ms -= (int64_t)random_below((uint64_t)wait_ms / 2);
	return fiber_sleep(deadline_earlier(deadline, deadline_after_ms(wait_ms)));
}

static void keep(void *arg)
{
	struct redis *redis = arg;

	redis->keeper = fiber_self();
	while (!redis->closed) {
		serve(redis, deadline_none());
		if (redis->closed || !back_off(redis, deadline_none()))
			break;
	}
	redis->keeper = NULL;
	/* Whoever waits for it waits in vain. */
	redis->closed = true;
	redis->state = DOWN;
	condition_broadcast(&redis->changed);
	release(redis);
}
