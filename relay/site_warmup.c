/*
 * A site whose source warms up: each message takes one of the day's, a fiber
 * gets more of them, and where there are no more the line goes elsewhere.
 */
#include "base/memory.h"
#include "run/worker.h"

#include "relay/egress.h"
#include "relay/site.h"
#include "relay/warmup.h"

#define ASK_MS	  5000
#define RETURN_MS 2000

struct asking {
	struct relay *relay;
	struct sources *sources; /* held */
	const struct source_schedule *schedule;
};

/* Sites wait for it in any worker; those of others look again by themselves. */
static void serve_all(struct relay *relay, const struct source_schedule *schedule)
{
	struct site **sites = memory_allocate_array(
		relay->sites.count + 1, sizeof(*sites));
	struct map_cursor cursor = {0};
	size_t count = 0;
	struct slice key;
	void *value;

	while (map_next(&relay->sites, &cursor, &key, &value)) {
		struct site *site = value;

		if (site->schedule != schedule)
			continue;
		site->holders++;
		sites[count++] = site;
	}
	for (size_t i = 0; i < count; i++) {
		if (warmup_shut_until(schedule->warmup, worker_wall_ms()))
			site_hand_over(sites[i]);
		else
			site_serve(sites[i]);
		site_release(&sites[i]);
	}
	memory_free(sites);
}

static void get_more(void *arg)
{
	struct asking *asking = arg;
	const struct source_schedule *schedule = asking->schedule;
	struct warmup *warmup = schedule->warmup;

	if (!warmup_shut_until(warmup, worker_wall_ms()))
		warmup_ask(warmup, schedule->config, asking->relay->options.redis,
			deadline_after_ms(ASK_MS));
	atomic_store(&warmup->asking, false);
	if (!asking->relay->draining)
		serve_all(asking->relay, schedule);
	sources_release(&asking->sources);
	memory_free(asking);
}

static void start_asking(struct site *site)
{
	struct warmup *warmup = site->schedule->warmup;
	struct asking *asking;

	if (site->relay->draining || atomic_exchange(&warmup->asking, true))
		return;
	asking = NEW(struct asking);
	asking->relay = site->relay;
	asking->sources = sources_hold(site->sources);
	asking->schedule = site->schedule;
	if (scope_spawn(&site->relay->scope, "relay-warmup", get_more, asking))
		return;
	atomic_store(&warmup->asking, false);
	sources_release(&asking->sources);
	memory_free(asking);
}

bool site_awaits_warmup(struct site *site)
{
	if (!site->schedule ||
		warmup_is_at_hand(site->schedule->warmup, worker_wall_ms()))
		return false;
	start_asking(site);
	return true;
}

bool site_take_warmup(struct site *site)
{
	if (!site->schedule || warmup_take(site->schedule->warmup, worker_wall_ms()))
		return true;
	start_asking(site);
	return false;
}

void egress_end(struct relay *relay)
{
	struct sources *sources = relay->sources;

	for (size_t i = 0; i < sources->count; i++)
		for (size_t j = 0; j < sources->list[i].schedule_count; j++)
			warmup_return(sources->list[i].schedules[j].warmup,
				sources->list[i].schedules[j].config,
				relay->options.redis, deadline_after_ms(RETURN_MS));
}
