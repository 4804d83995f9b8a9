/*
 * HTTPS requests (GET, POST) through libcurl, for policies, reports and tokens.
 *
 * libcurl runs on a thread of its own, many transfers at once: no worker and no
 * thread of the pool waits for anybody's web server. Names are looked up with
 * our own resolver, and what they lead to is checked before anything connects,
 * so that a name chosen by a stranger cannot make us speak to our own network.
 */
#ifndef RINGPOST_IO_FETCH_H
#define RINGPOST_IO_FETCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "run/deadline.h"

#define FETCH_AT_ONCE	    64	/* transfers of the process */
#define FETCH_WAITING_MAX   512 /* … and so many that wait for a place */
#define FETCH_ADDRESSES_MAX 8	/* of a name, tried */
#define FETCH_URL_MAX	    4096
#define FETCH_HEADER_MAX    (32u << 10) /* of an answer */

struct dns;

struct fetch_options {
	struct slice url;	     /* https://host[:port]/path?query */
	struct slice body;	     /* at NULL: GET; else POST */
	const struct slice *headers; /* "Name: value" each */
	size_t header_count;
	size_t size_max;     /* of the answer's body; longer is FAILURE_LIMIT */
	unsigned redirects;  /* followed, of a GET; to another host without HEADERS */
	const char *ca_file; /* trusted instead of the system's authorities */
	/* Addresses of no public network are allowed, and connections are kept for
	 * the next request: for hosts the operator has named. */
	bool private_addresses;
	bool plain; /* http:// is allowed */
	struct dns *dns;
	/* Instead of what DNS says of the first host. */
	const struct in6_addr *addresses;
	size_t address_count;
	uint16_t port; /* where the URL has none; 0: the scheme's */
};

/* Texts in the arena. */
struct fetch_response {
	unsigned status;
	struct slice content_type; /* as sent, empty: none */
	struct slice location;	   /* of a redirect not followed, absolute */
	int64_t retry_after_s;	   /* as Retry-After has it; 0: it does not */
	struct slice body;
};

/*
 * True: the server answered, whatever its status. False: FAILURE_DATA (the URL
 * or a header), DNS, NETWORK (not reached, addresses that are not allowed), TLS
 * (not trusted, too old), PROTOCOL, LIMIT (too long, too many at once),
 * TIMEOUT, CANCELLED. What was asked for by a fiber that left is given up.
 */
bool fetch(const struct fetch_options *options, struct arena *arena,
	struct fetch_response *response_r, struct deadline deadline);

/* Once for the process, before other threads are made. False: RESOURCE. */
bool fetch_start(void);
/* When no fiber fetches any more. */
void fetch_stop(void);

struct fetch_figures {
	uint64_t requests, failures; /* since the start */
	unsigned pending;	     /* waiting or under way */
};
struct fetch_figures fetch_figures(void);

#endif
