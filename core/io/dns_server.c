/* Reads addresses of DNS servers. */
#include "io/dns_server.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/slice.h"

bool dns_server_parse(const char *text, struct dns_server *server_r)
{
	struct dns_server server = {.port = 53};
	struct slice host = slice_of(text), port = SLICE_EMPTY;
	size_t colon = slice_index_last(host, ':');
	uint64_t number = 53;
	char copy[64];

	if (slice_starts(host, SLICE("["))) {
		size_t end = slice_index(host, ']');

		if (end == host.size)
			return false;
		port = slice_from(host, end + 1);
		if (port.size && port.at[0] != ':')
			return false;
		host = slice_part(host, 1, end - 1);
		server.family = AF_INET6;
	} else if (colon < host.size && slice_index(host, ':') == colon) {
		port = slice_from(host, colon);
		host.size = colon;
		server.family = AF_INET;
	} else {
		server.family = colon < host.size ? AF_INET6 : AF_INET;
	}
	if (port.size && (!slice_to_u64(slice_from(port, 1), &number) || !number ||
				 number > UINT16_MAX))
		return false;
	if (!slice_to_text(host, copy, sizeof(copy)) ||
		inet_pton(server.family, copy, server.bytes) != 1)
		return false;
	server.port = (unsigned short)number;
	*server_r = server;
	return true;
}

bool dns_server_is_trusted(
	int family, const void *address, const struct config_networks *trusted)
{
	/* Docker's: it passes on what it was told over the network. */
	static const uint8_t forwarder[16] = {
		[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 11};
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};

	if (family == AF_INET6)
		memcpy(bytes, address, 16);
	else
		memcpy(bytes + 12, address, 4);
	if (trusted && config_networks_contain(trusted, bytes))
		return true;
	return config_address_is_loopback(bytes) && memcmp(bytes, forwarder, 16) != 0;
}
