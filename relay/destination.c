/*
 * Destinations: what is known about each domain, for as long as DNS said. Mail
 * for a domain not known yet waits while one fiber asks for all of it.
 */
#include "relay/destination.h"

#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "run/worker.h"

#include "relay/entry_limits.h"
#include "relay/hosts_sts.h"
#include "relay/local.h"
#include "relay/outcome.h"
#include "relay/retry.h"
#include "relay/site.h"
#include "relay/tls_account.h"
#include "relay/suspended.h"

#define KEY_SIZE      (DOMAIN_SIZE_MAX + 1 + ROUTE_SIZE_MAX + 1)
#define LOOKUP_MS     60000 /* DNS has its own, shorter limits */
#define FRESH_MIN_S   60
#define FRESH_MAX_S   3600
#define REFUSAL_MAX_S 300   /* how long "no such domain" is believed */
#define NO_FIBER_MS   10000 /* too many fibers: try again after */

struct destination *destination_find(struct relay *relay, struct slice domain)
{
	return map_find(&relay->destinations, domain);
}

/* In TEXT, where it has a route. */
static struct slice key_of(const struct entry *entry, char text[KEY_SIZE])
{
	size_t size = entry->domain.size, more = entry->route.size;

	if (more == 0 || size > DOMAIN_SIZE_MAX || more > ROUTE_SIZE_MAX)
		return entry->domain;
	if (size)
		memcpy(text, entry->domain.at, size);
	text[size] = ' ';
	memcpy(text + size + 1, entry->route.at, more);
	return slice_make(text, size + 1 + more);
}

struct destination *destination_of(struct relay *relay, const struct entry *entry)
{
	char text[KEY_SIZE];

	return map_find(&relay->destinations, key_of(entry, text));
}

static void destroy(struct destination *destination)
{
	destination_leave_paths(destination);
	list_remove(&destination->recent_link);
	map_remove(&destination->relay->destinations, destination->key);
	arena_finish(&destination->arena);
	memory_free((void *)(uintptr_t)destination->key.at);
	memory_free(destination);
}

/* The one that was not used for the longest time makes room. */
static void make_room(struct relay *relay)
{
	LIST_EACH_SAFE (&relay->recent, link) {
		struct destination *old = CONTAINER_OF(
			link, struct destination, recent_link);

		if (relay->destinations.count < DESTINATIONS_MAX)
			return;
		if (!old->resolving)
			destroy(old);
	}
}

static struct destination *make(struct relay *relay, const struct entry *entry)
{
	char text[KEY_SIZE];
	struct slice key = key_of(entry, text);
	struct destination *destination = NEW(struct destination);

	make_room(relay);
	destination->relay = relay;
	destination->key = slice_make(memory_copy_text(key), key.size);
	destination->domain = slice_part(destination->key, 0, entry->domain.size);
	if (entry->route.size)
		destination->route = slice_from(
			destination->key, entry->domain.size + 1);
	list_init(&destination->waiting);
	list_init(&destination->paths);
	list_init(&destination->ways);
	list_append(&relay->recent, &destination->recent_link);
	map_set(&relay->destinations, destination->key, destination);
	return destination;
}

static bool is_fresh(const struct destination *destination)
{
	return destination->fresh_until_us > worker_now_us();
}

static size_t at_most(size_t wanted, size_t most)
{
	return wanted < most ? wanted : most;
}

/* What is urgent does not wait behind what is not, here either. */
static size_t unknown_wanted(
	const struct destination *destination, const struct flow_class *class)
{
	size_t waiting = class->urgent ? destination->waiting_urgent
				       : destination->waiting_count;

	return waiting < UNKNOWN_WANTED ? UNKNOWN_WANTED - waiting : 0;
}

size_t destination_wanted(struct relay *relay, struct slice domain, struct slice flow,
	struct taker_room *room_r)
{
	struct destination *destination = destination_find(relay, domain);
	struct flow_class class = flow_class_of(relay, flow);
	size_t most = IN_HAND_MAX + (class.urgent ? IN_HAND_URGENT : 0), wanted;

	room_r->urgent = class.urgent;
	if (relay->draining)
		return 0;
	if (relay->suspended.set && suspended_wanted(relay, domain, &wanted))
		return relay->in_hand < most ? wanted : 0;
	if (relay->in_hand >= most) {
		room_r->list = &relay->asked;
		return 0;
	}
	most -= relay->in_hand;
	if (local_captures_flow(relay, flow))
		return at_most(local_wanted(relay, room_r), most);
	if (!destination)
		return at_most(UNKNOWN_WANTED, most);
	if (destination->local && is_fresh(destination))
		return at_most(local_wanted(relay, room_r), most);
	/* It is wanted again once it is known. */
	if (destination->resolving)
		return at_most(unknown_wanted(destination, &class), most);
	if (!is_fresh(destination))
		return at_most(UNKNOWN_WANTED, most);
	if (destination->deliverable)
		return at_most(
			destination_paths_wanted(destination, &class, room_r), most);
	/* Else it is postponed until it is asked again. */
	return destination->verdict.kind == VERDICT_LATER
		       ? 0
		       : at_most(UNKNOWN_WANTED, most);
}

static void take_path(struct destination *destination, struct entry *entry)
{
	struct path *path = destination_path(destination, entry);

	if (!path)
		return;
	entry_limits_attach(entry, destination, path->site);
	site_add(path->site, entry);
}

static void hand_on(struct destination *destination, struct entry *entry)
{
	struct relay *relay = destination->relay;
	struct attempt attempt = {.host = SLICE_EMPTY};

	if (destination->discard)
		outcome_discard(relay, entry);
	else if (relay->suspended.set && suspended_keep(relay, entry, destination))
		return;
	else if (destination->local)
		local_take(relay, entry);
	else if (destination->deliverable)
		take_path(destination, entry);
	else
		outcome_settle_all(relay, NULL, entry, &destination->verdict, &attempt);
}

static void learn_refusal(struct destination *destination, const struct hosts *hosts)
{
	destination_leave_paths(destination);
	arena_reset(&destination->arena);
	destination->deliverable = false;
	destination->verdict = hosts->verdict;
	destination->verdict.reason = arena_copy(
		&destination->arena, hosts->verdict.reason);
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* Returns how long it holds, in milliseconds. */
static int64_t learn(struct destination *destination, const struct hosts *hosts,
	const struct terms *terms)
{
	struct relay *relay = destination->relay;
	int64_t wait_ms;

	destination->discard = terms->discard;
	destination->local = terms->local;
	destination->capture = NULL;
	if (terms->local && terms->route->capture.account)
		destination->capture = &terms->route->capture;
	if (terms->discard || terms->local) {
		destination_leave_paths(destination);
		destination->deliverable = false;
		return FRESH_MAX_S * 1000;
	}
	if (hosts->verdict.kind == VERDICT_NONE) {
		destination_set_hosts(destination, hosts, terms);
		destination->failures = 0;
		return clamp(hosts->ttl_s, FRESH_MIN_S, FRESH_MAX_S) * 1000;
	}
	learn_refusal(destination, hosts);
	if (hosts->verdict.kind == VERDICT_NEVER)
		return clamp(hosts->ttl_s, FRESH_MIN_S, REFUSAL_MAX_S) * 1000;
	wait_ms = retry_backoff_ms(
		&relay->config->relay, ++destination->failures, random_u64());
	if (destination->route.size == 0) /* else it is not the domain that waits */
		queue_postpone(relay->options.queue, destination->domain,
			worker_wall_ms() + wait_ms);
	return wait_ms;
}

/* One that is no longer there is none. */
static const struct config_route *route_of(
	const struct destination *destination, const struct config *config)
{
	const struct config_route *route = NULL;

	if (destination->route.size)
		route = route_named(config, destination->route);
	return route ? route : route_find(config, destination->domain);
}

/* Asks under the configuration of now; false only when cancelled. */
static bool look_up(
	struct destination *destination, struct arena *arena, struct deadline deadline)
{
	struct relay *relay = destination->relay;
	struct routes *routes = routes_hold(relay->routes);
	struct hosts hosts = {.count = 0};
	struct sts_answer sts = {.mode = STS_NONE};
	struct terms terms;
	bool found = true;

	while (found && !routes->loaded)
		found = condition_wait(&routes->changed, deadline_none());
	terms = route_terms(routes, route_of(destination, routes->config));
	if (found && !terms.discard && !terms.local)
		found = hosts_find(relay->options.dns, routes, &terms,
				destination->domain, arena, &hosts, deadline) &&
			hosts_ask_sts(relay_mta_sts(relay), routes, &terms,
				destination->domain, arena, &hosts, &sts, deadline);
	if (found && sts.trouble)
		tls_account_lookup(relay, destination->domain, &sts);
	if (found && routes == relay->routes)
		destination->fresh_until_us = worker_now_us() +
					      1000 * learn(destination, &hosts, &terms);
	else
		destination->fresh_until_us = 0;
	routes_release(&routes);
	return found;
}

static void give_back(struct destination *destination)
{
	struct link *link;

	while ((link = list_take(&destination->waiting))) {
		struct entry *entry = CONTAINER_OF(link, struct entry, link);

		outcome_put_back(
			destination->relay, entry, worker_wall_ms() + NO_FIBER_MS);
	}
	destination->waiting_count = destination->waiting_urgent = 0;
}

static void resolve(void *arg)
{
	struct destination *destination = arg;
	struct relay *relay = destination->relay;
	struct arena arena = {0};
	struct list waiting;
	struct link *link;
	bool found = true;

	destination->asked_us = worker_now_us();
	do { /* once more if the configuration changed meanwhile */
		arena_reset(&arena);
		found = look_up(destination, &arena, deadline_after_ms(LOOKUP_MS));
	} while (found && !is_fresh(destination) && !relay->draining);
	destination->told_us = worker_now_us();
	destination->resolving = false;
	relay->resolving--;
	arena_finish(&arena);
	if (!is_fresh(destination) || relay->draining) {
		give_back(destination);
		return;
	}
	list_init(&waiting);
	list_move_all(&waiting, &destination->waiting);
	destination->waiting_count = destination->waiting_urgent = 0;
	while ((link = list_take(&waiting)))
		hand_on(destination, CONTAINER_OF(link, struct entry, link));
	/* It may have been unknown when the queue asked. */
	queue_want(relay->options.queue, destination->domain);
}

static bool is_urgent(const struct relay *relay, const struct entry *entry)
{
	char text[FLOW_SIZE_MAX + 1];

	return flow_class_of(relay, entry_flow(entry, text)).urgent;
}

void destination_take(struct relay *relay, struct entry *entry)
{
	struct destination *destination = destination_of(relay, entry);

	if (relay->suspended.set && suspended_keep(relay, entry, destination))
		return;
	if (local_captures(relay, entry)) {
		local_take(relay, entry);
		return;
	}
	if (destination) {
		list_remove(&destination->recent_link);
		list_append(&relay->recent, &destination->recent_link);
	} else {
		destination = make(relay, entry);
	}
	if (!destination->resolving && is_fresh(destination)) {
		hand_on(destination, entry);
		return;
	}
	list_append(&destination->waiting, &entry->link);
	if (is_urgent(relay, entry))
		destination->waiting_urgent++;
	else
		destination->waiting_count++;
	if (destination->resolving)
		return;
	destination->resolving = true;
	relay->resolving++;
	if (!scope_spawn(&relay->scope, "relay-resolve", resolve, destination)) {
		destination->resolving = false;
		relay->resolving--;
		give_back(destination);
	}
}

void destination_forget_all(struct relay *relay)
{
	LIST_EACH_SAFE (&relay->recent, link) {
		struct destination *old = CONTAINER_OF(
			link, struct destination, recent_link);

		if (!old->resolving) {
			destroy(old);
			continue;
		}
		destination_leave_paths(old);
		old->deliverable = false;
		old->fresh_until_us = 0;
	}
}
