/*
 * Virtual time, for tests that link a clock they wind themselves.
 *
 * IDLE is called, on the worker's own stack, when no fiber is runnable and
 * nothing from outside can come (no operation in the kernel, no offloaded
 * job): nothing will ever happen before NEXT_TIMER_US on the monotonic clock,
 * so it winds the clock there. When there is not even a timer, every fiber
 * waits for another: the worker says which and aborts.
 *
 * For all workers of the process; NULL: real time. Set before worker_run.
 */
#ifndef RINGPOST_RUN_VIRTUAL_H
#define RINGPOST_RUN_VIRTUAL_H

#include <stdint.h>

void worker_set_idle(void (*idle)(int64_t next_timer_us));

#endif
