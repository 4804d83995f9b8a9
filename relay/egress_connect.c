/*
 * The way to an address from a source: bound to the source's own, or through
 * its proxy. What goes wrong at the proxy is the source's trouble.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/config_network.h"
#include "io/proxy_client.h"
#include "run/worker.h"

#include "relay/connection.h"
#include "relay/egress.h"

static bool set_address(
	union host_address *address_r, const uint8_t bytes[16], uint16_t port)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	*address_r = (union host_address){0};
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		address_r->ipv4.sin_family = AF_INET;
		address_r->ipv4.sin_port = htons(port);
		memcpy(&address_r->ipv4.sin_addr, bytes + 12, 4);
	} else {
		address_r->ipv6.sin6_family = AF_INET6;
		address_r->ipv6.sin6_port = htons(port);
		memcpy(&address_r->ipv6.sin6_addr, bytes, 16);
	}
	return true;
}

/* The proxy's address, by DNS where it has a name. */
static bool find_proxy(struct connection *connection, union host_address *address_r,
	struct deadline deadline)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	const struct config_proxy *proxy = connection->site->source->proxy;
	struct dns *dns = connection->site->relay->options.dns;
	struct dns_answer answer = {0};
	uint8_t bytes[16];

	if (config_address_parse(proxy->host, bytes))
		return set_address(address_r, bytes, proxy->port);
	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		if (!dns_query(dns, types[i], slice_of(proxy->host), &connection->arena,
			    &answer, deadline))
			return false;
		if (answer.status == DNS_FOUND)
			return set_address(address_r, answer.records[0].address.s6_addr,
				proxy->port);
	}
	return fail(FAILURE_NETWORK, "the proxy's name %s has no address%s%s",
		proxy->host, answer.status == DNS_TEMPORARY ? ": " : "",
		answer.status == DNS_TEMPORARY ? answer.reason : "");
}

/* Through the proxy once it is connected. */
static bool pass(const struct source *source, struct stream *stream,
	const union host_address *to, bool *broken_r, struct deadline deadline)
{
	struct proxy_login login = {source->proxy->user, source->password};
	bool ipv6 = to->any.sa_family == AF_INET6;

	*broken_r = false;
	if (source->proxy->kind == CONFIG_PROXY_SOCKS5)
		return proxy_socks5(stream, &to->any, &login, broken_r, deadline);
	proxy_write_header(stream,
		&source->address[ipv6 ? SOURCE_IPV6 : SOURCE_IPV4].any, &to->any);
	return true;
}

static void blame_proxy(struct connection *connection)
{
	const struct failure *failure = failure_last();

	if (failure->kind == FAILURE_CANCELLED || failure->kind == FAILURE_RESOURCE)
		return; /* ours */
	connection->fault = FAULT_SOURCE;
	source_note_proxy_down(connection->site->source, failure->text);
}

static struct stream *connect_through(struct connection *connection,
	const union host_address *to, struct deadline deadline)
{
	struct source *source = connection->site->source;
	union host_address proxy;
	struct stream *stream = NULL;
	struct failure failure;
	bool broken = true;

	if (find_proxy(connection, &proxy, deadline))
		stream = stream_connect(&proxy.any, NULL, deadline);
	if (!stream) {
		blame_proxy(connection);
		return NULL;
	}
	if (pass(source, stream, to, &broken, deadline)) {
		source_note_proxy_up(source);
		return stream;
	}
	if (broken)
		blame_proxy(connection);
	failure = *failure_last();
	stream_close(&stream);
	fail_again(&failure);
	return NULL;
}

struct stream *egress_connect(struct connection *connection,
	const union host_address *to, struct deadline deadline)
{
	const struct source *source = connection->site->source;
	bool ipv6 = to->any.sa_family == AF_INET6;

	if (source->proxy)
		return connect_through(connection, to, deadline);
	return stream_connect(&to->any,
		source->local ? &source->address[ipv6 ? SOURCE_IPV6 : SOURCE_IPV4].any
			      : NULL,
		deadline);
}
