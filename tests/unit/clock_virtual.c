/* Clocks that a test winds, linked in place of base/clock.c. */
#include "clock_virtual.h"

#include <stdatomic.h>

#include "base/clock.h"

static _Atomic int64_t now_us, wall_us, cpu_us;

void clock_virtual_set(int64_t monotonic_us, int64_t wall_ms)
{
	now_us = monotonic_us;
	wall_us = wall_ms * 1000;
}

void clock_virtual_advance_us(int64_t us)
{
	now_us += us;
	wall_us += us;
}

void clock_virtual_spend_us(int64_t us)
{
	cpu_us += us;
}

int64_t clock_monotonic_us(void)
{
	return now_us;
}

int64_t clock_wall_ms(void)
{
	return wall_us / 1000;
}

int64_t clock_thread_cpu_us(void)
{
	return cpu_us;
}
