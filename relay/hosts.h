/*
 * From a domain to the hosts that take its mail (RFC 5321 5.1, RFC 7505), and
 * from a host to its addresses.
 */
#ifndef RINGPOST_RELAY_HOSTS_H
#define RINGPOST_RELAY_HOSTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "io/dns.h"
#include "relay/route.h"
#include "policy/tls_policy.h"
#include "relay/verdict.h"

#define HOSTS_MAX     20 /* MX hosts used; more are cut, the worst first */
#define ADDRESSES_MAX 16 /* of one host */

struct mx_host {
	struct slice name; /* lower case, or an address in brackets */
	unsigned preference;
};

/* kind NONE: there are hosts. Else why not, for every recipient there. */
struct hosts {
	struct mx_host *list; /* best first; equal ones by name */
	size_t count;
	uint32_t ttl_s;
	struct verdict verdict;
	struct tls_policy tls; /* of usual mail; of MTA-STS it knows nothing */
};

/*
 * Finds the hosts of DOMAIN under TERMS, and puts into TERMS what those of best
 * preference allow; texts in ARENA. False only with FAILURE_CANCELLED.
 */
bool hosts_find(struct dns *dns, const struct routes *routes, struct terms *terms,
	struct slice domain, struct arena *arena, struct hosts *hosts_r,
	struct deadline deadline);

/*
 * Puts MX hosts in order and leaves out: what was named twice, ourselves (SELF)
 * and all of higher preference number than we have, and what is beyond
 * HOSTS_MAX. Returns how many stay.
 */
size_t hosts_order(struct mx_host *list, size_t count, struct slice self);

union host_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

/* Addresses to connect to, IPv6 first; with none, verdict says why. */
struct host_addresses {
	union host_address list[ADDRESSES_MAX];
	size_t count;
	struct verdict verdict;
	bool own;		/* one was left out for being our own */
	bool authentic;		/* all of them, the CNAMEs before them, too */
	struct slice canonical; /* what the name led to; itself, mostly */
	uint32_t ttl_s;
};
bool hosts_addresses(struct dns *dns, const struct routes *routes,
	const struct terms *terms, struct slice host, struct arena *arena,
	struct host_addresses *addresses_r, struct deadline deadline);

#endif
