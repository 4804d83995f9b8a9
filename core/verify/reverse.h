/*
 * Reverse names that are confirmed forward ("FCrDNS", iprev of RFC 8601 3):
 * the names an address has in DNS, and which of them have that address.
 */
#ifndef RINGPOST_VERIFY_REVERSE_H
#define RINGPOST_VERIFY_REVERSE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"
#include "run/deadline.h"
#include "verify/resolver.h"

#define REVERSE_NAMES_MAX 10 /* looked at; an address may have more */

enum reverse_result {
	REVERSE_NONE,	     /* the address has no name */
	REVERSE_CONFIRMED,   /* a name of its leads back to it */
	REVERSE_UNCONFIRMED, /* it has names, and none leads back */
	REVERSE_TEMPORARY,   /* DNS did not say */
};

/* Slices are valid as long as the arena. */
struct reverse {
	enum reverse_result result;
	struct slice name; /* the first confirmed one, else the first; or empty */
	struct slice names[REVERSE_NAMES_MAX]; /* in DNS's order */
	bool confirmed[REVERSE_NAMES_MAX];
	size_t count;
	char reason[80]; /* of REVERSE_TEMPORARY */
};

/*
 * ADDRESS is IPv6, or IPv4 mapped. False only with FAILURE_CANCELLED. At most
 * 1 + REVERSE_NAMES_MAX queries; stops at the first name that is confirmed.
 */
bool reverse_check(const struct verify_resolver *resolver,
	const struct in6_addr *address, struct arena *arena, struct reverse *reverse_r,
	struct deadline deadline);

/* "pass", "fail", "permerror", "temperror": RFC 8601 2.7.3's words for iprev. */
const char *reverse_result_name(enum reverse_result result);

/* The one name that a receiver shows. */
struct reverse_name {
	bool known; /* it was looked for */
	enum reverse_result result;
	struct slice name; /* REVERSE_CONFIRMED, and a host's; or empty */
};

/*
 * The same within REVERSE_QUERIES_MAX queries: with what the checks of a message
 * may ask (VERIFY_QUERIES_MAX) it is 60. An address with more names than can be
 * looked at, none of them confirmed, is REVERSE_TEMPORARY.
 */
#define REVERSE_QUERIES_MAX 4
bool reverse_find_name(const struct verify_resolver *resolver,
	const struct in6_addr *address, struct arena *arena,
	struct reverse_name *name_r, struct deadline deadline);

/* Whether an answer to A or AAAA holds ADDRESS. */
bool reverse_holds(const struct dns_answer *answer, const struct in6_addr *address);

#endif
