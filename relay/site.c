/*
 * Sites: their line of entries, and when to call or open connections.
 */
#include "relay/site.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/outcome.h"
#include "relay/site_react.h"

#define COMING_FIRST	 5
#define CONNECT_AHEAD_US 5000000 /* of the next message that a limit allows */

static const char *text_or(const char *text)
{
	return text ? text : "";
}

/* Hosts by rank, "a,b;c": domains that order them differently are not one site. */
struct slice site_names(const struct hosts *hosts, struct arena *arena)
{
	struct buffer text = {0}; /* at most HOSTS_MAX names */
	struct slice copy;

	for (size_t i = 0; i < hosts->count; i++) {
		bool same = i &&
			    hosts->list[i].preference == hosts->list[i - 1].preference;

		if (i)
			buffer_append_byte(&text, same ? ',' : ';');
		buffer_append(&text, hosts->list[i].name);
	}
	copy = arena_copy(arena, buffer_contents(&text));
	buffer_finish(&text);
	return copy;
}

static struct tls_policy policy_of(const struct hosts *hosts, const struct path *path)
{
	struct tls_policy policy = hosts->tls;

	policy.variant = path->variant;
	return policy;
}

/* What its connections say of senders: of routes to the same hosts, too. */
static int verp_of(const struct config_route *route)
{
	return route && route->verp_set ? (int)route->verp : -1;
}

static struct slice key_text(const struct hosts *hosts, const struct terms *terms,
	const struct path *path, struct arena *arena)
{
	char policy[TLS_POLICY_KEY_SIZE];
	struct tls_policy asked = policy_of(hosts, path);
	struct slice names = site_names(hosts, arena);
	struct slice more = arena_format(arena,
		" %.*s %.*s %.*s %u %d%d%d %s %s %llu %llu %llu %lld %llx %llx",
		SLICE_PRINT(path->source->name),
		SLICE_PRINT(path->destination->own_site ? path->destination->domain
							: SLICE_EMPTY),
		SLICE_PRINT(tls_policy_key(&asked, policy)), terms->port,
		terms->tls_implicit, terms->private_addresses, verp_of(terms->route),
		text_or(terms->tls_name), text_or(terms->user),
		(unsigned long long)terms->messages_per_connection,
		(unsigned long long)terms->ahead,
		(unsigned long long)terms->rule.recipients_per_message,
		(long long)terms->rule.idle_ms,
		(unsigned long long)map_hash(slice_make(
			(const char *)&terms->limits, sizeof(terms->limits))),
		(unsigned long long)map_hash(
			slice_make((const char *)&terms->rule.provider,
				sizeof(terms->rule.provider))));
	char *both = arena_take(arena, names.size + more.size + 1);

	memcpy(both, names.at, names.size);
	memcpy(both + names.size, more.at, more.size);
	return slice_make(both, names.size + more.size);
}

static struct slice without_brackets(struct slice name)
{
	if (!slice_starts(name, SLICE("[")))
		return name;
	name = slice_part(name, 1, name.size - 2);
	return slice_starts_nocase(name, SLICE("IPv6:")) ? slice_from(name, 5) : name;
}

static void set_hosts(struct site *site, const struct hosts *hosts)
{
	site->hosts = arena_take_array(
		&site->arena, hosts->count, sizeof(*site->hosts));
	site->host_count = hosts->count;
	for (size_t i = 0; i < hosts->count; i++) {
		site->hosts[i].name = arena_copy_text(
			&site->arena, hosts->list[i].name);
		site->hosts[i].tls_name = arena_copy_text(
			&site->arena, without_brackets(hosts->list[i].name));
		site->hosts[i].rank = hosts->list[i].preference;
	}
}

static void serve_again(struct timer *timer)
{
	site_serve(CONTAINER_OF(timer, struct site, timer));
}

static struct site *make(struct relay *relay, const struct hosts *hosts,
	const struct terms *terms, const struct path *path, struct slice key)
{
	struct site *site = NEW(struct site);

	site->relay = relay;
	site->source = path->source;
	site->sources = sources_hold(relay->sources);
	site->schedule = source_schedule(site->source, terms->rule.provider_name);
	site->policy = policy_of(hosts, path);
	site->key = arena_copy(&site->arena, key);
	site->name = site_names(hosts, &site->arena);
	site->routes = routes_hold(relay->routes);
	site->tls = tls_client_hold(relay->tls);
	site->terms = *terms;
	site->ahead = (size_t)terms->ahead;
	set_hosts(site, hosts);
	site_hold_limits(site);
	site_hold_reacts(site);
	line_init(&site->line);
	list_init(&site->paths);
	list_init(&site->connections);
	list_init(&site->idle);
	site->timer.run = serve_again;
	map_set(&relay->sites, site->key, site);
	return site;
}

struct site *site_hold(struct relay *relay, const struct hosts *hosts,
	const struct terms *terms, const struct path *path)
{
	struct arena arena = {0};
	struct slice key = key_text(hosts, terms, path, &arena);
	struct site *site = map_find(&relay->sites, key);

	if (!site)
		site = make(relay, hosts, terms, path, key);
	site->holders++;
	arena_finish(&arena);
	return site;
}

void site_release(struct site **site)
{
	struct site *old = *site;
	struct relay *relay;

	*site = NULL;
	if (!old)
		return;
	assert(old->holders > 0);
	if (--old->holders > 0)
		return;
	relay = old->relay;
	assert(old->waiting_count == 0 && old->connection_count == 0);
	/* After a reload another one may stand under the same key. */
	if (map_find(&relay->sites, old->key) == old)
		map_remove(&relay->sites, old->key);
	timer_stop(&old->timer);
	site_want(old);
	line_finish(&old->line);
	site_release_reacts(old);
	limits_finish(&old->limits);
	tls_client_release(&old->tls);
	routes_release(&old->routes);
	sources_release(&old->sources);
	arena_finish(&old->arena);
	memory_free(old);
}

/* A few at a time at first, then at most twice as many as there are: who
 * answers them all is worth more, and most mail fits through a few. */
static bool may_open_more(const struct site *site)
{
	size_t open = site->connection_count - site->coming;

	return site->coming < COMING_FIRST || site->coming < open;
}

static void connect_more(struct site *site, int64_t limited_us)
{
	/* With a limit of messages each is called for one. */
	bool paced = limits_are_paced(&site->limits) || site_is_paced(site);
	size_t calls = paced ? 1 : SIZE_MAX;

	while (calls-- > 0 && (paced || site->coming < site->waiting_count)) {
		if (limited_us == 0 && connection_call(site))
			continue;
		if (!may_open_more(site) || (paced && site->coming))
			break;
		if (!connection_start(site)) {
			if (site->connection_count == 0 && !site->limits.waiter.on)
				site_serve_soon(site);
			break;
		}
	}
}

static void serve(struct site *site)
{
	struct limit_waiter *waiter = &site->limits.waiter;
	unsigned waits = waiter->waits;
	int64_t limited_us;

	ceiling_note_open(
		&site->ceiling, site->connection_count - site->coming, worker_now_us());
	if (site->waiting_count == 0 || site->relay->draining || site->relay->loading ||
		site_is_down(site)) {
		limits_wait_end(&site->limits);
		limits_rest(&site->limits);
		return;
	}
	if (site_awaits_warmup(site)) {
		limits_wait_end(&site->limits);
		limits_rest(&site->limits);
		site_serve_soon(site);
		return;
	}
	limited_us = site_limited_us(site);
	/* Who has no connection stands in line for one meanwhile. */
	if (limited_us == 0 ||
		(site->connection_count == 0 && limited_us < CONNECT_AHEAD_US))
		connect_more(site, limited_us);
	/* It was its turn to connect, or there was more allowed; if it made no use
	 * of that, the next one may. */
	if (waiter->called && waiter->waits == waits)
		limits_wait_end(&site->limits);
}

void site_serve(struct site *site)
{
	struct site *held = site;

	if (!site_is_stale(site)) {
		serve(site);
		return;
	}
	site->holders++; /* what waits may be put off */
	site_refresh(site);
	serve(site);
	site_release(&held);
}
