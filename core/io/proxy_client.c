/*
 * Connecting through a SOCKS5 server, or one that takes the PROXY protocol.
 */
#include "io/proxy_client.h"

#include <netinet/in.h>
#include <string.h>

#include "base/failure.h"

#define SOCKS_VERSION	5
#define LOGIN_VERSION	1 /* RFC 1929 2 */
#define METHOD_NONE	0
#define METHOD_LOGIN	2
#define METHOD_REFUSED	0xff
#define COMMAND_CONNECT 1
#define KIND_IPV4	1
#define KIND_NAME	3
#define KIND_IPV6	4

/* SIZE bytes into BYTES. */
static bool read_exactly(struct stream *stream, unsigned char *bytes, size_t size,
	struct deadline deadline)
{
	size_t got = 0;

	while (got < size) {
		struct slice more;

		if (!stream_read(stream, size - got, &more, deadline))
			return false;
		memcpy(bytes + got, more.at, more.size);
		got += more.size;
	}
	return true;
}

static void write_bytes(struct stream *stream, const void *bytes, size_t size)
{
	stream_write(stream, slice_make(bytes, size));
}

static void write_text(struct stream *stream, const char *text)
{
	unsigned char size = (unsigned char)strlen(text);

	write_bytes(stream, &size, 1);
	write_bytes(stream, text, size);
}

/* RFC 1929 2 */
static bool log_in(struct stream *stream, const struct proxy_login *login,
	struct deadline deadline)
{
	static const unsigned char version = LOGIN_VERSION;
	unsigned char reply[2];

	write_bytes(stream, &version, 1);
	write_text(stream, login->user);
	write_text(stream, login->password);
	if (!read_exactly(stream, reply, sizeof(reply), deadline))
		return false;
	if (reply[1] != 0)
		return fail(FAILURE_PROTOCOL,
			"the SOCKS5 proxy does not take our user and password");
	return true;
}

/* RFC 1928 3 */
static bool agree(struct stream *stream, const struct proxy_login *login,
	struct deadline deadline)
{
	static const unsigned char offer[] = {
		SOCKS_VERSION, 2, METHOD_NONE, METHOD_LOGIN};
	static const unsigned char plain[] = {SOCKS_VERSION, 1, METHOD_NONE};
	unsigned char reply[2];

	if (login->user)
		write_bytes(stream, offer, sizeof(offer));
	else
		write_bytes(stream, plain, sizeof(plain));
	if (!read_exactly(stream, reply, sizeof(reply), deadline))
		return false;
	if (reply[0] != SOCKS_VERSION)
		return fail(FAILURE_PROTOCOL, "the proxy does not speak SOCKS5");
	if (reply[1] == METHOD_NONE)
		return true;
	if (reply[1] == METHOD_LOGIN && login->user)
		return log_in(stream, login, deadline);
	return fail(FAILURE_PROTOCOL,
		reply[1] == METHOD_REFUSED ? "the SOCKS5 proxy wants another login"
					   : "the SOCKS5 proxy chose a login that was "
					     "not offered");
}

static void request(struct stream *stream, const struct sockaddr *address)
{
	static const unsigned char ipv4[] = {
		SOCKS_VERSION, COMMAND_CONNECT, 0, KIND_IPV4};
	static const unsigned char ipv6[] = {
		SOCKS_VERSION, COMMAND_CONNECT, 0, KIND_IPV6};

	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		write_bytes(stream, ipv4, sizeof(ipv4));
		write_bytes(stream, &in->sin_addr, 4);
		write_bytes(stream, &in->sin_port, 2);
	} else {
		const struct sockaddr_in6 *in6 = (const void *)address;

		write_bytes(stream, ipv6, sizeof(ipv6));
		write_bytes(stream, &in6->sin6_addr, 16);
		write_bytes(stream, &in6->sin6_port, 2);
	}
}

/* RFC 1928 6 */
static const char *refusal(unsigned code)
{
	static const char *const reasons[] = {"", "general failure",
		"not allowed by its rules", "network unreachable", "host unreachable",
		"connection refused", "TTL expired", "it cannot connect",
		"it does not know that kind of address"};

	return code < sizeof(reasons) / sizeof(*reasons) ? reasons[code]
							 : "unknown reason";
}

/* The address it has bound is of no interest. */
static bool skip_address(struct stream *stream, unsigned kind, struct deadline deadline)
{
	unsigned char rest[256 + 2];
	unsigned char size = 0;

	switch (kind) {
	case KIND_IPV4:
		return read_exactly(stream, rest, 4 + 2, deadline);
	case KIND_IPV6:
		return read_exactly(stream, rest, 16 + 2, deadline);
	case KIND_NAME:
		return read_exactly(stream, &size, 1, deadline) &&
		       read_exactly(stream, rest, size + 2u, deadline);
	default:
		return fail(FAILURE_PROTOCOL,
			"the SOCKS5 proxy answers with an unknown kind of address");
	}
}

bool proxy_socks5(struct stream *stream, const struct sockaddr *address,
	const struct proxy_login *login, bool *proxy_broken_r, struct deadline deadline)
{
	unsigned char reply[4];

	*proxy_broken_r = true;
	if (!agree(stream, login, deadline))
		return false;
	request(stream, address);
	/* From here on a silence or an end may be the target's. */
	*proxy_broken_r = false;
	if (!read_exactly(stream, reply, sizeof(reply), deadline))
		return false;
	if (reply[0] != SOCKS_VERSION) {
		*proxy_broken_r = true;
		return fail(FAILURE_PROTOCOL, "the proxy does not speak SOCKS5");
	}
	if (reply[1] != 0)
		return fail(FAILURE_NETWORK, "the SOCKS5 proxy says: %s",
			refusal(reply[1]));
	return skip_address(stream, reply[3], deadline);
}

void proxy_write_header(struct stream *stream, const struct sockaddr *source,
	const struct sockaddr *address)
{
	/* Signature, version 2 and PROXY, then family and STREAM, then the size. */
	static const unsigned char ipv4[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c";
	static const unsigned char ipv6[] = "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24";

	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *from = (const void *)source;
		const struct sockaddr_in *to = (const void *)address;

		write_bytes(stream, ipv4, sizeof(ipv4) - 1);
		write_bytes(stream, &from->sin_addr, 4);
		write_bytes(stream, &to->sin_addr, 4);
		write_bytes(stream, &from->sin_port, 2);
		write_bytes(stream, &to->sin_port, 2);
	} else {
		const struct sockaddr_in6 *from = (const void *)source;
		const struct sockaddr_in6 *to = (const void *)address;

		write_bytes(stream, ipv6, sizeof(ipv6) - 1);
		write_bytes(stream, &from->sin6_addr, 16);
		write_bytes(stream, &to->sin6_addr, 16);
		write_bytes(stream, &from->sin6_port, 2);
		write_bytes(stream, &to->sin6_port, 2);
	}
}
