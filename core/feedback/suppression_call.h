/* Redis, as the suppression list uses it: its keys, its functions. */
#ifndef RINGPOST_FEEDBACK_SUPPRESSION_CALL_H
#define RINGPOST_FEEDBACK_SUPPRESSION_CALL_H

#include "base/slice.h"
#include "io/redis.h"

#define SUPPRESSION_ENTRIES SLICE("{rp:suppression}:entries")
#define SUPPRESSION_DETAILS SLICE("{rp:suppression}:details")
#define SUPPRESSION_CHANGES SLICE("{rp:suppression}:changes")
#define SUPPRESSION_SOFT    SLICE("{rp:suppression}:soft")

/* A function of suppression.lua; an error reply is a failure. COUNT words of ARGV
 * behind its name and keys. */
bool suppression_call(struct redis *redis, const char *name, size_t count,
	const struct slice *argv, struct redis_reply **reply_r,
	struct deadline deadline);
/* Loads the functions, where we may. */
bool suppression_load_library(struct redis *redis, struct deadline deadline);

#endif
