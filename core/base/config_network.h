/*
 * Addresses and networks as the configuration writes them.
 *
 * Every address is 16 bytes, IPv4 as ::ffff:a.b.c.d, so that one comparison
 * serves both. Nothing here asks the resolver: names are not addresses.
 */
#ifndef RINGPOST_BASE_CONFIG_NETWORK_H
#define RINGPOST_BASE_CONFIG_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address alone is a network of all its bits. */
struct config_network {
	uint8_t address[16];
	unsigned bits; /* of the 128 */
};

struct config_networks {
	struct config_network *at;
	size_t count;
};

struct config_endpoint {
	uint8_t address[16];
	uint16_t port;
};

/* "192.0.2.1", "2001:db8::1"; no brackets, no zone. */
bool config_address_parse(const char *text, uint8_t address_r[16]);
/*
 * "192.0.2.0/24", "2001:db8::/32", "127.0.0.1". False also when an address
 * bit behind the prefix is set: 192.0.2.1/24 is a slip more often than not.
 */
bool config_network_parse(const char *text, struct config_network *network_r);
/*
 * "192.0.2.1:587", "[2001:db8::1]:587"; PORT_DEFAULT stands in for a missing
 * port ("192.0.2.1", "[::1]" or "::1"), 0 says that it may not be missing.
 */
bool config_endpoint_parse(
	const char *text, unsigned port_default, struct config_endpoint *endpoint_r);

bool config_network_contains(
	const struct config_network *network, const uint8_t address[16]);
bool config_networks_contain(
	const struct config_networks *networks, const uint8_t address[16]);

/* 127.0.0.0/8 and ::1. */
bool config_address_is_loopback(const uint8_t address[16]);
/*
 * In no public network: loopback, private, link-local, shared, unspecified,
 * multicast or reserved.
 */
bool config_address_is_private(const uint8_t address[16]);

#endif
