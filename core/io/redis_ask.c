/* Calls whose replies are what was asked for, or failures. */
#include "io/redis.h"

#include "base/failure.h"

bool redis_command(struct redis *redis, size_t count, const struct slice *argv,
	struct redis_reply **reply_r, struct deadline deadline)
{
	struct redis_reply *reply = NULL;

	if (!redis_call(redis, count, argv, &reply, deadline))
		return false;
	if (redis_reply_kind(reply) == REDIS_ERROR) {
		redis_reply_fail(reply);
		redis_reply_free(&reply);
		return false;
	}
	*reply_r = reply;
	return true;
}

bool redis_ask(struct redis *redis, size_t count, const struct slice *argv,
	enum redis_kind kind, struct redis_reply **reply_r, struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	enum redis_kind got;

	if (!redis_command(redis, count, argv, &reply, deadline))
		return false;
	got = redis_reply_kind(reply);
	if (got == kind || (got == REDIS_NOTHING && kind == REDIS_TEXT)) {
		*reply_r = reply;
		return true;
	}
	redis_reply_free(&reply);
	return fail(FAILURE_STORE, "Redis answered %.*s with something else",
		SLICE_PRINT(argv[0]));
}
