/* How many messages went through of late: a minute in slots. No allocation. */
#ifndef RINGPOST_RELAY_PACE_H
#define RINGPOST_RELAY_PACE_H

#include <stddef.h>
#include <stdint.h>

#define PACE_SLOTS   12
#define PACE_SLOT_US INT64_C(5000000)

/* Zeroed memory is one where nothing went through yet. */
struct pace {
	uint32_t counts[PACE_SLOTS];
	int64_t slot;	  /* the newest, of all time */
	int64_t since_us; /* the first after a quiet minute */
};

void pace_add(struct pace *pace, size_t count, int64_t now_us);
/* Messages of the last minute, and in *period_us_r in how long: since the first, if
 * it began in it. 0: there were none. */
uint64_t pace_look(const struct pace *pace, int64_t now_us, int64_t *period_us_r);

#endif
