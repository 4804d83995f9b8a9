/*
 * What the relays of a process's workers share: made before them, ended after.
 */
#include "relay/relay_node.h"

#include <assert.h>

#include "base/memory.h"

#include "relay/limits_cluster.h"
#include "relay/limits_core.h"

struct relay_node *relay_node_create(void)
{
	struct relay_node *node = NEW(struct relay_node);

	pthread_mutex_init(&node->lock, NULL);
	pthread_mutex_init(&node->wait_lock, NULL);
	list_init(&node->ports);
	list_init(&node->resting);
	node->tls_memory = tls_memory_create();
	node->sources = source_states_create();
	node->reacts = reacts_create();
	return node;
}

void relay_node_share_limits(struct relay_node *node, const char *name)
{
	node->cluster = limits_cluster_create(node, name);
}

void relay_node_destroy(struct relay_node **node)
{
	struct relay_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	assert(list_is_empty(&old->ports));
	limits_forget_all(old);
	limits_cluster_destroy(&old->cluster);
	tls_memory_destroy(&old->tls_memory);
	source_states_destroy(&old->sources);
	reacts_destroy(&old->reacts);
	pthread_mutex_destroy(&old->wait_lock);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}
