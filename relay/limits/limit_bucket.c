/*
 * Token buckets as a time.
 *
 * Giving back is exact when since the token was taken the bucket was never so
 * full that the token would have overflowed, had it not been taken. Every take
 * that finds less than one token missing notes the time, and so does giving
 * back, after which those missing are fewer; both before they change the bucket.
 */
#include "limits/limit_bucket.h"

/* Clocks of workers differ by a turn, and what a receiver counts comes a little
 * earlier or later than it was sent. */
static const struct {
	int64_t length_ns, slack_ns, margin_ns;
} periods[PERIODS] = {
	[PER_SECOND] = {1000000000, 20000000, 10000000},
	[PER_MINUTE] = {60000000000, 60000000000 / 32, 100000000},
	[PER_HOUR] = {3600000000000, 3600000000000 / 32, 100000000},
	[PER_DAY] = {86400000000000, 86400000000000 / 32, 100000000},
};

int64_t limit_period_ns(enum limit_period period)
{
	return periods[period].length_ns;
}

int64_t limit_slack_ns(enum limit_period period)
{
	return periods[period].slack_ns;
}

static void note_low(struct limit_bucket *bucket, int64_t now_ns)
{
	int64_t low = atomic_load(&bucket->low_ns);

	while (low < now_ns &&
		!atomic_compare_exchange_weak(&bucket->low_ns, &low, now_ns))
		continue;
}

void limit_bucket_set(struct limit_bucket *bucket, enum limit_period period,
	uint64_t most, int64_t now_ns)
{
	int64_t all = periods[period].length_ns + periods[period].slack_ns +
		      periods[period].margin_ns;
	int64_t interval = 0;

	if (most)
		interval = (int64_t)(((uint64_t)all + most - 1) / most);
	atomic_store(&bucket->most, most);
	if (atomic_exchange(&bucket->interval_ns, interval) != interval)
		note_low(bucket, now_ns); /* tokens of another size */
}

void limit_bucket_shut(struct limit_bucket *bucket)
{
	atomic_store(&bucket->most, 0);
	atomic_store(&bucket->interval_ns, LIMIT_NEVER_NS);
}

bool limit_bucket_take(
	struct limit_bucket *bucket, enum limit_period period, int64_t now_ns)
{
	int64_t interval = atomic_load_explicit(
		&bucket->interval_ns, memory_order_relaxed);
	int64_t full, from;

	if (interval == 0)
		return true;
	if (interval == LIMIT_NEVER_NS)
		return false;
	full = atomic_load(&bucket->full_ns);
	do {
		if (full > now_ns + periods[period].slack_ns)
			return false;
		if (full < now_ns + interval)
			note_low(bucket, now_ns);
		from = full > now_ns ? full : now_ns;
	} while (!atomic_compare_exchange_weak(
		&bucket->full_ns, &full, from + interval));
	return true;
}

int64_t limit_bucket_wait_ns(
	const struct limit_bucket *bucket, enum limit_period period, int64_t now_ns)
{
	int64_t interval = atomic_load_explicit(
		&bucket->interval_ns, memory_order_relaxed);
	int64_t wait;

	if (interval == 0 || interval == LIMIT_NEVER_NS)
		return interval;
	wait = atomic_load(&bucket->full_ns) - periods[period].slack_ns - now_ns;
	return wait > 0 ? wait : 0;
}

int64_t limit_bucket_wait_for_ns(const struct limit_bucket *bucket,
	enum limit_period period, uint64_t count, int64_t now_ns)
{
	int64_t interval = atomic_load_explicit(
		&bucket->interval_ns, memory_order_relaxed);
	int64_t full = atomic_load(&bucket->full_ns), ahead;

	if (interval == 0 || interval == LIMIT_NEVER_NS)
		return interval;
	if (count - 1 >= (uint64_t)(LIMIT_NEVER_NS / interval))
		return LIMIT_NEVER_NS;
	ahead = full > now_ns ? full - now_ns : 0;
	ahead += (int64_t)(count - 1) * interval - periods[period].slack_ns;
	return ahead > 0 ? ahead : 0;
}

void limit_bucket_give_back(
	struct limit_bucket *bucket, int64_t taken_ns, int64_t now_ns)
{
	int64_t interval = atomic_load(&bucket->interval_ns);
	int64_t full = atomic_load(&bucket->full_ns);

	if (interval == 0 || interval == LIMIT_NEVER_NS ||
		atomic_load(&bucket->low_ns) > taken_ns)
		return;
	note_low(bucket, now_ns);
	/* If somebody was faster: once more it could not be told who noted what. */
	atomic_compare_exchange_strong(&bucket->full_ns, &full, full - interval);
}
