/*
 * DNS through c-ares on the worker's ring, with a cache per worker: TTLs kept
 * (1 s … 1 day), negative answers by the SOA's minimum, equal questions asked
 * once. Failures of the resolver are temporary by definition and never cached
 * for more than 5 s.
 */
#ifndef RINGPOST_IO_DNS_H
#define RINGPOST_IO_DNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config_network.h"
#include "base/slice.h"
#include "run/deadline.h"

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52,
};

enum dns_status {
	DNS_FOUND,
	DNS_NO_DATA,   /* the name exists, this type does not */
	DNS_NO_NAME,   /* NXDOMAIN */
	DNS_TEMPORARY, /* SERVFAIL, time-out, refused, malformed: try later */
};

struct dns_record {
	uint16_t preference;	 /* MX */
	struct slice name;	 /* MX, CNAME, PTR: lower case, no trailing dot, "" for
				    the root; TXT: its strings joined */
	struct in6_addr address; /* A (mapped), AAAA */
	uint8_t usage, selector, matching; /* TLSA */
	struct slice data;		   /* TLSA certificate data; raw */
};

struct dns_answer {
	enum dns_status status;
	bool authentic; /* the AD bit, from a resolver whose word counts */
	uint32_t ttl_s;
	unsigned queries; /* that were sent for it; 0: it was in the cache */
	struct dns_record *records;
	size_t count;
	struct slice canonical; /* owner name after CNAMEs; the question if none */
	char reason[80];	/* for DNS_TEMPORARY: what happened */
};

struct dns;

struct dns_options {
	const char *const *servers; /* "127.0.0.1", "[::1]:5353"; none: system's */
	size_t server_count;
	int64_t timeout_ms;
	size_t cache_entries;
	/* Networks of resolvers that are believed when they say that an answer
	 * was validated; this machine's own are. NULL: no others. */
	const struct config_networks *trusted;
};

/* One per worker. NULL with FAILURE_CONFIG (a server that is no address). */
struct dns *dns_create(const struct dns_options *options);
/* Open questions end with FAILURE_CANCELLED first. */
void dns_destroy(struct dns **dns);

/*
 * Asks, or finds in the cache. True with *answer_r filled, strings and records
 * in ARENA, whatever its status; false only with FAILURE_CANCELLED. A deadline
 * that passes gives DNS_TEMPORARY.
 */
bool dns_query(struct dns *dns, enum dns_type type, struct slice name,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline);
/*
 * Whether all its servers are believed (RFC 7672 2.1.3): nothing is authentic
 * otherwise. Docker's 127.0.0.11 only forwards, and must be listed to count.
 */
bool dns_is_trusted(const struct dns *dns);
/* Forgets what is known about a name (after a surprising failure). */
void dns_forget(struct dns *dns, struct slice name);

struct dns_figures {
	uint64_t questions, hits, joined, sent, temporary;
	size_t entries;
};
struct dns_figures dns_figures(const struct dns *dns);

/* "1.2.0.192.in-addr.arpa" for a PTR question. TEXT has 80 bytes. */
void dns_reverse_name(const struct in6_addr *address, char text[80]);

#endif
