/*
 * Limits that several nodes share through Redis: once a second, and sooner for
 * one that was not used lately, a node tells in one call what it uses and wants
 * of each limit, and hears what its part is (limits.lua).
 *
 * A part is a lease: a node that cannot ask does not use it to the end, and one
 * that died does not have it for long.
 */
#ifndef RINGPOST_LIMITS_LIMITS_CLUSTER_H
#define RINGPOST_LIMITS_LIMITS_CLUSTER_H

#include "base/buffer.h"
#include "io/redis.h"
#include "run/fiber.h"

struct limits_cluster;
struct limits_node;

/* NAME: this node's among all, one word. */
struct limits_cluster *limits_cluster_create(
	struct limits_node *node, const char *name);
void limits_cluster_destroy(struct limits_cluster **cluster);
/* In one worker: asks from now on, in SCOPE. REDIS outlives that. */
bool limits_cluster_start(
	struct limits_cluster *cluster, struct redis *redis, struct scope *scope);
/* Gives back what it has, if Redis answers by then, and asks no more. */
void limits_cluster_stop(struct limits_cluster *cluster);
/* From any worker: ask soon. */
void limits_cluster_hurry(struct limits_cluster *cluster);
/* Says why parts cannot be had just now, if that is so. From any worker. */
bool limits_cluster_trouble(struct limits_cluster *cluster, struct buffer *text);

#endif
