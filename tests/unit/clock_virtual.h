/*
 * Clocks a test winds itself. List ../clock_virtual.c among the test's sources:
 * it is linked in place of base/clock.c. Both clocks begin at 0 and stand still.
 */
#ifndef RINGPOST_TESTS_CLOCK_VIRTUAL_H
#define RINGPOST_TESTS_CLOCK_VIRTUAL_H

#include <stdint.h>

void clock_virtual_set(int64_t monotonic_us, int64_t wall_ms);
/* Moves both clocks; the thread's CPU time only moves by _spend. */
void clock_virtual_advance_us(int64_t us);
void clock_virtual_spend_us(int64_t us);

#endif
