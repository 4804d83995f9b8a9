/*
 * Egress: a worker's relay keeps mail off sources that cannot be used.
 */
#ifndef RINGPOST_RELAY_EGRESS_H
#define RINGPOST_RELAY_EGRESS_H

#include "relay/relay_core.h"

/* Looks after the sources of the configuration now in force from now on. */
void egress_start(struct relay *relay);

#endif
