/*
 * The back-off of a site: when it counts as down, for how long it is left
 * alone, and what ends that.
 */
#include <string.h>

#include "base/event.h"
#include "base/random.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/outcome.h"
#include "relay/retry.h"
#include "relay/site.h"
#include "relay/signal.h"
#include "relay/site_react.h"

#define TROUBLES_MAX 5	     /* broken deliveries in a row */
#define LATELY_US    1000000 /* connections that were made together */

bool site_is_down(const struct site *site)
{
	return site->backoff_until_us > worker_now_us() || site_suspended_ms(site);
}

int64_t site_backoff_ms(const struct site *site)
{
	int64_t left_us = site->backoff_until_us - worker_now_us();
	int64_t suspended_ms = site_suspended_ms(site);
	int64_t until_ms = left_us > 0 ? worker_wall_ms() + left_us / 1000 : 0;

	return suspended_ms > until_ms ? suspended_ms : until_ms;
}

static void note_trouble(
	struct site *site, const struct verdict *verdict, struct slice host)
{
	struct slice said = verdict_print(verdict, site->trouble, TROUBLE_MAX);
	size_t room = TROUBLE_MAX - said.size - 1;

	if (host.size == 0 || room < host.size + 8)
		return;
	memcpy(site->trouble + said.size, " (", 2);
	memcpy(site->trouble + said.size + 2, host.at, host.size);
	memcpy(site->trouble + said.size + 2 + host.size, ")", 2);
}

static void settle_waiting(struct site *site, const struct verdict *verdict,
	struct slice host, const struct timing_steps *steps)
{
	struct attempt attempt = {
		.host = host, .source = site->source->name, .connecting = steps};
	struct list waiting;
	struct link *link;

	list_init(&waiting);
	site->holders++; /* emptying it may let it go */
	site_empty(site, &waiting);
	while ((link = list_take(&waiting)))
		outcome_settle_all(site->relay, site,
			CONTAINER_OF(link, struct entry, link), verdict, &attempt);
	site_release(&site);
}

static void tell_source(struct event *event, const struct site *site)
{
	if (site->source->name.size)
		event_text(event, "source", site->source->name);
}

static void back_off(struct site *site)
{
	int64_t wait_ms = retry_backoff_ms(
		&site->routes->config->relay, ++site->failures, random_u64());
	struct event event;

	site->troubles = 0;
	site->backoff_until_us = worker_now_us() + wait_ms * 1000;
	event_begin(&event, EVENT_WARNING, "site_down");
	event_text(&event, "site", site->name);
	tell_source(&event, site);
	event_text(&event, "trouble", slice_of(site->trouble));
	event_number(&event, "failures", site->failures);
	event_number(&event, "waiting", (int64_t)site->waiting_count);
	event_seconds(&event, "wait", wait_ms * 1000);
	event_end(&event);
	LIST_EACH (&site->paths, link)
		destination_postpone(
			CONTAINER_OF(link, struct path, site_link)->destination);
}

static void tell_up(const struct site *site)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "site_up");
	event_text(&event, "site", site->name);
	tell_source(&event, site);
	event_number(&event, "failures", site->failures);
	event_end(&event);
}

/* Too many at a time, says the receiver, and others are being made: they tell
 * whether it takes any. */
static bool is_crowded(const struct site *site, const struct verdict *verdict)
{
	return site->coming > 1 && signal_of_reply(verdict->stage, &verdict->reply,
					   false) == SIGNAL_CONNECTIONS;
}

void site_failed(struct site *site, const struct verdict *verdict, struct slice host,
	const struct timing_steps *steps)
{
	size_t open = site->connection_count - site->coming;

	if (site_is_down(site))
		return; /* several find out at the same time */
	note_trouble(site, verdict, host);
	if (site_hear(site, NULL, verdict, worker_now_us() - LATELY_US, host) &&
		site_is_down(site))
		return;
	if (verdict->kind == VERDICT_LATER) {
		if (ceiling_note_refused(&site->ceiling, open, worker_now_us()) ||
			is_crowded(site, verdict)) {
			site_tell_ceiling(site, slice_of(site->trouble));
			site_serve_soon(site);
			return;
		}
		back_off(site);
	}
	settle_waiting(site, verdict, host, steps);
}

void site_troubled(struct site *site, const struct verdict *verdict, struct slice host)
{
	note_trouble(site, verdict, host);
	if (++site->troubles < TROUBLES_MAX || site_is_down(site))
		return;
	back_off(site);
	settle_waiting(site, verdict, host, NULL);
}

/* What was put off may come at once. */
static void ask_again(struct site *site)
{
	LIST_EACH (&site->paths, link)
		destination_resume(
			CONTAINER_OF(link, struct path, site_link)->destination);
	site_want(site);
}

void site_worked(struct site *site)
{
	if (!site->failures && !site->troubles && !site->trouble[0])
		return;
	if (site->failures)
		tell_up(site);
	site->failures = site->troubles = 0;
	site->backoff_until_us = 0;
	site->trouble[0] = '\0';
	ask_again(site);
}

void site_try_now(struct site *site)
{
	if (!site_is_down(site))
		return;
	site->backoff_until_us = 0;
	ask_again(site);
}
