/* The kernel's clocks, with a calendar the test can wind; linked in place of
 * base/clock.c. */
#include "clock_wound.h"

#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"

static _Atomic int64_t ahead_ms;

static int64_t read_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000 + atomic_load(&ahead_ms);
}

int64_t clock_thread_cpu_us(void)
{
	return read_us(CLOCK_THREAD_CPUTIME_ID);
}

void clock_wind_ms(int64_t ms)
{
	atomic_fetch_add(&ahead_ms, ms);
}
