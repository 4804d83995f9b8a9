/* Looks at what waits in all lines, once a second while there is any. */
#include "relay/expiry.h"

#include "run/worker.h"

#include "relay/site.h"

static void look(struct timer *timer)
{
	struct relay *relay = CONTAINER_OF(timer, struct relay, expiry);
	struct map_cursor cursor = {0};
	struct slice key;
	bool waits = false;
	void *value;

	while (map_next(&relay->sites, &cursor, &key, &value)) {
		struct site *site = value;

		if (site->waiting_count == 0)
			continue;
		waits = true;
		site_expire(site);
	}
	if (waits)
		expiry_look_soon(relay);
}

void expiry_look_soon(struct relay *relay)
{
	if (relay->expiry.heap_place || relay->draining)
		return;
	relay->expiry.run = look;
	timer_start(&relay->expiry, deadline_after_ms(EXPIRY_LOOK_MS));
}

void expiry_stop(struct relay *relay)
{
	timer_stop(&relay->expiry);
}
