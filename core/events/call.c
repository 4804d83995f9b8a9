/* A command to Redis whose error replies are failures. */
#include "events/call.h"

bool events_call(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	bool good;

	redis_reply_free(reply_r);
	good = redis_call(redis, count, argv, &reply, deadline);
	if (good && redis_reply_kind(reply) == REDIS_ERROR)
		good = redis_reply_fail(reply);
	if (good)
		*reply_r = reply;
	else
		redis_reply_free(&reply);
	return good;
}
