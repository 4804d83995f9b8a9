/* How long limits take for many messages: a look ahead, nothing is taken. */
#ifndef RINGPOST_LIMITS_LIMITS_FORECAST_H
#define RINGPOST_LIMITS_LIMITS_FORECAST_H

#include "limits/limits.h"

struct limit_forecast {
	int64_t wait_us; /* from now, until the last may go; INT64_MAX: it is shut */
	const struct limits *limits; /* that takes the longest; NULL: none does */
	enum limit_period period;
};

/*
 * When the last of COUNT messages may go if they are all that goes: of the limits in
 * SET, what was sent in their periods counted in. FORECAST has what other sets
 * gave, and is changed where this one takes longer; zeroed it is the first. Of limits
 * that nodes share the whole is taken for ours, and as unused.
 */
void limits_forecast(const struct limit_set *set, uint64_t count, int64_t now_us,
	struct limit_forecast *forecast);
/* "provider google: 2000 messages a day"; nothing where there is no limit. */
void limits_forecast_say(const struct limit_forecast *forecast, struct buffer *text);
/* "second", "minute" … */
const char *limits_period_name(enum limit_period period);

#endif
