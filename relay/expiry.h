/*
 * Time that runs out while mail waits in hand: behind a limit, a host that says
 * nothing, a receiver that asked for a pause. It is returned when its time is
 * over, not when its turn comes.
 */
#ifndef RINGPOST_RELAY_EXPIRY_H
#define RINGPOST_RELAY_EXPIRY_H

#include "relay/relay_core.h"

/* Something waits: what does is looked at within EXPIRY_LOOK_MS, and again as long
 * as anything waits. Cheap. */
#define EXPIRY_LOOK_MS 1000
void expiry_look_soon(struct relay *relay);
void expiry_stop(struct relay *relay);

#endif
