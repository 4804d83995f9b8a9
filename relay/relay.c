/*
 * The relay of a worker: opened, asked, reloaded, closed. Its parts stand in
 * the files beside this one; README.md names them.
 */
#include "relay/relay.h"

#include <assert.h>

#include "base/memory.h"
#include "feedback/category.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/digest.h"
#include "relay/egress.h"
#include "relay/entry_limits.h"
#include "relay/expiry.h"
#include "relay/local.h"
#include "limits/limits_cluster.h"
#include "relay/outcome.h"
#include "relay/relay_node.h"
#include "relay/site_react.h"
#include "relay/suppressed.h"
#include "relay/suspended.h"

#define LOAD_MS	       30000 /* password files, when the pool is busy */
#define COUNTS_MS      2000  /* of TLS sessions, at the end */
#define REACTIONS_MS   10000 /* Redis is not waited for any longer */
#define SHARING_END_MS 2000  /* to give back what it has of shared limits */

static size_t wanted(void *context, struct slice domain, struct slice flow,
	struct taker_room *room_r)
{
	return destination_wanted(context, domain, flow, room_r);
}

static void ready(void *context, struct entry *entry)
{
	struct relay *relay = context;

	relay->in_hand++;
	if (relay->draining)
		outcome_put_back(relay, entry, entry->due_ms);
	else if (!outcome_expire(relay, entry) && !suppressed_stop(relay, entry))
		destination_take(relay, entry);
}

/* What was read for the configuration in force may come a little later. */
static void load_routes(void *arg)
{
	struct relay *relay = arg;
	struct routes *routes = routes_hold(relay->routes);
	struct sources *sources = sources_hold(relay->sources);

	sources_load(sources, deadline_after_ms(LOAD_MS));
	sources_release(&sources);
	if (!routes->loaded)
		routes_load(routes, deadline_after_ms(LOAD_MS));
	routes_release(&routes);
}

/* Before anything is sent: a receiver's wish outlives a restart. */
static void load_reactions(void *arg)
{
	struct relay *relay = arg;

	relay_load_reactions(relay, deadline_after_ms(REACTIONS_MS));
	relay->loading = false;
	relay_serve_sites(relay);
}

static void use_classifier(struct relay *relay, struct classifier *classifier)
{
	char *errors = NULL;

	if (classifier)
		classifier_hold(classifier);
	else
		classifier = classifier_parse_text(NULL, SLICE_EMPTY, &errors);
	assert(classifier); /* what ships was good when it was built in */
	relay->options.classifier = classifier;
}

static void use(struct relay *relay, struct config *config, struct shaping *shaping,
	struct tls_client *tls)
{
	relay->config = config_hold(config);
	relay->tls = tls_client_hold(tls);
	relay->routes = routes_create(config, shaping);
	relay->sources = sources_create(config, relay->options.node);
	suspended_mark_sources(relay);
	local_use(relay);
	egress_start(relay);
}

/* Of all workers the first sends the reports. */
static void open_policies(struct relay *relay, const struct relay_options *options)
{
	struct mta_sts_options sts = {options->config, options->dns, options->redis};
	struct tlsrpt_options tlsrpt = {
		.config = options->config,
		.dns = options->dns,
		.redis = options->redis,
		.queue = options->queue,
		.sign = options->sign,
		.sign_context = options->sign_context,
		.sends = worker_index() == 0,
	};

	relay->sts = mta_sts_create(&sts);
	tlsrpt.sts = relay->sts;
	relay->tlsrpt = tlsrpt_create(&tlsrpt);
}

static void close_policies(struct relay *relay, struct deadline deadline)
{
	tlsrpt_destroy(&relay->tlsrpt, deadline);
	mta_sts_destroy(&relay->sts);
}

/* One worker asks for the parts of all. */
static bool share_limits(struct relay *relay)
{
	struct limits_cluster *cluster = relay->options.node->limits->cluster;

	return !cluster || !relay->options.redis || worker_index() != 0 ||
	       limits_cluster_start(cluster, relay->options.redis, &relay->sharing);
}

/* Without passwords mail for who asks for one waits. */
static void begin_load(struct relay *relay)
{
	if (!scope_spawn(&relay->scope, "relay-routes", load_routes, relay))
		relay->routes->loaded = true;
}

struct relay *relay_open(const struct relay_options *options)
{
	struct relay *relay = NEW(struct relay);
	struct queue_taker taker = {wanted, ready, relay};

	relay->options = *options;
	local_start(relay);
	scope_init(&relay->scope);
	scope_init(&relay->sharing);
	list_init(&relay->recent);
	list_init(&relay->asked);
	list_init(&relay->idle);
	list_init(&relay->bounces);
	condition_init(&relay->converted);
	use(relay, options->config, options->shaping, options->tls);
	use_classifier(relay, options->classifier);
	open_policies(relay, options);
	relay->options.config = NULL;
	relay->options.shaping = NULL;
	relay->options.tls = NULL;
	if (!share_limits(relay)) {
		relay_close(&relay);
		return NULL;
	}
	begin_load(relay);
	relay->limits_port = limits_port_open(
		options->node->limits, connection_yield_idle, relay);
	if (options->redis)
		relay->loading = scope_spawn(
			&relay->scope, "relay-reactions", load_reactions, relay);
	queue_set_taker(options->queue, &taker);
	suspended_start(relay);
	digest_start(relay);
	return relay;
}

static void let_go_of_configuration(struct relay *relay)
{
	routes_release(&relay->routes);
	sources_release(&relay->sources);
	classifier_release(&relay->options.classifier);
	tls_client_release(&relay->tls);
	config_release(&relay->config);
}

/* Every entry that waits at a site, and the sites' names: a new one may be made
 * under the same. */
static void empty_sites(struct relay *relay, struct list *into)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	while (map_next(&relay->sites, &cursor, &key, &value)) {
		struct site *site = value;

		site->holders++;
		map_remove(&relay->sites, site->key);
		site_empty(site, into);
		connection_dismiss_opening(site);
		site_release(&site);
	}
}

void relay_reload(struct relay *relay, struct config *config, struct shaping *shaping,
	struct classifier *classifier, struct tls_client *tls)
{
	struct list waiting;
	struct link *link;

	let_go_of_configuration(relay);
	use(relay, config, shaping, tls);
	use_classifier(relay, classifier);
	mta_sts_reload(relay->sts, config);
	tlsrpt_reload(relay->tlsrpt, config);
	list_init(&waiting);
	empty_sites(relay, &waiting);
	entry_limits_renew(relay, &waiting);
	destination_forget_all(relay);
	connection_dismiss_idle(relay);
	begin_load(relay);
	while ((link = list_take(&waiting)))
		destination_take(relay, CONTAINER_OF(link, struct entry, link));
}

void relay_let_go(struct relay *relay)
{
	assert(relay->in_hand > 0);
	relay->in_hand--;
	if (relay->in_hand < IN_HAND_MAX / 4 * 3)
		queue_want_room(relay->options.queue, &relay->asked);
}

void relay_try_now(struct relay *relay)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *site;

	while (map_next(&relay->sites, &cursor, &key, &site))
		site_try_now(site);
}

void relay_drain(struct relay *relay, struct deadline deadline)
{
	struct list waiting;
	struct link *link;

	if (!relay)
		return;
	relay->draining = true;
	suspended_stop(relay);
	digest_stop(relay);
	timer_stop(&relay->watch);
	expiry_stop(relay);
	relay_stop_reactions(relay);
	list_init(&waiting);
	empty_sites(relay, &waiting);
	entry_limits_renew(relay, &waiting);
	while ((link = list_take(&waiting))) {
		struct entry *entry = CONTAINER_OF(link, struct entry, link);

		outcome_put_back(relay, entry, entry->due_ms);
	}
	local_drain(relay);
	connection_dismiss_idle(relay);
	scope_finish(&relay->scope, deadline);
	egress_end(relay);
	close_policies(relay, deadline_after_ms(COUNTS_MS));
	if (relay->sharing.count)
		limits_cluster_stop(relay->options.node->limits->cluster);
	scope_finish(&relay->sharing, deadline_after_ms(SHARING_END_MS));
}

void relay_close(struct relay **relay)
{
	struct relay *old = *relay;

	*relay = NULL;
	if (!old)
		return;
	assert(old->scope.count == 0 && old->sharing.count == 0);
	close_policies(old, deadline_after_ms(0));
	queue_set_taker(old->options.queue, NULL);
	destination_forget_all(old);
	map_finish(&old->destinations);
	assert(old->sites.count == 0);
	entry_limits_close(old);
	timer_stop(&old->react_timer);
	limits_port_close(&old->limits_port);
	map_finish(&old->sites);
	map_finish(&old->digests);
	let_go_of_configuration(old);
	suspended_finish(old);
	local_finish(old);
	digest_stop(old);
	memory_free(old);
}

struct mta_sts *relay_mta_sts(struct relay *relay)
{
	return relay->sts;
}

struct tlsrpt *relay_tlsrpt(struct relay *relay)
{
	return relay->tlsrpt;
}

static uint64_t count_down(const struct relay *relay)
{
	struct map_cursor cursor = {0};
	struct slice key;
	uint64_t down = 0;
	void *site;

	while (map_next(&relay->sites, &cursor, &key, &site))
		down += site_is_down(site);
	return down;
}

struct relay_figures relay_figures(const struct relay *relay)
{
	struct relay_figures figures = relay->figures;

	figures.connections = relay->connections;
	figures.idle = list_count(&relay->idle);
	figures.sites = relay->sites.count;
	figures.down = count_down(relay);
	figures.waiting = relay->in_hand;
	return figures;
}
