/*
 * What the relays of a process's workers share: made before them, ended after.
 */
#include "relay/relay_node.h"

#include "base/memory.h"

struct relay_node *relay_node_create(void)
{
	struct relay_node *node = NEW(struct relay_node);

	node->limits = limits_node_create();
	node->tls_memory = tls_memory_create();
	node->sources = source_states_create();
	node->reacts = reacts_create();
	return node;
}

void relay_node_share_limits(struct relay_node *node, const char *name)
{
	limits_node_share(node->limits, name);
}

void relay_node_destroy(struct relay_node **node)
{
	struct relay_node *old = *node;

	*node = NULL;
	if (!old)
		return;
	limits_node_destroy(&old->limits);
	tls_memory_destroy(&old->tls_memory);
	source_states_destroy(&old->sources);
	reacts_destroy(&old->reacts);
	memory_free(old);
}
