/* Rates: a ring of samples of the totals. */
#include "admin/rates.h"

#include "base/memory.h"

#include "admin/call.h"
#include "daemon/fan.h"

#define EVERY_MS 5000
#define SAMPLES	 12 /* a minute of them */

struct rates {
	struct admin *admin;
	uint64_t samples[SAMPLES][RATE_COUNT];
	unsigned count; /* taken since the start */
};

const char *rate_name(enum rate rate)
{
	static const char *const names[RATE_COUNT] = {
		[RATE_RECEIVED] = "received",
		[RATE_DELIVERED] = "delivered",
		[RATE_DEFERRED] = "deferred",
		[RATE_BOUNCED] = "bounced",
	};

	return names[rate];
}

static bool count_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct relay_figures relay = relay_figures(worker->relay);
	struct submission_figures submission = submission_figures(worker->submission);
	const uint64_t totals[RATE_COUNT] = {
		[RATE_RECEIVED] = submission.accepted,
		[RATE_DELIVERED] = relay.delivered,
		[RATE_DEFERRED] = relay.deferred,
		[RATE_BOUNCED] = relay.bounced,
	};

	(void)request;
	(void)deadline;
	*result_r = value_object();
	for (enum rate rate = 0; rate < RATE_COUNT; rate++)
		value_set_number(*result_r, rate_name(rate), (int64_t)totals[rate]);
	return true;
}

static void take_sample(struct rates *rates)
{
	static const struct fan_job job = {count_here};
	uint64_t *sample = rates->samples[rates->count % SAMPLES];
	struct value *results = NULL, *request = value_object();

	if (fan_out(rates->admin->daemon, &rates->admin->fans, &job, request, &results,
		    deadline_after_ms(EVERY_MS))) {
		for (enum rate rate = 0; rate < RATE_COUNT; rate++) {
			sample[rate] = 0;
			for (size_t i = 0; i < value_count(results); i++)
				sample[rate] += (uint64_t)value_get_number(
					value_at(results, i), rate_name(rate));
		}
		rates->count++;
	}
	value_release(&results);
	value_release(&request);
}

static void watch(void *arg)
{
	struct rates *rates = arg;

	while (fiber_sleep(deadline_after_ms(EVERY_MS)))
		take_sample(rates);
}

struct rates *rates_open(struct admin *admin)
{
	struct rates *rates = NEW(struct rates);

	rates->admin = admin;
	scope_spawn(&admin->scope, "rates", watch, rates);
	return rates;
}

void rates_close(struct rates **rates)
{
	memory_free(*rates);
	*rates = NULL;
}

void rates_report(const struct rates *rates, const uint64_t totals[RATE_COUNT],
	struct value *object)
{
	static const uint64_t nothing[RATE_COUNT];
	/* The next to be written over is the oldest there is. */
	const uint64_t *oldest = rates->count >= SAMPLES
					 ? rates->samples[rates->count % SAMPLES]
					 : nothing;

	for (enum rate rate = 0; rate < RATE_COUNT; rate++)
		value_set_number(object, rate_name(rate),
			(int64_t)(totals[rate] - oldest[rate]));
}
