/*
 * Keeping up with the list in Redis: one fiber of one worker reads it, then every
 * change, and writes what was noted.
 *
 * It asks for what came after the last change it knows, that one included: when
 * that one is not there (too far behind, another Redis, one restored from before),
 * it reads the whole list anew, beside the one that is asked meanwhile.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "feedback/suppression_core.h"

#define ROUND_MS   250
#define ALONE_MS   2000 /* an operator may change it past us */
#define GATHER_MS  50	/* notes that come one by one are written together */
#define CALL_MS	   10000
#define UP_MS	   1000
#define ID_SIZE	   48
#define COUNT	   10 /* calls of up to 1,000 entries each */
#define COUNT_TEXT "10"
#define PAGE_TEXT  "1000"

/* ---- Changes ---- */

/* A change: field, value, field, value … */
static void apply_all(struct suppression *suppression, struct suppression_id id,
	const struct redis_reply *pairs)
{
	for (size_t i = 0; i + 1 < redis_reply_count(pairs); i += 2)
		suppression_apply(suppression, id,
			redis_reply_text(redis_reply_at(pairs, i)),
			redis_reply_text(redis_reply_at(pairs, i + 1)));
	pthread_mutex_lock(&suppression->order);
	suppression->followed = id;
	pthread_mutex_unlock(&suppression->order);
}

static bool is_followed(
	const struct suppression *suppression, const struct redis_reply *item)
{
	struct suppression_id id;

	return suppression_id_parse(redis_reply_text(redis_reply_at(item, 0)), &id) &&
	       id.ms == suppression->followed.ms &&
	       id.sequence == suppression->followed.sequence;
}

/* False with a failure, or lost: there is a gap. *more_r: ask again. */
static bool follow_some(
	struct suppression *suppression, bool *more_r, struct deadline deadline)
{
	char from[ID_SIZE];
	struct slice argv[] = {SLICE("XRANGE"), SUPPRESSION_CHANGES, SLICE_EMPTY,
		SLICE("+"), SLICE("COUNT"), SLICE(COUNT_TEXT)};
	struct redis_reply *reply = NULL;

	snprintf(from, sizeof(from), "%" PRIu64 "-%" PRIu64, suppression->followed.ms,
		suppression->followed.sequence);
	argv[2] = slice_of(from);
	if (!redis_command(
		    suppression->redis, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	suppression->lost = !is_followed(suppression, redis_reply_at(reply, 0));
	for (size_t i = 1; !suppression->lost && i < redis_reply_count(reply); i++) {
		const struct redis_reply *item = redis_reply_at(reply, i);
		struct suppression_id id;

		if (suppression_id_parse(
			    redis_reply_text(redis_reply_at(item, 0)), &id))
			apply_all(suppression, id, redis_reply_at(item, 1));
		/* An import of others is no reason to keep our mail waiting. */
		fiber_yield(deadline);
	}
	*more_r = redis_reply_count(reply) == COUNT;
	redis_reply_free(&reply);
	return !suppression->lost;
}

static bool follow(struct suppression *suppression)
{
	bool more = true;

	while (more)
		if (!follow_some(suppression, &more, deadline_after_ms(CALL_MS)))
			return false;
	return true;
}

/* ---- The whole list ---- */

static void load_page(struct suppression *suppression, const struct redis_reply *page)
{
	for (size_t i = 0; i + 1 < redis_reply_count(page); i += 2) {
		struct slice field = redis_reply_text(redis_reply_at(page, i));
		struct slice value = redis_reply_text(redis_reply_at(page, i + 1));
		struct suppression_entry entry;

		if (suppression_value_parse(value, &entry))
			suppression_table_set(suppression->fresh,
				suppression_hash(suppression, field),
				suppression_mark_of(&entry, field));
	}
}

static bool load_all(struct suppression *suppression)
{
	char cursor[24] = "0";
	struct slice argv[] = {SLICE("HSCAN"), SUPPRESSION_ENTRIES, SLICE_EMPTY,
		SLICE("COUNT"), SLICE(PAGE_TEXT)};

	do {
		struct redis_reply *reply = NULL;
		bool good;

		argv[2] = slice_of(cursor);
		if (!redis_command(suppression->redis, ARRAY_COUNT(argv), argv, &reply,
			    deadline_after_ms(CALL_MS)))
			return false;
		load_page(suppression, redis_reply_at(reply, 1));
		good = slice_to_text(redis_reply_text(redis_reply_at(reply, 0)), cursor,
			sizeof(cursor));
		redis_reply_free(&reply);
		if (!good)
			return fail(
				FAILURE_PROTOCOL, "HSCAN answered without a cursor");
	} while (strcmp(cursor, "0") != 0);
	return true;
}

static bool begin(struct suppression *suppression)
{
	struct redis_reply *reply = NULL;
	struct suppression_id id;
	bool good;

	if (!suppression_load_library(suppression->redis, deadline_after_ms(CALL_MS)) ||
		!suppression_call(suppression->redis, "begin", 0, NULL, &reply,
			deadline_after_ms(CALL_MS)))
		return false;
	good = suppression_id_parse(redis_reply_text(reply), &id) ||
	       fail(FAILURE_PROTOCOL, "the last change has no id");
	redis_reply_free(&reply);
	if (!good)
		return false;
	pthread_mutex_lock(&suppression->order);
	suppression->followed = id;
	suppression->fresh = suppression_table_create();
	pthread_mutex_unlock(&suppression->order);
	return true;
}

/* What was read holds from now on, or is thrown away. */
static void end(struct suppression *suppression, bool good)
{
	struct suppression_table *fresh;

	pthread_mutex_lock(&suppression->order);
	fresh = suppression->fresh;
	suppression->fresh = NULL;
	if (good)
		suppression_table_become(suppression->table, &fresh);
	pthread_mutex_unlock(&suppression->order);
	suppression_table_destroy(&fresh);
}

static void tell_loaded(const struct suppression *suppression, int64_t began_us)
{
	struct event event;
	size_t count = suppression_table_count(suppression->table);

	if (count == 0)
		return;
	event_begin(&event, EVENT_INFO, "suppression_loaded");
	event_number(&event, "entries", (int64_t)count);
	event_number(
		&event, "bytes", (int64_t)suppression_table_bytes(suppression->table));
	event_seconds(&event, "seconds", worker_now_us() - began_us);
	event_end(&event);
}

static bool load(struct suppression *suppression)
{
	int64_t began_us = worker_now_us();
	bool good;

	if (!begin(suppression))
		return false;
	good = load_all(suppression) && follow(suppression);
	end(suppression, good);
	suppression->lost = !good;
	if (!good)
		return false;
	atomic_store(&suppression->loaded, true);
	tell_loaded(suppression, began_us);
	return true;
}

/* ---- Rounds ---- */

/* Redis that is down says so itself. */
static void note_trouble(struct suppression *suppression, bool good)
{
	if (good && suppression->troubled)
		event_note(EVENT_INFO, "suppression_followed",
			"the list of suppressed addresses is followed again");
	else if (!good && !suppression->troubled)
		event_note(EVENT_WARNING, "suppression_not_followed", "%s",
			failure_last()->text);
	suppression->troubled = !good;
}

static bool round_once(struct suppression *suppression)
{
	bool good;

	if (suppression->lost && !load(suppression))
		return false;
	if (!follow(suppression))
		return suppression->lost && load(suppression);
	/* What is over goes first: there may be no room for more. */
	good = suppression_sweep(suppression, deadline_after_ms(CALL_MS));
	return suppression_write_notes(
		       suppression, suppression->redis, deadline_after_ms(CALL_MS)) &&
	       good;
}

static void run(void *arg)
{
	struct suppression *suppression = arg;

	while (!suppression->stopping && !fiber_is_cancelled()) {
		suppression->hurried = false;
		if (redis_wait_up(suppression->redis, deadline_after_ms(UP_MS))) {
			bool good = round_once(suppression);

			if (good || redis_is_up(suppression->redis))
				note_trouble(suppression, good);
		}
		if (suppression->stopping || !fiber_sleep(deadline_after_ms(GATHER_MS)))
			break;
		if (!suppression->stopping && !suppression->hurried)
			condition_wait(&suppression->wake,
				deadline_after_ms(
					suppression->alone ? ALONE_MS : ROUND_MS));
	}
	atomic_store(&suppression->worker, NULL);
	suppression->following = false;
	condition_broadcast(&suppression->wake);
}

static void hurry_here(struct letter *letter)
{
	struct suppression *suppression = CONTAINER_OF(
		letter, struct suppression, letter);

	suppression->hurried = true;
	atomic_store(&suppression->posted, false);
	condition_broadcast(&suppression->wake);
}

void suppression_hurry(struct suppression *suppression)
{
	struct worker *worker = atomic_load(&suppression->worker);

	if (!worker || atomic_exchange(&suppression->posted, true))
		return;
	suppression->letter.run = hurry_here;
	worker_post(worker, &suppression->letter);
}

bool suppression_start(struct suppression *suppression, struct redis *redis,
	uint64_t most, bool alone, struct scope *scope)
{
	atomic_store(&suppression->most, most);
	suppression->redis = redis;
	suppression->alone = alone;
	suppression->stopping = false;
	suppression->lost = suppression->following = true;
	snprintf(suppression->cursor, sizeof(suppression->cursor), "0");
	snprintf(suppression->soft_cursor, sizeof(suppression->soft_cursor), "0");
	if (!scope_spawn(scope, "suppression", run, suppression)) {
		suppression->following = false;
		return false;
	}
	atomic_store(&suppression->worker, worker_self());
	return true;
}

void suppression_stop(struct suppression *suppression, struct deadline deadline)
{
	suppression->stopping = true;
	condition_broadcast(&suppression->wake);
	while (suppression->following && condition_wait(&suppression->wake, deadline))
		continue;
	if (!suppression->following && suppression->redis &&
		redis_is_up(suppression->redis))
		suppression_write_notes(suppression, suppression->redis, deadline);
}
