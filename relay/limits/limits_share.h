/*
 * A limit that several nodes share: this node's part of it, for some seconds.
 * Of connections and of what is allowed a second the node has so many; of longer
 * periods it has tokens. Without a part nothing is sent.
 */
#ifndef RINGPOST_LIMITS_LIMITS_SHARE_H
#define RINGPOST_LIMITS_LIMITS_SHARE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "limits/limit_terms.h"

struct limits;
struct limits_cluster;

#define SHARE_BUCKETS (2 * PERIODS) /* messages, then new connections */

enum limits_part { PART_CONNECTIONS, PART_MESSAGES, PART_CONNECTS, PARTS };

struct limits_share {
	struct limits_cluster *cluster;
	_Atomic int64_t until_us; /* what it has may be used so long */
	_Atomic int64_t asked_us; /* the node asked for it, lately */
	_Atomic unsigned refused; /* since then, a bit of `active` each */
	_Atomic uint64_t used[SHARE_BUCKETS];
	_Atomic int64_t tokens[SHARE_BUCKETS];	/* of periods over a second */
	_Atomic int64_t more_us[SHARE_BUCKETS]; /* when there may be one more */
	_Atomic int64_t tokens_from_us, tokens_until_us;
	/* Under the node's lock. */
	uint64_t parts[PARTS];
	unsigned quiet; /* rounds without any use */
};

/* One of bucket BIT of `active`, at NOW_US; given back, of those not yet returned. */
bool limits_share_take(struct limits_share *share, unsigned bit, int64_t now_us);
void limits_share_give_back(struct limits_share *share, unsigned bit, int64_t taken_us);
/* How long until there may be one; LIMIT_NEVER_NS: not known. */
int64_t limits_share_wait_ns(
	const struct limits_share *share, unsigned bit, int64_t now_us);
/* Whether it has any; whether that may be used. */
bool limits_share_has_part(const struct limits_share *share);
bool limits_share_holds(const struct limits_share *share, int64_t now_us);
/* BIT of `active` was refused for want of a larger part. */
void limits_share_refused(struct limits_share *share, unsigned bit, int64_t now_us);

#endif
