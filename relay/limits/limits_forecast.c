/* How long limits take for many messages. */
#include "limits/limits_forecast.h"

#include <inttypes.h>

static int64_t wait_ns(
	struct limits *limits, enum limit_period period, uint64_t count, int64_t now_ns)
{
	uint64_t most;

	if (!limits->share)
		return limit_bucket_wait_for_ns(
			&limits->messages[period], period, count, now_ns);
	most = limits_terms(limits).messages[period];
	return most ? (int64_t)((count - 1) / most) * limit_period_ns(period) : 0;
}

void limits_forecast(const struct limit_set *set, uint64_t count, int64_t now_us,
	struct limit_forecast *forecast)
{
	for (size_t i = 0; count && i < set->count; i++)
		for (enum limit_period period = PER_SECOND; period < PERIODS;
			period++) {
			struct limits *limits = set->at[i].limits;
			int64_t wait = wait_ns(limits, period, count, now_us * 1000);

			wait = wait >= LIMIT_NEVER_NS ? INT64_MAX : wait / 1000;
			if (wait <= forecast->wait_us)
				continue;
			*forecast = (struct limit_forecast){wait, limits, period};
		}
}

void limits_forecast_say(const struct limit_forecast *forecast, struct buffer *text)
{
	const struct limits *limits = forecast->limits;

	if (!limits)
		return;
	buffer_append_format(text, "%s", limits_scope_name(limits->scope));
	if (limits->scope != LIMIT_ALL)
		buffer_append_format(text, " %.*s", SLICE_PRINT(limits->key));
	if (forecast->wait_us == INT64_MAX)
		buffer_append(text, SLICE(": nothing may be sent"));
	else
		buffer_append_format(text, ": %" PRIu64 " messages a %s",
			limits_terms(limits).messages[forecast->period],
			limits_period_name(forecast->period));
}
