/*
 * Egress: every few seconds one worker looks whether the sources' addresses are
 * here; each takes what waits for a source that is out to another one.
 */
#include "relay/egress.h"

#include "base/event.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/relay_node.h"
#include "relay/site.h"

#define WATCH_MS 1000
#define LOOK_MS	 10000 /* for a thread of the pool to look */
#define UNFIT_US (300 * INT64_C(1000000))

void site_hand_over(struct site *site)
{
	struct relay *relay = site->relay;
	struct list waiting;
	struct link *link;

	list_init(&waiting);
	site->holders++; /* emptying it may let it go */
	site_empty(site, &waiting);
	while ((link = list_take(&waiting)))
		destination_take(relay, CONTAINER_OF(link, struct entry, link));
	site_release(&site);
}

void site_unfit(struct site *site, const struct verdict *verdict)
{
	site->unfit_until_us = worker_now_us() + UNFIT_US;
	verdict_print(verdict, site->trouble, TROUBLE_MAX);
	site_hand_over(site);
}

/* A connection from an address that is gone leads nowhere. */
static void dismiss_idle(struct site *site)
{
	while (connection_dismiss_one(site))
		continue;
}

static void keep_off(struct relay *relay)
{
	struct list out;
	struct map_cursor cursor = {0};
	struct link *link;
	struct slice key;
	void *value;

	list_init(&out);
	while (map_next(&relay->sites, &cursor, &key, &value)) {
		struct site *site = value;

		if (source_is_usable(site->source, worker_now_us()))
			continue;
		dismiss_idle(site);
		site->holders++;
		site_empty(site, &out);
		site_release(&site);
	}
	while ((link = list_take(&out)))
		destination_take(relay, CONTAINER_OF(link, struct entry, link));
}

/* Sources came back: what was put off for want of one may come. */
static void resume(struct relay *relay)
{
	unsigned ups = source_states_ups(relay->options.node->sources);

	if (relay->source_ups == ups)
		return;
	relay->source_ups = ups;
	LIST_EACH (&relay->recent, link)
		destination_resume(CONTAINER_OF(link, struct destination, recent_link));
}

static void look(void *arg)
{
	sources_look(arg);
}

static void watch(void *arg)
{
	struct relay *relay = arg;
	struct sources *sources = sources_hold(relay->sources);

	if (sources->watched &&
		source_states_turn(relay->options.node->sources, worker_now_us()))
		offload(look, sources, deadline_after_ms(LOOK_MS));
	if (sources == relay->sources && !relay->draining) {
		keep_off(relay);
		resume(relay);
	}
	sources_release(&sources);
	if (relay->sources->pooled && !relay->draining)
		timer_start(&relay->watch, deadline_after_ms(WATCH_MS));
}

static void wake(struct timer *timer)
{
	struct relay *relay = CONTAINER_OF(timer, struct relay, watch);

	if (!scope_spawn(&relay->scope, "relay-sources", watch, relay))
		timer_start(timer, deadline_after_ms(WATCH_MS));
}

void egress_start(struct relay *relay)
{
	sources_look(relay->sources);
	relay->watch.run = wake;
	if (relay->sources->pooled)
		timer_start(&relay->watch, deadline_after_ms(WATCH_MS));
	else
		timer_stop(&relay->watch);
}
