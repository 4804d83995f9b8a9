/*
 * All limits of the process, shared by its workers: made before them, ended
 * after.
 */
#ifndef RINGPOST_LIMITS_LIMITS_NODE_H
#define RINGPOST_LIMITS_LIMITS_NODE_H

#include <pthread.h>

#include "base/list.h"
#include "base/map.h"

struct limits_node {
	pthread_mutex_t lock; /* of the map, their holders and terms */
	struct map limits;
	struct list resting; /* that nobody holds, but that count still */
	size_t resting_count;
	pthread_mutex_t wait_lock; /* of ports, and who waits; taken last */
	struct list ports;
	struct limits_cluster *cluster; /* NULL: no other node shares them */
};

struct limits_node *limits_node_create(void);
void limits_node_destroy(struct limits_node **node);
/* They hold over all nodes from now on; this one is NAME. Before the workers. */
void limits_node_share(struct limits_node *node, const char *name);

#endif
