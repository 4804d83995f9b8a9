/*
 * The processor's own counter: cheap enough to read at every switch.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_TICK_H
#define RINGPOST_RUN_TICK_H

#include <stdint.h>

static inline uint64_t tick_now(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#endif
}

/* Some milliseconds in ticks: after as many, it is worth asking the clock. */
static inline uint64_t tick_some_ms(void)
{
#if defined(__x86_64__)
	return 1u << 23;
#elif defined(__aarch64__)
	uint64_t per_second;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(per_second));
	return per_second / 256;
#endif
}

#endif
