/*
 * A worker looks after the reactions in force: the steps up when they are due,
 * what its sites have to know, what is kept in Redis over a restart.
 */
#include "base/event.h"
#include "base/memory.h"
#include "io/redis.h"
#include "run/worker.h"

#include "shaping/reaction_match.h"
#include "relay/relay_node.h"
#include "relay/site_react.h"

#define WATCH_MS 200

static struct slice hash_key(const struct relay *relay, struct arena *arena)
{
	return arena_format(arena, "rp:react:%s", relay->config->hostname);
}

static void save(struct relay *relay)
{
	struct arena arena = {0};

	if (relay->options.redis)
		reacts_save(relay->options.node->reacts, relay->options.redis,
			hash_key(relay, &arena));
	arena_finish(&arena);
}

static void tell_step(void *context, struct react_scope *scope)
{
	struct react react = reacts_look(scope);
	struct buffer text = {0};
	struct event event;

	(void)context;
	react_say(&react, &text);
	event_begin(&event, EVENT_INFO,
		react_is_over(&react) ? "reaction_over" : "reaction_step");
	event_text(&event, "scope", slice_of(reaction_scope_name(scope->kind)));
	event_text(&event, "name", scope->key);
	event_text(&event, "rule", slice_of(react.name));
	event_text(&event, "place", slice_of(react.place));
	if (!react_is_over(&react)) {
		event_text(&event, "now", buffer_contents(&text));
		event_seconds(&event, "next",
			(react_next_ms(&react) - worker_wall_ms()) * 1000);
	}
	event_end(&event);
	buffer_finish(&text);
}

void relay_serve_sites(struct relay *relay)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *site;

	while (map_next(&relay->sites, &cursor, &key, &site))
		site_serve_soon(site);
}

void relay_refresh_sites(struct relay *relay)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	while (map_next(&relay->sites, &cursor, &key, &value)) {
		struct site *site = value;

		if (!site_is_stale(site))
			continue;
		site->holders++;
		site_refresh(site);
		site_serve_soon(site);
		site_release(&site);
	}
}

static void watch(struct timer *timer)
{
	struct relay *relay = CONTAINER_OF(timer, struct relay, react_timer);

	reacts_advance(relay->options.node->reacts, worker_wall_ms(), tell_step, NULL);
	relay_refresh_sites(relay);
	save(relay);
	relay_watch_reactions(relay);
}

void relay_watch_reactions(struct relay *relay)
{
	const struct reacts *reacts = relay->options.node->reacts;

	if (relay->react_timer.heap_place || relay->draining ||
		(!reacts_in_force(reacts) &&
			(!relay->options.redis || !reacts_are_unsaved(reacts))))
		return;
	relay->react_timer.run = watch;
	timer_start(&relay->react_timer, deadline_after_ms(WATCH_MS));
}

void relay_load_reactions(struct relay *relay, struct deadline deadline)
{
	struct arena arena = {0};

	if (relay->options.redis && redis_wait_up(relay->options.redis, deadline) &&
		reacts_load(relay->options.node->reacts, relay->options.redis,
			hash_key(relay, &arena), deadline))
		relay_refresh_sites(relay);
	arena_finish(&arena);
	relay_watch_reactions(relay);
}

void relay_stop_reactions(struct relay *relay)
{
	timer_stop(&relay->react_timer);
	save(relay);
}
