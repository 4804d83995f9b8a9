/* Sizes, times and rates as people write them, and times as people read them. */
#ifndef RINGPOST_BENCH_AMOUNT_H
#define RINGPOST_BENCH_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* "4096", "64k", "25m", "1g": powers of 1024. */
bool amount_read_size(struct slice text, uint64_t *bytes_r);
/* "500us", "200ms", "1.5s", "5m", "2h"; without a unit: seconds. */
bool amount_read_time(struct slice text, int64_t *us_r);
/* "500", "0.5", "500/s", "30/m", "100/h": as so many a second, above 0. */
bool amount_read_rate(struct slice text, double *per_second_r);

/* "9600", "64k", "10m", "1g", also with "/s" or "bit/s": powers of 1000, from
 * 1000 a second on. */
bool amount_read_bits(struct slice text, uint64_t *per_second_r);

#define AMOUNT_DIGITS 20
/* Decimal digits, no NUL; how many. */
size_t amount_print_number(uint64_t number, char digits[AMOUNT_DIGITS]);

#define AMOUNT_TEXT_SIZE 24

/* "870 us", "3.14 ms", "1.20 s" into TEXT, which it returns. */
const char *amount_print_time(uint64_t us, char text[AMOUNT_TEXT_SIZE]);

#endif
