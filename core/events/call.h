/* A command to Redis whose error replies are failures. Inside this layer only. */
#ifndef RINGPOST_EVENTS_CALL_H
#define RINGPOST_EVENTS_CALL_H

#include "base/memory.h"
#include "io/redis.h"

/* *reply_r is replaced, the one before is freed. */
bool events_call(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline);

#endif
