/*
 * How often something happened in the last 60 minutes, by the minute: what
 * limits "an hour" are kept with. Zeroed memory has seen nothing.
 */
#ifndef RINGPOST_BASE_HOURLY_H
#define RINGPOST_BASE_HOURLY_H

#include <stdbool.h>
#include <stdint.h>

#define HOURLY_MINUTES 61 /* any 60 minutes lie in them */

struct hourly {
	int64_t minute; /* the newest */
	uint64_t total;
	uint32_t counts[HOURLY_MINUTES]; /* minute N at N % HOURLY_MINUTES */
};

/* So many by now. */
uint64_t hourly_total(struct hourly *hourly, int64_t now_us);
/* One more. */
void hourly_add(struct hourly *hourly, int64_t now_us);
/* One more unless it is one too many: then false, with the seconds until there is
 * room again. */
bool hourly_take(
	struct hourly *hourly, uint64_t per_hour, int64_t now_us, unsigned *wait_s_r);

#endif
