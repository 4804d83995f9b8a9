/* Finds the addresses mail leaves from; see addresses.h. */
#include "gate/addresses.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

#define ALL UINT64_MAX

/* Its bit; 0 where there is no room. */
static uint64_t add(
	struct gate_addresses *addresses, const uint8_t bytes[16], const char *ehlo)
{
	struct gate_address *address;
	size_t i;

	for (i = 0; i < addresses->count; i++)
		if (memcmp(&addresses->list[i].ip, bytes, 16) == 0)
			return UINT64_C(1) << i;
	if (i == ADDRESSES_MAX) {
		addresses->left_out++;
		return 0;
	}
	address = &addresses->list[addresses->count++];
	memcpy(&address->ip, bytes, 16);
	address->ehlo = ehlo;
	if (IN6_IS_ADDR_V4MAPPED(&address->ip))
		inet_ntop(AF_INET, bytes + 12, address->text, sizeof(address->text));
	else
		inet_ntop(AF_INET6, bytes, address->text, sizeof(address->text));
	return UINT64_C(1) << i;
}

/* One that DNS knows something of. */
static uint64_t add_public(
	struct gate_addresses *addresses, const uint8_t bytes[16], const char *ehlo)
{
	if (!config_address_is_private(bytes))
		return add(addresses, bytes, ehlo);
	addresses->hidden = true;
	return 0;
}

static uint64_t add_source(struct gate_addresses *addresses,
	const struct config *config, const struct config_source *source)
{
	const char *ehlo = source->ehlo ? source->ehlo : config->hostname;
	uint64_t bits = 0;

	if (source->address && config->relay.ipv4)
		bits |= add_public(addresses, source->ipv4, ehlo);
	if (source->address6 && config->relay.ipv6)
		bits |= add_public(addresses, source->ipv6, ehlo);
	/* Without an address of its own the proxy decides. */
	addresses->hidden |= !source->address && !source->address6;
	return bits;
}

/* What stands behind a pool's overflow counts, too. */
static uint64_t bits_of_pool(
	const struct config *config, const uint64_t *sources, size_t index)
{
	const struct config_pool *pool = &config->pools[index];
	uint64_t bits = 0;

	for (size_t turns = 0; pool && turns <= config->pool_count; turns++) {
		for (size_t i = 0; i < pool->member_count; i++)
			bits |= sources[pool->members[i].place];
		pool = pool->overflow ? config_pool_find(config, pool->overflow) : NULL;
	}
	return bits;
}

static uint64_t bits_of_name(const struct gate_addresses *addresses,
	const struct config *config, const char *name)
{
	const struct config_pool *pool = config_pool_find(config, name);

	return pool ? addresses->pools[pool - config->pools] : addresses->usual;
}

static void find_sources(struct gate_addresses *addresses, const struct config *config)
{
	uint64_t *sources = memory_allocate_array(
		config->source_count, sizeof(*sources));

	addresses->from = ADDRESSES_SOURCES;
	for (size_t i = 0; i < config->source_count; i++) {
		sources[i] = add_source(addresses, config, &config->sources[i]);
		addresses->usual |= sources[i];
	}
	if (config->pool_count) {
		addresses->pools = memory_allocate_array(
			config->pool_count, sizeof(*addresses->pools));
		for (size_t i = 0; i < config->pool_count; i++)
			addresses->pools[i] = bits_of_pool(config, sources, i);
	}
	if (config->relay.pool && config->pool_count)
		addresses->usual = bits_of_name(addresses, config, config->relay.pool);
	memory_free(sources);
}

static void find_written(struct gate_addresses *addresses, const struct config *config)
{
	const struct config_texts *texts = &config->gate.addresses;
	uint8_t bytes[16];

	addresses->from = ADDRESSES_WRITTEN;
	addresses->usual = ALL;
	for (size_t i = 0; i < texts->count; i++)
		if (config_address_parse(texts->at[i], bytes))
			add(addresses, bytes, config->hostname);
}

/*
 * What the kernel would send from to the world. Connecting a datagram socket
 * chooses a route and an address, and sends nothing (RFC 5737 and RFC 3849
 * addresses are nobody's).
 */
static bool find_own(int family, uint8_t bytes[16])
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} address = {.any.sa_family = (sa_family_t)family};
	socklen_t size = family == AF_INET ? sizeof(address.four) : sizeof(address.six);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool found;

	if (fd < 0)
		return false;
	if (family == AF_INET) {
		address.four.sin_port = htons(25);
		inet_pton(AF_INET, "192.0.2.1", &address.four.sin_addr);
	} else {
		address.six.sin6_port = htons(25);
		inet_pton(AF_INET6, "2001:db8::1", &address.six.sin6_addr);
	}
	found = connect(fd, &address.any, size) == 0 &&
		getsockname(fd, &address.any, &size) == 0;
	close(fd);
	memset(bytes, 0, 16);
	if (family == AF_INET) {
		memset(bytes + 10, 0xff, 2);
		memcpy(bytes + 12, &address.four.sin_addr, 4);
	} else {
		memcpy(bytes, &address.six.sin6_addr, 16);
	}
	return found;
}

static void find_machine(struct gate_addresses *addresses, const struct config *config)
{
	uint8_t bytes[16];

	addresses->from = ADDRESSES_MACHINE;
	addresses->usual = ALL;
	if (config->relay.ipv4 && find_own(AF_INET, bytes))
		add_public(addresses, bytes, config->hostname);
	if (config->relay.ipv6 && find_own(AF_INET6, bytes))
		add_public(addresses, bytes, config->hostname);
}

/* The world sees that of a smart host, which is somebody else's to know. */
static bool goes_elsewhere(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (strcmp(config->routes[i].domain, "*") == 0)
			return config->routes[i].host != NULL;
	return false;
}

void addresses_find(const struct config *config, struct gate_addresses *addresses_r)
{
	*addresses_r = (struct gate_addresses){.count = 0};
	if (config->gate.addresses.count)
		find_written(addresses_r, config);
	else if (goes_elsewhere(config))
		*addresses_r = (struct gate_addresses){
			.from = ADDRESSES_ROUTE, .hidden = true};
	else if (config->source_count)
		find_sources(addresses_r, config);
	else
		find_machine(addresses_r, config);
	if (addresses_r->usual == ALL)
		addresses_r->usual = addresses_r->count == ADDRESSES_MAX
					     ? ALL
					     : (UINT64_C(1) << addresses_r->count) - 1;
}

void addresses_finish(struct gate_addresses *addresses)
{
	memory_free(addresses->pools);
	addresses->pools = NULL;
}

uint64_t addresses_of(const struct gate_addresses *addresses,
	const struct config *config, struct slice tenant, struct slice stream)
{
	const struct config_tenant *found;
	const struct config_stream *flow;

	if (!addresses->pools)
		return addresses->usual;
	found = config_tenant_find(config, tenant);
	if (found && found->pool)
		return bits_of_name(addresses, config, found->pool);
	flow = config_stream_find(config, stream);
	if (flow && flow->pool)
		return bits_of_name(addresses, config, flow->pool);
	return addresses->usual;
}
