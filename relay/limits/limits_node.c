/*
 * All limits of the process: their beginning and end.
 */
#include "limits/limits_node.h"

#include <assert.h>

#include "base/memory.h"

#include "limits/limits_cluster.h"
#include "limits/limits_core.h"

struct limits_node *limits_node_create(void)
{
	struct limits_node *node = NEW(struct limits_node);

	pthread_mutex_init(&node->lock, NULL);
	pthread_mutex_init(&node->wait_lock, NULL);
	list_init(&node->ports);
	list_init(&node->resting);
	return node;
}

void limits_node_share(struct limits_node *node, const char *name)
{
	node->cluster = limits_cluster_create(node, name);
}

void limits_node_destroy(struct limits_node **node)
{
	struct limits_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	assert(list_is_empty(&old->ports));
	limits_forget_all(old);
	limits_cluster_destroy(&old->cluster);
	pthread_mutex_destroy(&old->wait_lock);
	pthread_mutex_destroy(&old->lock);
	memory_free(old);
}
