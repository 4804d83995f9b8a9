/* Counts by the minute, the oldest forgotten as time passes. */
#include "base/hourly.h"

#include <string.h>

#define MINUTE_US 60000000

/* Forgets what is older. */
static void pass_time(struct hourly *hourly, int64_t minute)
{
	if (minute - hourly->minute >= HOURLY_MINUTES) {
		memset(hourly, 0, sizeof(*hourly));
		hourly->minute = minute;
	}
	while (hourly->minute < minute) {
		uint32_t *oldest = &hourly->counts[++hourly->minute % HOURLY_MINUTES];

		hourly->total -= *oldest;
		*oldest = 0;
	}
}

uint64_t hourly_total(struct hourly *hourly, int64_t now_us)
{
	pass_time(hourly, now_us / MINUTE_US);
	return hourly->total;
}

void hourly_add(struct hourly *hourly, int64_t now_us)
{
	uint32_t *count;

	pass_time(hourly, now_us / MINUTE_US);
	count = &hourly->counts[hourly->minute % HOURLY_MINUTES];
	if (*count == UINT32_MAX)
		return;
	++*count;
	hourly->total++;
}

static unsigned seconds_to_wait(
	const struct hourly *hourly, uint64_t per_hour, int64_t now_us)
{
	uint64_t left = hourly->total;
	int64_t minute = hourly->minute;

	/* The oldest minute leaves when the next one begins. */
	do {
		left -= hourly->counts[++minute % HOURLY_MINUTES];
	} while (left >= per_hour && minute < hourly->minute + HOURLY_MINUTES);
	return (unsigned)((minute * MINUTE_US - now_us) / 1000000) + 1;
}

bool hourly_take(
	struct hourly *hourly, uint64_t per_hour, int64_t now_us, unsigned *wait_s_r)
{
	if (hourly_total(hourly, now_us) < per_hour) {
		hourly_add(hourly, now_us);
		return true;
	}
	*wait_s_r = seconds_to_wait(hourly, per_hour, now_us);
	return false;
}
