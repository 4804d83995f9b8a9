/*
 * What the relays of a process's workers share.
 */
#ifndef RINGPOST_RELAY_RELAY_NODE_H
#define RINGPOST_RELAY_RELAY_NODE_H

#include <pthread.h>

#include "base/list.h"
#include "base/map.h"
#include "relay/reacts.h"
#include "relay/relay.h"
#include "relay/source.h"
#include "relay/tls_memory.h"

struct relay_node {
	pthread_mutex_t lock; /* of limits: the map, their holders and terms */
	struct map limits;
	struct list resting; /* that nobody holds, but that count still */
	size_t resting_count;
	pthread_mutex_t wait_lock; /* of ports, and who waits; taken last */
	struct list ports;
	struct limits_cluster *cluster; /* NULL: no other node shares limits */
	struct tls_memory *tls_memory; /* has a lock of its own */
	struct source_states *sources; /* so have they */
	struct reacts *reacts;	       /* the same */
};

#endif
