/* How much of each kind happened in the last minute: totals, looked at every
 * few seconds. Worker 0's. */
#ifndef RINGPOST_ADMIN_RATES_H
#define RINGPOST_ADMIN_RATES_H

#include <stdint.h>

struct admin;
struct rates;
struct value;

enum rate { RATE_RECEIVED, RATE_DELIVERED, RATE_DEFERRED, RATE_BOUNCED, RATE_COUNT };

const char *rate_name(enum rate rate);

/* Its fiber lives in the admin's scope. */
struct rates *rates_open(struct admin *admin);
void rates_close(struct rates **rates);
/* Sets each by name in OBJECT: what was counted in the last minute, or since
 * the start when that is younger. TOTALS are those of now. */
void rates_report(const struct rates *rates, const uint64_t totals[RATE_COUNT],
	struct value *object);

#endif
