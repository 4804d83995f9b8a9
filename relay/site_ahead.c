/*
 * How many messages may be in flight over one connection to a site: as many as
 * its terms say, until it gets that wrong; then none but one, and slowly more.
 */
#include "base/event.h"
#include "run/worker.h"

#include "relay/site.h"

#define RAISE_MS    (60 * 60 * 1000) /* after the first time, each is longer … */
#define RAISES_MOST 24		     /* … up to so many times */

static void wait_again(struct site *site)
{
	site->ahead_raise_us = worker_now_us() +
			       (int64_t)site->ahead_faults * RAISE_MS * 1000;
}

static void tell(const struct site *site, enum event_level level, const char *reason)
{
	struct event event;

	event_begin(&event, level, "site_ahead");
	event_text(&event, "site", site->name);
	event_number(&event, "ahead", (int64_t)site->ahead);
	event_text(&event, "reason", slice_of(reason));
	event_end(&event);
}

size_t site_ahead(struct site *site)
{
	size_t most = (size_t)site->terms.ahead;

	if (site->ahead >= most || worker_now_us() < site->ahead_raise_us)
		return site->ahead;
	site->ahead = site->ahead ? site->ahead * 2 : 1;
	if (site->ahead > most)
		site->ahead = most;
	wait_again(site);
	tell(site, EVENT_INFO, "it went well for a while");
	return site->ahead;
}

void site_lower_ahead(struct site *site, size_t most, const char *reason)
{
	if (site->ahead <= most)
		return; /* several connections find out at the same time */
	site->ahead = most;
	if (site->ahead_faults < RAISES_MOST)
		site->ahead_faults++;
	wait_again(site);
	tell(site, EVENT_WARNING, reason);
}
