/*
 * Egress: a worker's relay keeps mail off sources that cannot be used.
 */
#ifndef RINGPOST_RELAY_EGRESS_H
#define RINGPOST_RELAY_EGRESS_H

#include "relay/relay_core.h"

/* Looks after the sources of the configuration now in force from now on. */
void egress_start(struct relay *relay);
/* site_warmup.c: nothing is sent any more; gives back what is left of warm-ups. */
void egress_end(struct relay *relay);

/* egress_connect.c: from the source of the connection's site to an address. NULL
 * with a failure; where it is the source's, the connection's fault says so. */
struct connection;
struct stream *egress_connect(struct connection *connection,
	const union host_address *to, struct deadline deadline);

#endif
