/* Socket addresses as stream_facts have them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "io/stream.h"
#include "io/stream_layer.h"

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

/* A mapped IPv4 address (from a dual-stack listener) is an IPv4 address. */
static bool to_bytes(
	const struct sockaddr *address, unsigned char bytes[16], unsigned *port)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		memcpy(bytes, mapped, sizeof(mapped));
		memcpy(bytes + 12, &in->sin_addr, 4);
		*port = ntohs(in->sin_port);
		return true;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		memcpy(bytes, &in6->sin6_addr, 16);
		*port = ntohs(in6->sin6_port);
		return true;
	}
	return false;
}

static bool is_mapped(const unsigned char bytes[16])
{
	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

static bool is_loopback(const unsigned char bytes[16])
{
	static const unsigned char one[16] = {[15] = 1};

	return is_mapped(bytes) ? bytes[12] == 127 : memcmp(bytes, one, 16) == 0;
}

static void write_address(const unsigned char bytes[16], char text[INET6_ADDRSTRLEN])
{
	if (is_mapped(bytes))
		inet_ntop(AF_INET, bytes + 12, text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, bytes, text, INET6_ADDRSTRLEN);
}

static void write_place(const struct sockaddr *address, char place[64])
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];
	unsigned port;

	if (address->sa_family == AF_UNIX) {
		const char *path =
			((const struct sockaddr_un *)(const void *)address)->sun_path;

		snprintf(place, 64, "unix:%.58s", path[0] ? path : "");
	} else if (to_bytes(address, bytes, &port)) {
		write_address(bytes, text);
		snprintf(place, 64, is_mapped(bytes) ? "%s:%u" : "[%s]:%u", text, port);
	} else {
		snprintf(place, 64, "unknown");
	}
}

void stream_facts_set_peer(struct stream_facts *facts, const struct sockaddr *address)
{
	unsigned char bytes[16];
	unsigned port;

	write_place(address, facts->peer);
	if (address->sa_family == AF_UNIX)
		facts->peer_is_loopback = true;
	if (!to_bytes(address, bytes, &port))
		return;
	memcpy(facts->peer_bytes, bytes, sizeof(bytes));
	write_address(bytes, facts->peer_address);
	facts->peer_is_ipv6 = !is_mapped(bytes);
	facts->peer_is_loopback = is_loopback(bytes);
}

void stream_facts_set_local(struct stream_facts *facts, const struct sockaddr *address)
{
	write_place(address, facts->local);
}

static void set_bytes(
	struct sockaddr_in6 *in6, const unsigned char address[16], unsigned port)
{
	*in6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	memcpy(&in6->sin6_addr, address, 16);
}

void stream_set_peer(
	struct stream *stream, const unsigned char address[16], unsigned port)
{
	struct sockaddr_in6 in6;

	set_bytes(&in6, address, port);
	stream_facts_set_peer(&stream->facts, (const struct sockaddr *)&in6);
}

void stream_set_local(
	struct stream *stream, const unsigned char address[16], unsigned port)
{
	struct sockaddr_in6 in6;

	set_bytes(&in6, address, port);
	stream_facts_set_local(&stream->facts, (const struct sockaddr *)&in6);
}
