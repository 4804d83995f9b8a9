/* Addresses, networks and endpoints: their text, and who is inside what. */
#include "base/config_network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/memory.h"
#include "base/slice.h"

#define ADDRESS_TEXT_SIZE 64 /* the longest address with its brackets and port */

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

#define FOUR(a, b, bits)                                                        \
	{                                                                       \
		{[10] = 0xff, [11] = 0xff, [12] = (a), [13] = (b)}, 96 + (bits) \
	}

static const struct config_network private_networks[] = {
	FOUR(0, 0, 8), FOUR(10, 0, 8), FOUR(100, 64, 10), FOUR(127, 0, 8),
	FOUR(169, 254, 16), FOUR(172, 16, 12), FOUR(192, 0, 24), FOUR(192, 168, 16),
	FOUR(198, 18, 15), FOUR(224, 0, 3), {{0}, 128}, /* :: */
	{{[15] = 1}, 128},				/* ::1 */
	{{0xfc}, 7},					/* fc00::/7, unique local */
	{{0xfe, 0x80}, 10},				/* link-local */
	{{0xff}, 8},					/* multicast */
};

static bool parse_port(struct slice text, uint16_t *port_r);
static bool bits_behind_are_zero(const struct config_network *network);

bool config_address_parse(const char *text, uint8_t address_r[16])
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1) {
		memcpy(address_r, mapped, sizeof(mapped));
		memcpy(address_r + 12, &four, 4);
		return true;
	}
	if (inet_pton(AF_INET6, text, &six) != 1)
		return false;
	memcpy(address_r, &six, 16);
	return true;
}

bool config_network_parse(const char *text, struct config_network *network_r)
{
	struct slice rest = slice_of(text), address = slice_cut(&rest, '/');
	struct config_network network = {.bits = 128};
	char address_text[ADDRESS_TEXT_SIZE];
	uint64_t bits;
	unsigned above;

	if (!slice_to_text(address, address_text, sizeof(address_text)) ||
		!config_address_parse(address_text, network.address))
		return false;
	if (rest.at) {
		above = strchr(address_text, ':') ? 0 : 96;
		if (!slice_to_u64(rest, &bits) || bits > 128 - above)
			return false;
		network.bits = (unsigned)bits + above;
	}
	if (!bits_behind_are_zero(&network))
		return false;
	*network_r = network;
	return true;
}

bool config_endpoint_parse(
	const char *text, unsigned port_default, struct config_endpoint *endpoint_r)
{
	struct slice whole = slice_of(text), address = whole, port = SLICE_EMPTY;
	struct config_endpoint endpoint = {.port = (uint16_t)port_default};
	char address_text[ADDRESS_TEXT_SIZE];
	bool bracketed = slice_starts(whole, SLICE("["));
	size_t end = slice_index_last(whole, bracketed ? ']' : ':');

	if (bracketed) {
		if (end == whole.size)
			return false;
		address = slice_part(whole, 1, end - 1);
		port = slice_from(whole, end + 1);
		if (port.size > 0 && port.at[0] != ':')
			return false;
		port = slice_from(port, 1);
		if (port.size == 0 && end + 1 < whole.size)
			return false;
	} else if (end < whole.size && slice_index(whole, ':') == end) {
		address = slice_part(whole, 0, end);
		port = slice_from(whole, end + 1);
		if (port.size == 0)
			return false;
	}
	if (port.size > 0 ? !parse_port(port, &endpoint.port) : port_default == 0)
		return false;
	if (!slice_to_text(address, address_text, sizeof(address_text)) ||
		!config_address_parse(address_text, endpoint.address))
		return false;
	if (bracketed && !strchr(address_text, ':'))
		return false;
	*endpoint_r = endpoint;
	return true;
}

bool config_network_contains(
	const struct config_network *network, const uint8_t address[16])
{
	unsigned bytes = network->bits / 8, bits = network->bits % 8;

	if (memcmp(network->address, address, bytes) != 0)
		return false;
	return bits == 0 ||
	       (network->address[bytes] ^ address[bytes]) >> (8 - bits) == 0;
}

bool config_networks_contain(
	const struct config_networks *networks, const uint8_t address[16])
{
	for (size_t i = 0; i < networks->count; i++) {
		if (config_network_contains(&networks->at[i], address))
			return true;
	}
	return false;
}

bool config_address_is_loopback(const uint8_t address[16])
{
	static const uint8_t one[16] = {[15] = 1};

	if (memcmp(address, mapped, sizeof(mapped)) == 0)
		return address[12] == 127;
	return memcmp(address, one, sizeof(one)) == 0;
}

bool config_address_is_private(const uint8_t address[16])
{
	for (size_t i = 0; i < ARRAY_COUNT(private_networks); i++) {
		if (config_network_contains(&private_networks[i], address))
			return true;
	}
	return false;
}

static bool parse_port(struct slice text, uint16_t *port_r)
{
	uint64_t port;

	if (!slice_to_u64(text, &port) || port == 0 || port > UINT16_MAX)
		return false;
	*port_r = (uint16_t)port;
	return true;
}

static bool bits_behind_are_zero(const struct config_network *network)
{
	for (unsigned bit = network->bits; bit < 128; bit++) {
		if (network->address[bit / 8] & (0x80 >> bit % 8))
			return false;
	}
	return true;
}
