/*
 * The arithmetic of warm-up schedules, and what a process has at hand of them.
 */
#include "relay/warmup.h"

#include "run/worker.h"

#define DAY_MS	    (24 * 60 * 60 * INT64_C(1000))
#define SLOT_MS	    (10 * 60 * INT64_C(1000))
#define PORTIONS    10 /* of a slot */
#define PORTION_MAX 500

struct warmup_day warmup_day(
	const struct config_warmup *schedule, int64_t from_day, int64_t now_ms)
{
	int64_t day = now_ms / DAY_MS, in_day = now_ms % DAY_MS;
	struct warmup_day found = {
		.day = day,
		.number = day - from_day,
		.slot = (unsigned)(in_day / SLOT_MS),
		.day_end_ms = (day + 1) * DAY_MS,
		.slot_end_ms = day * DAY_MS + (in_day / SLOT_MS + 1) * SLOT_MS,
	};
	uint64_t spread = (uint64_t)schedule->spread_ms;

	if (found.number < 0)
		return found;
	if ((uint64_t)found.number >= schedule->days) {
		found.over = true;
		return found;
	}
	found.messages = schedule->amounts[found.number];
	found.slot_most = found.messages;
	if (spread > (uint64_t)SLOT_MS)
		found.slot_most = (found.messages * (uint64_t)SLOT_MS + spread - 1) /
				  spread;
	return found;
}

uint64_t warmup_portion(const struct warmup_day *day)
{
	uint64_t portion = day->slot_most / PORTIONS;

	return portion < 1 ? 1 : portion > PORTION_MAX ? PORTION_MAX : portion;
}

bool warmup_is_at_hand(const struct warmup *warmup, int64_t now_ms)
{
	return atomic_load_explicit(&warmup->over, memory_order_relaxed) ||
	       (now_ms < atomic_load(&warmup->left_until_ms) &&
		       atomic_load(&warmup->left) > 0);
}

bool warmup_take(struct warmup *warmup, int64_t now_ms)
{
	if (atomic_load_explicit(&warmup->over, memory_order_relaxed))
		return true;
	if (now_ms >= atomic_load(&warmup->left_until_ms))
		return false;
	if (atomic_fetch_sub(&warmup->left, 1) > 0)
		return true;
	atomic_fetch_add(&warmup->left, 1);
	return false;
}

void warmup_give_back(struct warmup *warmup)
{
	if (!atomic_load(&warmup->over))
		atomic_fetch_add(&warmup->left, 1);
}

int64_t warmup_shut_until(const struct warmup *warmup, int64_t now_ms)
{
	int64_t until = atomic_load(&warmup->shut_until_ms);

	return until > now_ms && atomic_load(&warmup->left) <= 0 ? until : 0;
}
