/*
 * What a node asks for of the limits it uses, and what it does with the answer.
 */
#ifndef RINGPOST_LIMITS_LIMITS_PARTS_H
#define RINGPOST_LIMITS_LIMITS_PARTS_H

#include "base/arena.h"
#include "limits/limits.h"

#define LIMITS_LEASE_MS	 6000 /* a part is ours for so long … */
#define LIMITS_MARGIN_MS 1100 /* … and not used at its end: a second's window */

struct limits_request {
	struct slice full; /* among the node's limits */
	struct slice key, ask;
};

struct limits_requests {
	struct arena arena;
	struct limits_request *list;
	size_t count, capacity;
};

/* Of all limits in use; STOPPING: all is given back. */
void limits_parts_ask(
	struct limits_node *node, bool stopping, struct limits_requests *all);
/* Puts an answer in force; returns when tokens that were missed may be had. */
int64_t limits_parts_set(struct limits_node *node, const struct limits_request *request,
	struct slice answer, int64_t sent_us);
/* Those that were not renewed in time are over. */
void limits_parts_expire(struct limits_node *node);
void limits_requests_finish(struct limits_requests *all);

#endif
