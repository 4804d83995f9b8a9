/*
 * The addresses of a host, without those that mail may not go to.
 */
#include <string.h>

#include "base/config.h"
#include "mail/domain.h"

#include "relay/hosts.h"

struct finding {
	const struct routes *routes;
	const struct terms *terms;
	struct slice host;
	struct arena *arena;
	struct host_addresses *found;
	struct slice refused;	/* why an address was left out */
	struct slice temporary; /* why there may be more */
};

static bool is_ipv4(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address, mapped, 12) == 0;
}

static union host_address to_connect(const uint8_t address[16], uint16_t port)
{
	union host_address to = {0};

	if (is_ipv4(address)) {
		to.ipv4.sin_family = AF_INET;
		to.ipv4.sin_port = htons(port);
		memcpy(&to.ipv4.sin_addr, address + 12, 4);
	} else {
		to.ipv6.sin6_family = AF_INET6;
		to.ipv6.sin6_port = htons(port);
		memcpy(&to.ipv6.sin6_addr, address, 16);
	}
	return to;
}

static void refuse(struct finding *finding, const uint8_t address[16], const char *why)
{
	char text[DOMAIN_LITERAL_SIZE];

	finding->refused = arena_format(finding->arena,
		"%.*s%.*s is %s, which mail does not go to without a route that says "
		"so",
		SLICE_PRINT(finding->host),
		SLICE_PRINT(domain_literal_print(address, text)), why);
}

static void add(struct finding *finding, const uint8_t address[16])
{
	struct host_addresses *found = finding->found;
	const struct config_relay *relay = &finding->routes->config->relay;
	uint16_t port = finding->terms->port;
	size_t most = ADDRESSES_MAX;

	if (is_ipv4(address) ? !relay->ipv4 : !relay->ipv6)
		return;
	if (!finding->terms->private_addresses) {
		if (route_is_own(finding->routes, address, port)) {
			found->own = true;
			refuse(finding, address, "myself");
			return;
		}
		if (config_address_is_private(address)) {
			refuse(finding, address, "a private address");
			return;
		}
	}
	/* IPv6 comes first, and leaves room to fall back from it. */
	if (!is_ipv4(address) && relay->ipv4)
		most = ADDRESSES_MAX / 2;
	if (found->count < most)
		found->list[found->count++] = to_connect(address, port);
}

static bool ask(struct finding *finding, struct dns *dns, enum dns_type type,
	struct deadline deadline)
{
	struct dns_answer answer;

	if (!dns_query(dns, type, finding->host, finding->arena, &answer, deadline))
		return false;
	if (answer.status == DNS_TEMPORARY)
		finding->temporary = arena_format(finding->arena,
			"%s lookup of %.*s: %s", type == DNS_A ? "A" : "AAAA",
			SLICE_PRINT(finding->host), answer.reason);
	if (answer.status != DNS_FOUND)
		return true;
	finding->found->authentic &= answer.authentic;
	finding->found->canonical = answer.canonical;
	if (answer.ttl_s < finding->found->ttl_s)
		finding->found->ttl_s = answer.ttl_s;
	for (size_t i = 0; i < answer.count; i++)
		add(finding, answer.records[i].address.s6_addr);
	return true;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]", and a route's "[2001:db8::1]". */
static bool parse_literal(struct slice host, uint8_t address_r[16])
{
	char text[64];

	if (domain_literal_parse(host, address_r))
		return true;
	return host.size > 2 &&
	       slice_to_text(slice_part(host, 1, host.size - 2), text, sizeof(text)) &&
	       config_address_parse(text, address_r);
}

static void judge(struct finding *finding)
{
	struct host_addresses *found = finding->found;
	/* A smarthost's name gone wrong is ours to put right, no one's bounce. */
	bool routed = finding->terms->host != NULL;
	enum verdict_kind kind = routed ? VERDICT_LATER : VERDICT_NEVER;
	const char *status = routed ? "4.4.4" : "5.4.4";

	if (found->count)
		return;
	if (finding->temporary.size) {
		found->verdict = verdict_of_ours(
			VERDICT_LATER, "4.4.3", finding->temporary);
		found->verdict.host_trouble = true;
	} else if (finding->refused.size) {
		if (found->own && !routed)
			status = "5.4.6";
		found->verdict = verdict_of_ours(kind, status, finding->refused);
	} else {
		found->verdict = verdict_of_ours(kind, status,
			arena_format(finding->arena,
				"the mail server %.*s has no %saddress",
				SLICE_PRINT(finding->host),
				finding->routes->config->relay.ipv6 ? "" : "IPv4 "));
	}
	found->verdict.host_trouble = found->verdict.kind == VERDICT_LATER;
}

bool hosts_addresses(struct dns *dns, const struct routes *routes,
	const struct terms *terms, struct slice host, struct arena *arena,
	struct host_addresses *addresses_r, struct deadline deadline)
{
	const struct config_relay *relay = &routes->config->relay;
	struct finding finding = {
		.routes = routes,
		.terms = terms,
		.host = host,
		.arena = arena,
		.found = addresses_r,
	};
	uint8_t literal[16];

	*addresses_r = (struct host_addresses){
		.authentic = true, .canonical = host, .ttl_s = UINT32_MAX};
	if (slice_starts(host, SLICE("["))) {
		if (parse_literal(host, literal))
			add(&finding, literal);
	} else if ((relay->ipv6 && !ask(&finding, dns, DNS_AAAA, deadline)) ||
		   (relay->ipv4 && !ask(&finding, dns, DNS_A, deadline))) {
		return false;
	}
	judge(&finding);
	return true;
}
