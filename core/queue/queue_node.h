/*
 * What the workers of a process share of the queue: its name among the nodes,
 * its state directory, its spool, what the guard has seen. Inside the queue
 * layer only.
 */
#ifndef RINGPOST_QUEUE_QUEUE_NODE_H
#define RINGPOST_QUEUE_QUEUE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

#define NODE_NAME_SIZE 12

struct queue;
struct spool;

struct queue_node {
	char *directory;		      /* of our state */
	int lock;			      /* holds the directory for this process */
	char name[NODE_NAME_SIZE + 1];	      /* kept over restarts */
	char incarnation[NODE_NAME_SIZE + 1]; /* of this process */
	unsigned workers, shards;
	uint64_t free_space; /* least, in bytes */
	uint64_t replicas;
	bool require_durable;
	struct spool *spool; /* or NULL */
	char *refusal;	     /* written once, before `refused` */
	_Atomic bool refusing, refused;
	_Atomic bool warned; /* that Redis is not durable */
	_Atomic bool space_low, memory_full;
	_Atomic uint64_t space_free, memory_used, memory_most; /* at its last look */
	_Atomic unsigned shards_counted;
	_Atomic uint64_t *connections; /* made by each worker, so far */
	struct queue **queues;	       /* of each worker; its own to touch */
};

/* Says why Redis cannot be used, once; fails with it. */
bool queue_node_refuse(struct queue_node *node, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
