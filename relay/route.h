/*
 * Routes: which exception from "ask DNS for the MX" holds for a domain, and
 * what holds for it then. With what the world adds to a configuration: smarthost
 * passwords, and which addresses are this machine's own.
 */
#ifndef RINGPOST_RELAY_ROUTE_H
#define RINGPOST_RELAY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/config.h"
#include "shaping/shaping.h"
#include "run/fiber.h"

/* The most specific: the domain itself, the longest ".suffix" above it, "*".
 * NULL: plain MX. */
const struct config_route *route_find(const struct config *config, struct slice domain);
/* The route whose domain, or else whose host, is NAME; NULL: there is none. */
const struct config_route *route_named(const struct config *config, struct slice name);

/* A configuration with what was read for it, shared by the sites made under it. */
struct routes {
	size_t holders;
	struct config *config;	 /* held */
	struct shaping *shaping; /* held */
	struct buffer *secrets;	 /* of each route, one line and a NUL */
	char **troubles;	 /* why there is none; NULL: fine */
	uint8_t (*own)[16];	 /* this machine's addresses */
	size_t own_count;
	bool loaded;
	struct condition changed; /* it is now */
};

/* SHAPING is held; NULL: what ships. */
struct routes *routes_create(struct config *config, struct shaping *shaping);
struct routes *routes_hold(struct routes *routes);
void routes_release(struct routes **routes);
/* Reads password files and interfaces, on the pool; broadcasts `changed`. */
void routes_load(struct routes *routes, struct deadline deadline);

/* What holds toward a site: a route's, or relay's where there is none. */
struct terms {
	const struct config_route *route; /* NULL: none */
	const char *host;		  /* asked without MX; NULL: the MX */
	uint16_t port;
	enum config_tls_level tls;
	bool tls_implicit, private_addresses, discard;
	bool local;					  /* it stays here */
	const char *tls_name, *user, *password, *trouble; /* or NULL */
	uint64_t messages_per_connection, ahead;
	struct limit_terms limits; /* of the site, from each source */
	struct shaping_rule rule;  /* what the hosts and the domain allow */
};
/* The least TLS they allow: from the first byte on is TLS in any case. */
enum config_tls_level route_tls_floor(const struct terms *terms);
/* Before the hosts are known: as if nobody knew them. */
struct terms route_terms(const struct routes *routes, const struct config_route *route);

/* HOSTS, of best preference, will take DOMAIN's mail: what holds there. */
void route_shape(const struct routes *routes, const struct slice *hosts, size_t count,
	struct slice domain, struct terms *terms);

/* One of our listeners answers at this address and port. */
bool route_is_own(
	const struct routes *routes, const uint8_t address[16], uint16_t port);

#endif
