/* A calendar the test can wind; deadlines stay real. */
#ifndef RINGPOST_TESTS_QUEUE_CLOCK_WOUND_H
#define RINGPOST_TESTS_QUEUE_CLOCK_WOUND_H

#include <stdint.h>

void clock_wind_ms(int64_t ms);

#endif
