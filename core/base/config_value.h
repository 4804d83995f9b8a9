/*
 * Single values as the configuration writes them: numbers, sizes, durations,
 * truths; and how a range of them is said.
 */
#ifndef RINGPOST_BASE_CONFIG_VALUE_H
#define RINGPOST_BASE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * Each gives NULL and the value, or what is wrong, to be put behind the
 * quoted text: "is not a whole number".
 */
const char *config_value_number(struct slice text, uint64_t *value_r);
/* "25 MiB", "512KiB", "10 MB", "4096": bytes. */
const char *config_value_size(struct slice text, uint64_t *bytes_r);
/* "200ms", "30s", "5m", "4h", "5d": milliseconds; "0" needs no unit. */
const char *config_value_duration(struct slice text, uint64_t *ms_r);
/* true, false, yes, no, on, off. */
const char *config_value_truth(struct slice text, bool *value_r);

#define CONFIG_VALUE_SIZE 32

/* In the largest unit that divides it: "25 MiB", "5m". Return TEXT. */
const char *config_value_say_size(uint64_t bytes, char text[CONFIG_VALUE_SIZE]);
const char *config_value_say_duration(uint64_t ms, char text[CONFIG_VALUE_SIZE]);

#endif
