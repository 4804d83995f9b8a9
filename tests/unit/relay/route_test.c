/* Which route holds for a domain, and what holds under it. */
#include "check.h"
#include "base/config.h"
#include "base/memory.h"
#include "relay/route.h"

static struct config *config_of(const char *rest)
{
	char *errors = NULL;
	char *text = memory_format(
		"hostname: mail.here.test\n"
		"listeners:\n"
		"  - { address: \"127.0.0.1:2525\", role: submission, tls: none, "
		"require_auth: false }\n"
		"  - { address: \"[::]:2526\", role: submission, tls: none, "
		"require_auth: false, networks: [\"::1\"] }\n"
		"%s",
		rest);
	struct config *config = config_parse_text("t", slice_of(text), &errors);

	if (!CHECK(config != NULL))
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	memory_free(text);
	return config;
}

static const char *found(const struct config *config, const char *domain)
{
	const struct config_route *route = route_find(config, slice_of(domain));

	return route ? route->domain : "none";
}

#define CHECK_ROUTE(domain, want) CHECK_SLICE(slice_of(found(config, domain)), want)

CASE("the most specific route, wherever it stands")
{
	struct config *config = config_of(
		"routes:\n"
		"  - { domain: \"*\", host: a.test }\n"
		"  - { domain: .test, host: b.test }\n"
		"  - { domain: one.test }\n"
		"  - { domain: .deep.one.test, host: c.test }\n"
		"  - { domain: .one.test, discard: true }\n");

	CHECK_ROUTE("one.test", "one.test");
	CHECK_ROUTE("ONE.test", "one.test");
	CHECK_ROUTE("two.test", ".test");
	CHECK_ROUTE("a.two.test", ".test");
	CHECK_ROUTE("a.one.test", ".one.test");
	CHECK_ROUTE("aone.test", ".test");
	CHECK_ROUTE("deep.one.test", ".one.test");
	CHECK_ROUTE("a.b.deep.one.test", ".deep.one.test");
	CHECK_ROUTE("test", "*");
	CHECK_ROUTE("example.com", "*");
	CHECK_ROUTE("[192.0.2.1]", "*");
	config_release(&config);
}

CASE("without any")
{
	struct config *config = config_of("");
	struct routes *routes = routes_create(config, NULL);
	struct terms terms = route_terms(routes, NULL);

	CHECK(!route_find(config, SLICE("one.test")));
	CHECK_NUMBER(terms.port, 25);
	CHECK_NUMBER(terms.tls, CONFIG_LEVEL_MAY);
	CHECK_NUMBER(terms.limits.connections, 20);
	CHECK(!terms.host && !terms.user && !terms.private_addresses);
	routes_release(&routes);
	config_release(&config);
}

CASE("terms: the route's, and relay's where it says nothing")
{
	struct config *config = config_of(
		"relay: { tls: must, connections: 7, messages_per_second: 3 }\n"
		"routes:\n"
		"  - { domain: one.test, host: smart.test, port: 587, connections: 2 "
		"}\n"
		"  - { domain: two.test, tls: verify, tls_implicit: true }\n");
	struct routes *routes = routes_create(config, NULL);
	struct terms terms = route_terms(routes, &config->routes[0]);

	CHECK_SLICE(slice_of(terms.host), "smart.test");
	CHECK_NUMBER(terms.port, 587);
	CHECK_NUMBER(terms.tls, CONFIG_LEVEL_MUST);
	CHECK_NUMBER(terms.limits.connections, 2);
	CHECK_NUMBER(terms.limits.messages[PER_SECOND], 3);
	terms = route_terms(routes, &config->routes[1]);
	CHECK(!terms.host && terms.tls_implicit);
	CHECK_NUMBER(terms.port, 465);
	CHECK_NUMBER(terms.tls, CONFIG_LEVEL_VERIFY);
	CHECK_NUMBER(terms.limits.connections, 7);
	routes_release(&routes);
	config_release(&config);
}

CASE("our own listeners")
{
	static const uint8_t loopback[16] = {[10] = 0xff, 0xff, 127, 0, 0, 1},
			     ours[16] = {[10] = 0xff, 0xff, 192, 0, 2, 7},
			     theirs[16] = {[10] = 0xff, 0xff, 192, 0, 2, 8};
	struct config *config = config_of("");
	struct routes *routes = routes_create(config, NULL);

	routes->own = memory_allocate(sizeof(ours));
	memcpy(routes->own, ours, sizeof(ours));
	routes->own_count = 1;
	CHECK(route_is_own(routes, loopback, 2525));
	CHECK(!route_is_own(routes, ours, 2525));
	CHECK(!route_is_own(routes, loopback, 25));
	CHECK(route_is_own(routes, ours, 2526)); /* by the wildcard */
	CHECK(!route_is_own(routes, theirs, 2526));
	routes_release(&routes);
	config_release(&config);
}

CHECK_MAIN()
