/*
 * TLSRPT (RFC 8460): what came of TLS towards domains that want to know.
 *
 * Sessions are counted in a worker's memory by policy, result and host, added
 * up in Redis (rp:tlsrpt:…) over workers and nodes once a minute, and reported
 * the day after. Off unless `relay: tlsrpt:` names an address to report from.
 * Counts, not mail: where memory or Redis have no room, some are left out.
 */
#ifndef RINGPOST_RELAY_TLSRPT_H
#define RINGPOST_RELAY_TLSRPT_H

#include <stdint.h>

#include "base/config.h"
#include "io/dns.h"
#include "io/redis.h"
#include "relay/tlsrpt_result.h"

#define TLSRPT_DOMAINS_MAX 20000  /* of a worker's memory */
#define TLSRPT_DETAILS_MAX 20	  /* kinds of failure of a domain between flushes */
#define TLSRPT_DAY_MAX	   100000 /* domains of a day, of all nodes */
#define TLSRPT_FIELDS_MAX  300	  /* of a domain's day; then without hosts */
#define TLSRPT_POLICY_MAX  4096	  /* bytes of a policy's text */

struct tlsrpt; /* a worker's */

struct tlsrpt_policy {
	enum tlsrpt_policy_type type;
	struct slice domain; /* of DANE the host's TLSA base domain */
	struct slice text;   /* the lines of the policy, "\n" behind each */
	struct slice hosts;  /* STS: its mx, one space between; else empty */
};

/* Everything is copied. */
struct tlsrpt_session {
	struct slice domain; /* of the recipients; lower case, A-labels */
	struct tlsrpt_policy policy;
	enum tlsrpt_result result;
	struct slice host, address; /* the MX and its address; empty: none chosen */
	struct slice local;	    /* our address; empty: not known */
	struct slice reason;	    /* of a failure, in words */
};

/* Counts one; never waits. NULL: nothing is counted. */
void tlsrpt_record(struct tlsrpt *tlsrpt, const struct tlsrpt_session *session);

#endif
