/*
 * URLs of http and https as far as we use them (RFC 3986): no user, no
 * fragment, a host that is a name or an address in its usual form. Pure.
 */
#ifndef RINGPOST_IO_FETCH_URL_H
#define RINGPOST_IO_FETCH_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

struct fetch_url {
	bool tls;
	bool is_address; /* `address` is the host's */
	uint8_t address[16];
	struct slice host;   /* lower case; an IPv6 address without brackets */
	uint16_t port;	     /* 0: none was given */
	struct slice target; /* path and query, "/…" */
};

/* Texts in ARENA. False with FAILURE_DATA. */
bool fetch_url_parse(struct slice text, struct arena *arena, struct fetch_url *url_r);
/* In the one form that every parser reads alike. */
struct slice fetch_url_print(const struct fetch_url *url, struct arena *arena);

#endif
