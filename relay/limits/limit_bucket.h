/*
 * A limit of so many in a period, for all workers of the process. Atomics only;
 * time is an argument.
 *
 * It is a token bucket kept as one number, the time when it will be full again:
 * a token taken moves that on by INTERVAL, and may be taken while it is at most
 * SLACK ahead of now. In a window shorter than the period pass fewer than
 * 1 + (period + slack) / interval, so the interval that keeps the limit N is
 * (period + slack) / N. Slack is what may leave at once: a second's limit makes
 * up for a late wake-up, a day's leaves some thirtieth of it in one burst.
 */
#ifndef RINGPOST_LIMITS_LIMIT_BUCKET_H
#define RINGPOST_LIMITS_LIMIT_BUCKET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "limits/limit_terms.h"

#define LIMIT_NEVER_NS (INT64_C(1) << 61)

/* Zeroed memory is a full bucket without a limit. */
struct limit_bucket {
	_Atomic int64_t full_ns;
	/* The last time it was found nearly full, or got something back: who took
	 * before that cannot give back, for its token has grown again since. */
	_Atomic int64_t low_ns;
	_Atomic int64_t interval_ns; /* 0: no limit */
	_Atomic uint64_t most;	     /* as it was set */
};

/* The length of a period, and what of it may be taken at once. */
int64_t limit_period_ns(enum limit_period period);
int64_t limit_slack_ns(enum limit_period period);

/* MOST in PERIOD from now on; 0: no limit. What was taken stays taken. */
void limit_bucket_set(struct limit_bucket *bucket, enum limit_period period,
	uint64_t most, int64_t now_ns);
/* None at all, until it is set again. */
void limit_bucket_shut(struct limit_bucket *bucket);
bool limit_bucket_take(
	struct limit_bucket *bucket, enum limit_period period, int64_t now_ns);
/* How long until one can be taken; 0: now. */
int64_t limit_bucket_wait_ns(
	const struct limit_bucket *bucket, enum limit_period period, int64_t now_ns);
/* The same for the last of COUNT, from 1. */
int64_t limit_bucket_wait_for_ns(const struct limit_bucket *bucket,
	enum limit_period period, uint64_t count, int64_t now_ns);
/* One that was taken at TAKEN_NS, and not used. Where that would let too many
 * pass later it stays taken. */
void limit_bucket_give_back(
	struct limit_bucket *bucket, int64_t taken_ns, int64_t now_ns);

#endif
