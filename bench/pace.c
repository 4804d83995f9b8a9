/* Which message is next, and when it is due. */
#include "bench/pace.h"

#define ASK_AGAIN_US 2000

static int64_t due(const struct pace *pace, int64_t start_us, uint64_t number);
static bool is_beyond(
	const struct pace *pace, int64_t start_us, uint64_t number, int64_t due_us);

void pace_init(struct pace *pace, unsigned waited_for)
{
	atomic_init(&pace->waited_for, pace->rate > 0 ? waited_for : 0);
	atomic_init(&pace->start_us, 0);
	atomic_init(&pace->next, 0);
}

void pace_ready(struct pace *pace, int64_t now_us)
{
	int64_t unset = 0;

	if (pace->rate > 0 && atomic_fetch_sub(&pace->waited_for, 1) == 1)
		atomic_compare_exchange_strong(&pace->start_us, &unset, now_us);
}

enum pace_answer pace_take(struct pace *pace, int64_t now_us, bool ahead,
	uint64_t *number_r, int64_t *due_us_r)
{
	int64_t start_us = atomic_load(&pace->start_us), unset = 0, due_us;
	uint64_t number;

	if (!start_us && pace->rate > 0) {
		*due_us_r = now_us + ASK_AGAIN_US;
		return PACE_LATER;
	}
	if (!start_us) {
		atomic_compare_exchange_strong(&pace->start_us, &unset, now_us);
		start_us = atomic_load(&pace->start_us);
	}
	number = atomic_load(&pace->next);
	do {
		due_us = pace->rate > 0 ? due(pace, start_us, number) : now_us;
		if (is_beyond(pace, start_us, number, due_us))
			return PACE_OVER;
		if (due_us > now_us && !ahead) {
			*due_us_r = due_us;
			return PACE_LATER;
		}
	} while (!atomic_compare_exchange_weak(&pace->next, &number, number + 1));
	*number_r = number;
	*due_us_r = due_us;
	return PACE_TAKEN;
}

bool pace_is_over(struct pace *pace, int64_t now_us)
{
	int64_t start_us = atomic_load(&pace->start_us);
	uint64_t number = atomic_load(&pace->next);

	return start_us &&
	       is_beyond(pace, start_us, number,
		       pace->rate > 0 ? due(pace, start_us, number) : now_us);
}

bool pace_is_out_of_time(struct pace *pace, int64_t now_us)
{
	int64_t start_us = atomic_load(&pace->start_us);

	return pace->duration_us && start_us && now_us - start_us >= pace->duration_us;
}

static int64_t due(const struct pace *pace, int64_t start_us, uint64_t number)
{
	return start_us + (int64_t)((double)number * 1e6 / pace->rate);
}

static bool is_beyond(
	const struct pace *pace, int64_t start_us, uint64_t number, int64_t due_us)
{
	return (pace->messages && number >= pace->messages) ||
	       (pace->duration_us && due_us - start_us >= pace->duration_us);
}
