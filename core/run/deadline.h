/*
 * Deadlines: absolute, on the monotonic clock. The last parameter of every
 * function that may suspend, and of no other.
 */
#ifndef RINGPOST_RUN_DEADLINE_H
#define RINGPOST_RUN_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	int64_t at_us;
};

/* MS milliseconds from this turn's clock; 0 or less: already passed. */
struct deadline deadline_after_ms(int64_t ms);
/* For waits that end with their scope: listeners, background loops. */
struct deadline deadline_none(void);
struct deadline deadline_earlier(struct deadline a, struct deadline b);
bool deadline_has_passed(struct deadline deadline);
/* Milliseconds left, 0 when passed, INT64_MAX for none. */
int64_t deadline_left_ms(struct deadline deadline);

#endif
