/* What decides how soon mail to a domain is out. */
#include "relay/forecast.h"

#include "base/memory.h"
#include "relay/destination.h"
#include "relay/entry_limits.h"
#include "relay/relay_node.h"
#include "relay/site.h"
#include "relay/site_react.h"
#include "relay/warmup.h"

static int64_t shut_until(const struct site *site)
{
	int64_t left_alone = site_backoff_ms(site), warmed = 0;

	if (site->schedule)
		warmed = warmup_shut_until(site->schedule->warmup, worker_wall_ms());
	return warmed > left_alone ? warmed : left_alone;
}

static uint64_t connections_most(const struct site *site)
{
	size_t learned = ceiling_limit(&site->ceiling, worker_now_us());
	uint64_t most = site->terms.limits.connections;

	return learned && (!most || learned < most) ? learned : most;
}

static struct relay_forecast look(struct site *site)
{
	struct relay_forecast forecast = {
		.site = site->name,
		.source = site->source->name,
		.waiting = site->waiting_count,
		.connections = site->connection_count,
		.connections_most = connections_most(site),
		.shut_until_ms = shut_until(site),
		.trouble = slice_of(site->trouble),
	};

	forecast.sent = pace_look(&site->pace, worker_now_us(), &forecast.sent_in_ms);
	forecast.sent_in_ms /= 1000;
	forecast.rate = reacts_rate(site->reacts.site, &forecast.stopped);
	return forecast;
}

static void look_at_limits(const struct path *path, struct slice domain,
	const struct relay_forecast_mail *mail, struct relay_forecast *forecast)
{
	struct relay *relay = path->site->relay;

	for (size_t i = 0; i < ARRAY_COUNT(mail->counts); i++) {
		struct limit_forecast *limits = &forecast->limits[i];

		limits_forecast(
			&path->site->limits, mail->counts[i], worker_now_us(), limits);
		entry_limits_forecast_domain(
			relay, domain, path->source, mail->counts[i], limits);
		for (size_t j = 0; j < mail->tenant_count; j++)
			entry_limits_forecast_tenant(relay, mail->tenants[j].name,
				mail->tenants[j].counts[i], limits);
	}
}

bool relay_forecast(struct relay *relay, struct slice domain,
	const struct relay_forecast_mail *mail,
	void (*visit)(void *context, const struct relay_forecast *forecast),
	void *context)
{
	struct destination *destination = destination_find(relay, domain);

	if (!destination || list_is_empty(&destination->paths))
		return false;
	LIST_EACH (&destination->paths, link) {
		const struct path *path = CONTAINER_OF(link, struct path, link);
		struct relay_forecast forecast = look(path->site);

		look_at_limits(path, domain, mail, &forecast);
		visit(context, &forecast);
	}
	return true;
}

int64_t relay_suspended_until(struct relay *relay, const struct entry *entry)
{
	const struct suspension *suspension = suspended_by(
		relay, entry, destination_of(relay, entry));

	if (!suspension)
		return 0;
	return suspension->until_ms ? suspension->until_ms : INT64_MAX;
}
