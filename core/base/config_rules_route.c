/* Rules about routes: what may be said together, and what is inherited. */
#include "base/config_reading.h"

#include <string.h>

#include "base/map.h"

#define PORT_SMTP  25
#define PORT_SMTPS 465

static void check_route(
	struct config_reading *reading, struct map *seen, struct config_route *route);
static void check_alone(struct config_reading *reading,
	const struct config_route *route, const char *what, const char *key);
static void check_mailbox(
	struct config_reading *reading, const struct config_route *route);
static void check_host(
	struct config_reading *reading, const struct config_route *route);
static void check_login(
	struct config_reading *reading, const struct config_route *route);
static void inherit(struct config_reading *reading, struct config_route *route);
static bool literal_address(const char *host, uint8_t address_r[16]);

void config_read_route_rules(struct config_reading *reading)
{
	const struct config *config = reading->config;
	struct map seen = {0};

	for (size_t i = 0; i < config->route_count; i++) {
		inherit(reading, &config->routes[i]);
		if (config->routes[i].domain)
			check_route(reading, &seen, &config->routes[i]);
	}
	map_finish(&seen);
}

/* After this nobody needs to ask what was written. */
static void inherit(struct config_reading *reading, struct config_route *route)
{
	const struct config_relay *relay = &reading->config->relay;

	route->tls_set = config_reading_written(reading, &route->tls);
	if (!route->tls_set)
		route->tls = relay->tls;
	if (route->port == 0)
		route->port = route->tls_implicit ? PORT_SMTPS : PORT_SMTP;
	if (!config_reading_written(reading, &route->connections))
		route->connections = relay->connections;
	if (!config_reading_written(reading, &route->messages_per_connection))
		route->messages_per_connection = relay->messages_per_connection;
	if (!config_reading_written(reading, &route->messages_per_second))
		route->messages_per_second = relay->messages_per_second;
	if (!config_reading_written(reading, &route->ahead))
		route->ahead = relay->ahead;
}

static void check_route(
	struct config_reading *reading, struct map *seen, struct config_route *route)
{
	const struct config_route *other = map_set(
		seen, slice_of(route->domain), route);

	if (other)
		config_error(reading->errors,
			config_reading_mark(reading, &route->domain, route->mark),
			"domain \"%s\" again; allowed: once, and line %u has it",
			route->domain, other->mark.line);
	if (route->discard && (route->mailbox || route->capture.account))
		config_error(reading->errors,
			config_reading_mark(reading, &route->discard, route->mark),
			"discard with %s; allowed: one of them",
			route->mailbox ? "mailbox" : "capture");
	if (route->discard) {
		check_alone(reading, route, "discard: true, which delivers nowhere",
			"discard");
		return;
	}
	if (route->mailbox || route->capture.account) {
		check_mailbox(reading, route);
		return;
	}
	check_host(reading, route);
	check_login(reading, route);
	if (route->tls_implicit && route->tls_set && route->tls == CONFIG_LEVEL_NONE)
		config_error(reading->errors,
			config_reading_mark(reading, &route->tls_implicit, route->mark),
			"tls_implicit with tls: none; allowed: one of them");
}

/* KEY of ROUTE leaves nothing to say of how it is sent. */
static void check_alone(struct config_reading *reading,
	const struct config_route *route, const char *what, const char *key)
{
	const void *const others[] = {&route->host, &route->port, &route->tls,
		&route->tls_implicit, &route->tls_name, &route->user,
		&route->password_file};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (config_reading_written(reading, others[i]))
			config_error(reading->errors,
				config_reading_mark(reading, others[i], route->mark),
				"not with %s; allowed: domain and %s alone", what, key);
	}
}

static void check_mailbox(
	struct config_reading *reading, const struct config_route *route)
{
	bool captured = route->capture.account;

	check_alone(reading, route,
		captured ? "capture, which sends nothing"
			 : "mailbox: true, which sends nothing",
		captured ? "capture" : "mailbox");
	if (captured && route->mailbox)
		config_error(reading->errors,
			config_reading_mark(reading, &route->mailbox, route->mark),
			"mailbox with capture, which is of all recipients; allowed: "
			"one "
			"of them");
}

static void check_host(struct config_reading *reading, const struct config_route *route)
{
	uint8_t address[16];

	if (!route->host || !literal_address(route->host, address))
		return;
	if (!route->private_addresses && config_address_is_private(address) &&
		!config_reading_wrong(reading, &route->private_addresses))
		config_error(reading->errors,
			config_reading_mark(reading, &route->host, route->mark),
			"host: \"%s\" is a private address; allowed: with "
			"private_addresses: true",
			route->host);
}

static void check_login(
	struct config_reading *reading, const struct config_route *route)
{
	struct config_mark mark = config_reading_mark(reading, &route->user,
		config_reading_mark(reading, &route->password_file, route->mark));
	bool user = config_reading_written(reading, &route->user);
	bool password = config_reading_written(reading, &route->password_file);
	uint8_t address[16];

	if (user != password)
		config_error(reading->errors, mark,
			"%s; allowed: user and password_file together",
			user ? "user without a password_file"
			     : "password_file without a user");
	if (!user && !password)
		return;
	if (!route->host && !config_reading_written(reading, &route->host))
		config_error(reading->errors, mark,
			"a password for whatever host the domain names; allowed: "
			"with host");
	if (route->tls_implicit || route->tls >= CONFIG_LEVEL_MUST ||
		config_reading_wrong(reading, &route->tls) ||
		config_reading_wrong(reading, &reading->config->relay.tls) ||
		config_reading_wrong(reading, &route->tls_implicit))
		return;
	if (route->host && literal_address(route->host, address) &&
		config_address_is_loopback(address))
		return;
	config_error(reading->errors, mark,
		"the password might travel without TLS; allowed: with tls: verify, "
		"tls: must or tls_implicit: true, or to a loopback address");
}

static bool literal_address(const char *host, uint8_t address_r[16])
{
	struct slice text = slice_of(host);
	char inside[64];

	return slice_starts(text, SLICE("[")) &&
	       slice_to_text(
		       slice_part(text, 1, text.size - 2), inside, sizeof(inside)) &&
	       config_address_parse(inside, address_r);
}
