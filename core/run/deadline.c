/*
 * Deadlines, in the time of the worker's turn.
 */
#include "run/deadline.h"

#include "run/worker.h"

struct deadline deadline_after_ms(int64_t ms)
{
	int64_t now = worker_now_us(), us, at;

	if (ms <= 0)
		return (struct deadline){now};
	if (__builtin_mul_overflow(ms, 1000, &us) ||
		__builtin_add_overflow(now, us, &at))
		return deadline_none();
	return (struct deadline){at};
}

struct deadline deadline_none(void)
{
	return (struct deadline){INT64_MAX};
}

struct deadline deadline_earlier(struct deadline a, struct deadline b)
{
	return a.at_us < b.at_us ? a : b;
}

bool deadline_has_passed(struct deadline deadline)
{
	return deadline.at_us <= worker_now_us();
}

int64_t deadline_left_ms(struct deadline deadline)
{
	int64_t left;

	if (deadline.at_us == INT64_MAX)
		return INT64_MAX;
	left = deadline.at_us - worker_now_us();
	return left <= 0 ? 0 : (left + 999) / 1000;
}
