/*
 * What the limits' own files share.
 */
#ifndef RINGPOST_LIMITS_LIMITS_CORE_H
#define RINGPOST_LIMITS_LIMITS_CORE_H

#include "limits/limits.h"
#include "limits/limits_node.h"

/* Of `active`: bits for messages, for connects above them, for connections. */
#define ACTIVE_MESSAGES	   ((1u << PERIODS) - 1)
#define ACTIVE_CONNECTS	   (ACTIVE_MESSAGES << PERIODS)
#define ACTIVE_CONNECTIONS (1u << 2 * PERIODS)

/* Under the node's lock: what would hold on one node alone; puts in force what
 * holds here. */
struct limit_terms limits_configured(const struct limits *limits);
void limits_apply(struct limits *limits);
/* At the node's end. */
void limits_forget_all(struct limits_node *node);
/* Whether it is one of those that places are shared among. */
void limits_count(struct limit_user *user, bool counted);

#endif
