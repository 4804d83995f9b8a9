/* A command to Redis whose error replies are failures. */
#include "events/call.h"

bool events_call(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	redis_reply_free(reply_r);
	return redis_command(redis, count, argv, reply_r, deadline);
}
