/* Rules about listeners: who could submit there, and who must not. */
#include "base/config_reading.h"

#include <string.h>

#include "base/map.h"

#define WITHOUT_PASSWORD "submit without a password"

static void check_address(struct config_reading *reading, struct map *seen,
	struct config_listener *listener);
static void check_certificate(
	struct config_reading *reading, const struct config_listener *listener);
static void check_exposure(
	struct config_reading *reading, const struct config_listener *listener);
static void check_login(
	struct config_reading *reading, const struct config_listener *listener);
static void check_proxies(
	struct config_reading *reading, const struct config_listener *listener);
static void refuse_everyone(struct config_reading *reading,
	const struct config_networks *networks, const char *what);

void config_read_listener_rules(struct config_reading *reading)
{
	const struct config *config = reading->config;
	struct map seen = {0};

	for (size_t i = 0; i < config->listener_count; i++) {
		struct config_listener *listener = &config->listeners[i];

		if (listener->address)
			check_address(reading, &seen, listener);
		check_proxies(reading, listener);
		if (config_reading_wrong(reading, &listener->tls) ||
			!config_reading_written(reading, &listener->tls))
			continue;
		check_certificate(reading, listener);
		if (listener->role == CONFIG_ROLE_RECEIVE) {
			config_read_receive_listener(reading, listener);
			continue;
		}
		if (listener->address)
			check_exposure(reading, listener);
		if (config_role_is_pickup(listener->role))
			config_read_pickup_listener(reading, listener);
		else if (listener->role == CONFIG_ROLE_HTTP)
			config_read_http_listener(reading, listener);
		else
			check_login(reading, listener);
	}
	map_finish(&seen);
	refuse_everyone(
		reading, &config->submission.trusted_networks, WITHOUT_PASSWORD);
}

void config_refuse_unfit(struct config_reading *reading,
	const struct config_listener *listener, const struct config_unfit *unfit,
	size_t count, const char *why)
{
	for (size_t i = 0; i < count; i++)
		if (config_reading_written(reading, unfit[i].member))
			config_error(reading->errors,
				config_reading_mark(
					reading, unfit[i].member, listener->mark),
				"%s: %s; allowed: with role: submission", unfit[i].name,
				why);
}

static struct slice endpoint_key(const struct config_endpoint *endpoint, char key[18])
{
	memcpy(key, endpoint->address, 16);
	memcpy(key + 16, &endpoint->port, 2);
	return slice_make(key, 18);
}

static void check_address(struct config_reading *reading, struct map *seen,
	struct config_listener *listener)
{
	struct config_endpoint *endpoint = &listener->endpoint, twin;
	struct config_mark mark = config_reading_mark(
		reading, &listener->address, listener->mark);
	const struct config_listener *other;
	char key[18];

	if (!config_endpoint_parse(listener->address,
		    config_role_port(listener->role, listener->tls), endpoint)) {
		config_error(reading->errors, mark,
			"address: \"%s\" does not fit; allowed: an address and a "
			"port in quotes, such as \"[::]:587\" or "
			"\"127.0.0.1:2525\"",
			listener->address);
		return;
	}
	other = map_set(seen, endpoint_key(endpoint, key), listener);
	if (other) {
		config_error(reading->errors, mark,
			"address \"%s\" again; allowed: once, and line %u has it",
			listener->address, other->mark.line);
		return;
	}
	twin = *endpoint;
	if (config_address_parse("::", twin.address) &&
		memcmp(twin.address, endpoint->address, 16) == 0)
		config_address_parse("0.0.0.0", twin.address);
	else if (config_address_parse("0.0.0.0", twin.address) &&
		 memcmp(twin.address, endpoint->address, 16) == 0)
		config_address_parse("::", twin.address);
	else
		return;
	other = map_find(seen, endpoint_key(&twin, key));
	if (other)
		config_error(reading->errors, mark,
			"address \"%s\" is in the way of \"%s\" in line %u, as "
			"[::] is for IPv4 too; allowed: one of them",
			listener->address, other->address, other->mark.line);
}

static void check_certificate(
	struct config_reading *reading, const struct config_listener *listener)
{
	const struct config *config = reading->config;

	if (listener->tls == CONFIG_TLS_NONE || config->tls_count > 0 ||
		config_reading_wrong(reading, &config->tls))
		return;
	config_error(reading->errors,
		config_reading_mark(reading, &listener->tls, listener->mark),
		"tls: \"%s\" without a certificate; allowed: with a certificate and "
		"key in the list \"tls\" of the top level, or none",
		listener->tls == CONFIG_TLS_STARTTLS ? "starttls" : "implicit");
}

/* Passwords in the clear, or no passwords at all, are not for everyone. */
static void check_exposure(
	struct config_reading *reading, const struct config_listener *listener)
{
	if (config_address_is_loopback(listener->endpoint.address) ||
		config_reading_wrong(reading, &listener->networks))
		return;
	if (listener->tls == CONFIG_TLS_NONE && listener->networks.count == 0)
		config_error(reading->errors,
			config_reading_mark(reading, &listener->tls, listener->mark),
			"tls: \"none\" on \"%s\", which others can reach; allowed: "
			"on a loopback address such as \"127.0.0.1:2525\", or with "
			"networks that say who may connect",
			listener->address);
	if (listener->require_auth)
		return;
	if (listener->networks.count == 0 && listener->tls != CONFIG_TLS_NONE)
		config_error(reading->errors,
			config_reading_mark(
				reading, &listener->require_auth, listener->mark),
			"require_auth: false on \"%s\" makes an open relay; "
			"allowed: on a loopback address, or with networks that say "
			"who may connect",
			listener->address);
	refuse_everyone(reading, &listener->networks, WITHOUT_PASSWORD);
}

/* Who comes through a proxy is not from here, wherever the listener is. */
static void check_proxies(
	struct config_reading *reading, const struct config_listener *listener)
{
	const struct config_networks *through = listener->proxy_protocol.count
							? &listener->proxy_protocol
							: &listener->xclient;

	refuse_everyone(reading, &listener->proxy_protocol, "say who it is");
	refuse_everyone(reading, &listener->xclient, "say who it is");
	if (through->count && !listener->require_auth &&
		listener->networks.count == 0 &&
		!config_reading_wrong(reading, &listener->networks))
		config_error(reading->errors,
			config_reading_mark(
				reading, &listener->require_auth, listener->mark),
			"require_auth: false makes an open relay of a listener with "
			"%s; allowed: with networks that say who may connect",
			through == &listener->xclient ? "xclient" : "proxy_protocol");
}

static void check_login(
	struct config_reading *reading, const struct config_listener *listener)
{
	const struct config_networks *trusted =
		&reading->config->submission.trusted_networks;

	if (!listener->require_auth ||
		config_reading_wrong(reading, &listener->require_auth) ||
		config_reading_wrong(reading, &listener->auth_without_tls))
		return;
	if (listener->mechanisms.count == 0)
		config_error(reading->errors,
			config_reading_mark(
				reading, &listener->mechanisms, listener->mark),
			"mechanisms: an empty list, so nobody could log in; "
			"allowed: at least one, or require_auth: false");
	if (listener->tls == CONFIG_TLS_NONE && !listener->auth_without_tls &&
		trusted->count == 0 && !config_reading_wrong(reading, trusted))
		config_error(reading->errors,
			config_reading_mark(reading, &listener->tls, listener->mark),
			"tls: \"none\", so nobody could log in; allowed: with "
			"auth_without_tls: true, require_auth: false, or "
			"trusted_networks of submission");
}

static void refuse_everyone(struct config_reading *reading,
	const struct config_networks *networks, const char *what)
{
	static const struct config_network four = {{[10] = 0xff, [11] = 0xff}, 96};

	for (size_t i = 0; i < networks->count; i++) {
		const struct config_network *network = &networks->at[i];
		const struct config_written *written = config_marks_find(
			&reading->marks, network);

		if (!written || written->wrong)
			continue;
		if (network->bits == 0 ||
			(network->bits <= four.bits &&
				config_network_contains(network, four.address)))
			config_error(reading->errors, written->mark,
				"the whole Internet may %s; "
				"allowed: networks of your own",
				what);
	}
}
