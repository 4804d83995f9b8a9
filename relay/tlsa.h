/*
 * The TLSA records of a host: whether it is to be verified by DANE, and under
 * which name (RFC 7672 2.2.2, 2.2.3).
 */
#ifndef RINGPOST_RELAY_TLSA_H
#define RINGPOST_RELAY_TLSA_H

#include "io/dns.h"
#include "io/tls.h"
#include "relay/hosts.h"

#define TLSA_RECORDS_MAX 64 /* of one host; more are left out */

struct tlsa {
	enum tlsa_kind kind;
	const char *name;  /* they stand under it: SNI, and the name verified */
	const char *other; /* also good for DANE-TA: the host, as an alias; or NULL */
	struct tls_tlsa *records;
	size_t count;
	uint32_t ttl_s;	     /* how long all this holds */
	struct slice reason; /* of trouble */
};

/*
 * Asks for those of HOST at PORT, whose addresses were found to be ADDRESSES;
 * all in ARENA. Where those are not authentic nothing is asked (RFC 7672
 * 2.1.2) but for the host being an authentic alias. False only with
 * FAILURE_CANCELLED.
 */
bool tlsa_find(struct dns *dns, struct slice host, uint16_t port,
	const struct host_addresses *addresses, struct arena *arena,
	struct tlsa *tlsa_r, struct deadline deadline);

#endif
