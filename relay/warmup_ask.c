/*
 * Portions of a day's messages, from Redis: rp:warmup:DAY counts what all nodes
 * have taken of each schedule, of the day and of its slots; rp:warmup:from holds
 * first days. Who has counted beyond what is allowed counts back, and has only
 * what was below: so the sum of all is never more. A reply that is lost costs
 * what was asked for, nothing else.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/event.h"
#include "io/redis.h"
#include "run/worker.h"

#include "relay/warmup.h"

#define KEPT	 "259200000" /* ms: three days */
#define AGAIN_MS 3000	     /* without Redis */

static bool ask(struct redis *redis, size_t count, const struct slice *argv,
	int64_t *number_r, struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	bool good = redis_call(redis, count, argv, &reply, deadline);

	if (good && redis_reply_kind(reply) == REDIS_ERROR)
		good = redis_reply_fail(reply);
	if (good)
		*number_r = redis_reply_number(reply);
	redis_reply_free(&reply);
	return good;
}

/* Counts MORE (or less) for FIELD of the day's key. */
static bool count(struct redis *redis, int64_t day, struct slice field, int64_t more,
	int64_t *total_r, struct deadline deadline)
{
	char key[40], number[24];
	struct slice argv[4] = {SLICE("HINCRBY")};
	int64_t kept;

	argv[1] = slice_make(
		key, (size_t)snprintf(key, sizeof(key), "rp:warmup:%" PRId64, day));
	argv[2] = field;
	argv[3] = slice_make(
		number, (size_t)snprintf(number, sizeof(number), "%" PRId64, more));
	if (!ask(redis, 4, argv, total_r, deadline))
		return false;
	if (*total_r > more)
		return true;
	argv[0] = SLICE("PEXPIRE"); /* the first of its field */
	argv[2] = SLICE(KEPT);
	return ask(redis, 3, argv, &kept, deadline);
}

/* The same, but never beyond MOST: how much of MORE was below it. */
static bool count_up_to(struct redis *redis, int64_t day, struct slice field,
	int64_t *more, int64_t most, int64_t *total_r, struct deadline deadline)
{
	int64_t total, excess;

	if (!count(redis, day, field, *more, &total, deadline))
		return false;
	excess = total > most ? total - most : 0;
	if (excess > *more)
		excess = *more;
	*more -= excess;
	if (excess && !count(redis, day, field, -excess, &total, deadline))
		return false;
	*total_r = total > most ? most : total;
	return true;
}

static bool find_first_day(struct warmup *warmup, const struct config_warmup *schedule,
	struct redis *redis, int64_t today, struct deadline deadline)
{
	char number[24];
	struct slice argv[4] = {
		SLICE("HSETNX"), SLICE("rp:warmup:from"), slice_of(warmup->key)};
	int64_t day;

	if (schedule->from_day >= 0) {
		atomic_store(&warmup->from_day, schedule->from_day);
		return true;
	}
	if (atomic_load(&warmup->from_day) != WARMUP_UNKNOWN)
		return true;
	argv[3] = slice_make(
		number, (size_t)snprintf(number, sizeof(number), "%" PRId64, today));
	if (!ask(redis, 4, argv, &day, deadline))
		return false;
	argv[0] = SLICE("HGET");
	if (!ask(redis, 3, argv, &day, deadline))
		return false;
	atomic_store(&warmup->from_day, day);
	return true;
}

static struct slice slot_field(
	const struct warmup *warmup, unsigned slot, char text[WARMUP_KEY_SIZE + 16])
{
	return slice_make(text, (size_t)snprintf(text, WARMUP_KEY_SIZE + 16, "%s.%u",
					warmup->key, slot));
}

/* Of the slot before, which is over: the day may have it, the slot not. */
static bool return_rest(struct warmup *warmup, struct redis *redis, int64_t day,
	struct deadline deadline)
{
	int64_t left = atomic_exchange(&warmup->left, 0);
	int64_t until = atomic_load(&warmup->left_until_ms), total;

	if (left <= 0 || (until - 1) / (24 * 60 * 60 * INT64_C(1000)) != day)
		return true;
	return count(redis, day, slice_of(warmup->key), -left, &total, deadline);
}

static bool take_portion(struct warmup *warmup, const struct warmup_day *day,
	struct redis *redis, struct deadline deadline)
{
	char text[WARMUP_KEY_SIZE + 16];
	int64_t want = (int64_t)warmup_portion(day), got = want, in_slot, total;

	if (worker_wall_ms() >= atomic_load(&warmup->left_until_ms) &&
		!return_rest(warmup, redis, day->day, deadline))
		return false;
	if (!count_up_to(redis, day->day, slice_of(warmup->key), &got,
		    (int64_t)day->messages, &total, deadline))
		return false;
	want = got;
	if (got && !count_up_to(redis, day->day, slot_field(warmup, day->slot, text),
			   &got, (int64_t)day->slot_most, &in_slot, deadline))
		return false;
	if (got < want && !count(redis, day->day, slice_of(warmup->key), got - want,
				  &total, deadline))
		return false;
	atomic_store(&warmup->total_day, day->day);
	atomic_store(&warmup->total, total);
	atomic_store(&warmup->left_until_ms, day->slot_end_ms);
	atomic_fetch_add(&warmup->left, got);
	if (got == 0)
		atomic_store(&warmup->shut_until_ms, total < (int64_t)day->messages
							     ? day->slot_end_ms
							     : day->day_end_ms);
	return true;
}

static bool try(struct warmup *warmup, const struct config_warmup *schedule,
	struct redis *redis, struct deadline deadline)
{
	int64_t now_ms = worker_wall_ms();
	struct warmup_day day = warmup_day(schedule, 0, now_ms);

	if (!find_first_day(warmup, schedule, redis, day.day, deadline))
		return false;
	day = warmup_day(schedule, atomic_load(&warmup->from_day), now_ms);
	atomic_store(&warmup->over, day.over);
	if (day.over)
		return true;
	if (day.number >= 0)
		return take_portion(warmup, &day, redis, deadline);
	atomic_store(&warmup->shut_until_ms, day.day_end_ms);
	return true;
}

void warmup_ask(struct warmup *warmup, const struct config_warmup *schedule,
	struct redis *redis, struct deadline deadline)
{
	if (redis && redis_is_up(redis) && try(warmup, schedule, redis, deadline))
		return;
	atomic_store(&warmup->shut_until_ms, worker_wall_ms() + AGAIN_MS);
}

void warmup_return(struct warmup *warmup, const struct config_warmup *schedule,
	struct redis *redis, struct deadline deadline)
{
	int64_t now_ms = worker_wall_ms(), left = atomic_exchange(&warmup->left, 0);
	struct warmup_day day = warmup_day(schedule, 0, now_ms);
	char text[WARMUP_KEY_SIZE + 16];
	int64_t total;

	if (left <= 0 || !redis || !redis_is_up(redis) ||
		now_ms >= atomic_load(&warmup->left_until_ms))
		return;
	if (count(redis, day.day, slice_of(warmup->key), -left, &total, deadline))
		count(redis, day.day, slot_field(warmup, day.slot, text), -left, &total,
			deadline);
}
