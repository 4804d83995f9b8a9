/*
 * Pools: sources that share mail by weight. Which of them takes the next
 * message is a choice toward a set of hosts, for connections are made and used
 * again there: a source keeps its turn for a small run of messages, so that a
 * slow trickle to a domain goes over one warm connection and not over a new one
 * of each source in turn; over some runs the shares are as the weights.
 */
#ifndef RINGPOST_RELAY_POOL_H
#define RINGPOST_RELAY_POOL_H

#include "base/map.h"
#include "relay/source.h"

#define POOL_RUN 20 /* messages in a row from one source */

struct pool_member {
	struct source *source;
	uint64_t step; /* how far one message moves it: by 1/weight */
};

struct pool {
	const char *name; /* "": all sources */
	struct pool_member *members;
	size_t count;
	uint64_t step_most;    /* of its members */
	struct pool *overflow; /* or NULL */
	struct map choices;    /* by hosts */
};

/* Whose turn it is, as in stride scheduling: the least PASS is the next. */
struct choice {
	struct pool *pool;
	struct slice hosts;
	size_t holders, current;
	unsigned left;	/* messages of the run */
	uint64_t now;	/* the pass of the last one chosen */
	uint64_t *pass; /* of each member */
};

/* Of mail from POOL to HOSTS (any text that names them), made if new; held. */
struct choice *choice_hold(struct pool *pool, struct slice hosts);
void choice_release(struct choice **choice);
/* The source of the next message, among those USABLE; NULL: none is. */
struct source *choice_next(struct choice *choice,
	bool (*usable)(void *context, struct source *source), void *context);

/* For sources.c: the pools of a snapshot. */
void pools_create(struct sources *sources);
void pools_destroy(struct sources *sources);

#endif
