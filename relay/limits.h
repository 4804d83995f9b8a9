/*
 * Limits that all workers of the process share: connections of a site and its
 * messages a second, connections in all. Atomics; a lock only where a site is
 * made or forgotten.
 */
#ifndef RINGPOST_RELAY_LIMITS_H
#define RINGPOST_RELAY_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "relay/relay.h"
#include "relay/tls_memory.h"

struct tls_memory *relay_node_tls_memory(struct relay_node *node);

/* One site's, as long as any worker holds it. */
struct site_limits {
	unsigned holders;
	_Atomic uint64_t connections;
	_Atomic int64_t next_us;  /* when the next message may begin */
	_Atomic unsigned starved; /* workers with mail for it and no connection */
};

struct site_limits *limits_hold(struct relay_node *node, struct slice site);
void limits_release(
	struct relay_node *node, struct slice site, struct site_limits **limits);

/* One connection more, if there are fewer than MOST. */
bool limits_connect(struct site_limits *limits, uint64_t most);
void limits_disconnect(struct site_limits *limits);
/* The same for all sites together. */
bool limits_connect_any(struct relay_node *node, uint64_t most);
void limits_disconnect_any(struct relay_node *node);
/* One site more (or less) waits for a place among them; whether any does. */
void limits_crowd(struct relay_node *node, int more);
bool limits_is_crowded(const struct relay_node *node);

/* One message now, at a rate of PER_SECOND (0: no limit). */
bool limits_send(struct site_limits *limits, uint64_t per_second, int64_t now_us);
/* When that will be possible: 0 for now. */
int64_t limits_wait_us(struct site_limits *limits, uint64_t per_second, int64_t now_us);

#endif
