/*
 * Finding the route of a domain; its secrets, and our own addresses.
 */
#include "relay/route.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

#define OWN_MAX 4096 /* addresses of this machine that are looked at */

/* How well ROUTE fits: 0 not, else the longer the better. */
static size_t fit(const struct config_route *route, struct slice domain)
{
	struct slice name = slice_of(route->domain);

	if (slice_equal_nocase(name, domain))
		return SIZE_MAX;
	if (slice_equal(name, SLICE("*")))
		return 1;
	if (slice_starts(name, SLICE(".")) && domain.size > name.size &&
		slice_ends_nocase(domain, name))
		return 1 + name.size;
	return 0;
}

const struct config_route *route_find(const struct config *config, struct slice domain)
{
	const struct config_route *best = NULL;
	size_t best_fit = 0;

	for (size_t i = 0; i < config->route_count; i++) {
		size_t this_fit = fit(&config->routes[i], domain);

		if (this_fit <= best_fit)
			continue;
		best = &config->routes[i];
		best_fit = this_fit;
	}
	return best;
}

const struct config_route *route_named(const struct config *config, struct slice name)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (slice_equal_nocase(slice_of(config->routes[i].domain), name))
			return &config->routes[i];
	for (size_t i = 0; i < config->route_count; i++)
		if (slice_equal_nocase(slice_of(config->routes[i].host), name))
			return &config->routes[i];
	return NULL;
}

struct routes *routes_create(struct config *config, struct shaping *shaping)
{
	struct routes *routes = NEW(struct routes);

	routes->holders = 1;
	routes->config = config_hold(config);
	routes->shaping = shaping ? shaping_hold(shaping)
				  : shaping_shipped_only(config);
	routes->secrets = memory_allocate_array(
		config->route_count + 1, sizeof(*routes->secrets));
	routes->troubles = memory_allocate_array(
		config->route_count + 1, sizeof(*routes->troubles));
	condition_init(&routes->changed);
	return routes;
}

struct routes *routes_hold(struct routes *routes)
{
	routes->holders++;
	return routes;
}

void routes_release(struct routes **routes)
{
	struct routes *old = *routes;

	*routes = NULL;
	if (!old || --old->holders > 0)
		return;
	for (size_t i = 0; i < old->config->route_count; i++) {
		buffer_wipe(&old->secrets[i]);
		memory_free(old->troubles[i]);
	}
	memory_free(old->secrets);
	memory_free(old->troubles);
	memory_free(old->own);
	shaping_release(&old->shaping);
	config_release(&old->config);
	memory_free(old);
}

static void read_secret(struct routes *routes, size_t i)
{
	const struct config_route *route = &routes->config->routes[i];
	struct config_mark mark = config_mark_of(routes->config, &route->password_file);

	if (route->password_file &&
		(!config_read_secret(routes->config, mark, route->password_file,
			 &routes->secrets[i]) ||
			!buffer_append_byte(&routes->secrets[i], '\0')))
		routes->troubles[i] = memory_copy_text(slice_of(failure_last()->text));
}

static bool address_of(const struct sockaddr *from, uint8_t address_r[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (from && from->sa_family == AF_INET6) {
		memcpy(address_r,
			&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
			16);
		return true;
	}
	if (!from || from->sa_family != AF_INET)
		return false;
	memcpy(address_r, mapped, 12);
	memcpy(address_r + 12,
		&((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	return true;
}

static void read_interfaces(struct routes *routes)
{
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) != 0)
		return; /* private addresses are refused all the same */
	routes->own = memory_allocate_array(OWN_MAX, sizeof(*routes->own));
	for (struct ifaddrs *at = list; at && routes->own_count < OWN_MAX;
		at = at->ifa_next)
		if (address_of(at->ifa_addr, routes->own[routes->own_count]))
			routes->own_count++;
	freeifaddrs(list);
}

static void load_job(void *arg)
{
	struct routes *routes = arg;

	for (size_t i = 0; i < routes->config->route_count; i++)
		read_secret(routes, i);
	read_interfaces(routes);
}

void routes_load(struct routes *routes, struct deadline deadline)
{
	bool done = offload(load_job, routes, deadline);

	for (size_t i = 0; i < routes->config->route_count; i++) {
		if (!done && routes->config->routes[i].password_file)
			routes->troubles[i] = memory_copy_text(
				slice_of(failure_last()->text));
		if (routes->troubles[i])
			event_note(EVENT_ERROR, "route_password", "%s",
				routes->troubles[i]);
	}
	routes->loaded = true;
	condition_broadcast(&routes->changed);
}

static void terms_of_route(struct terms *terms, const struct routes *routes,
	const struct config_route *route)
{
	size_t place = (size_t)(route - routes->config->routes);
	const struct buffer *secret = &routes->secrets[place];

	terms->route = route;
	terms->host = route->host;
	terms->port = (uint16_t)route->port;
	terms->tls_implicit = route->tls_implicit;
	terms->private_addresses = route->private_addresses;
	terms->discard = route->discard;
	terms->local = route->mailbox || route->capture.account;
	terms->tls_name = route->tls_name;
	terms->user = route->user;
	terms->password = buffer_size(secret) ? buffer_contents(secret).at : NULL;
	terms->trouble = routes->troubles[place];
}

struct terms route_terms(const struct routes *routes, const struct config_route *route)
{
	struct terms terms = {.port = 25};

	if (route)
		terms_of_route(&terms, routes, route);
	route_shape(routes, NULL, 0, SLICE_EMPTY, &terms);
	return terms;
}

void route_shape(const struct routes *routes, const struct slice *hosts, size_t count,
	struct slice domain, struct terms *terms)
{
	struct shaping_rule *rule = &terms->rule;
	struct shaping_question question = {.hosts = hosts,
		.host_count = count,
		.domain = domain,
		.route = terms->route};

	shaping_find(routes->shaping, &question, rule);
	terms->tls = rule->tls;
	terms->limits = rule->site;
	terms->messages_per_connection = rule->messages_per_connection;
	terms->ahead = rule->ahead;
}

enum config_tls_level route_tls_floor(const struct terms *terms)
{
	return terms->tls_implicit && terms->tls < CONFIG_LEVEL_MUST ? CONFIG_LEVEL_MUST
								     : terms->tls;
}

bool route_is_own(const struct routes *routes, const uint8_t address[16], uint16_t port)
{
	static const uint8_t any[16], any_ipv4[16] = {[10] = 0xff, [11] = 0xff};
	bool ours = false;

	for (size_t i = 0; i < routes->own_count && !ours; i++)
		ours = memcmp(routes->own[i], address, 16) == 0;
	for (size_t i = 0; i < routes->config->listener_count; i++) {
		const struct config_endpoint *at =
			&routes->config->listeners[i].endpoint;
		bool wildcard = memcmp(at->address, any, 16) == 0 ||
				memcmp(at->address, any_ipv4, 16) == 0;

		if (at->port == port &&
			(memcmp(at->address, address, 16) == 0 || (wildcard && ours)))
			return true;
	}
	return false;
}
