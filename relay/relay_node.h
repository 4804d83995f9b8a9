/*
 * What the relays of a process's workers share. Each has a lock of its own.
 */
#ifndef RINGPOST_RELAY_RELAY_NODE_H
#define RINGPOST_RELAY_RELAY_NODE_H

#include "limits/limits_node.h"
#include "policy/tls_memory.h"
#include "react/reacts.h"
#include "relay/relay.h"
#include "relay/source.h"

struct relay_node {
	struct limits_node *limits;
	struct tls_memory *tls_memory;
	struct source_states *sources;
	struct reacts *reacts;
};

#endif
