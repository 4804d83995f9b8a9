/*
 * Calls of the library's functions: arguments put together, replies checked.
 *
 * Keys are derived from the shard's prefix, so that a function only ever sees
 * keys of one slot.
 */
#include "queue/queue_call.h"

#include <string.h>

#include "base/failure.h"
#include "base/memory.h"
#include "queue/queue_parts.h"

static struct slice shard_key(
	struct call *call, const struct shard *shard, const char *name)
{
	return arena_format(&call->arena, "%s%s", shard->prefix, name);
}

void call_begin_bare(struct call *call, const struct shard *shard, const char *name)
{
	*call = (struct call){0};
	call_add(call, SLICE("FCALL"));
	call_add(call, arena_format(&call->arena, "ringpost_1_%s", name));
	call_add(call, SLICE("4"));
	call_add(call, shard_key(call, shard, "lease"));
	call_add(call, shard_key(call, shard, "entries"));
	call_add(call, shard_key(call, shard, "domains"));
	call_add(call, shard_key(call, shard, "held"));
}

void call_begin(struct call *call, const struct shard *shard, const char *name)
{
	call_begin_bare(call, shard, name);
	call_add_number(call, (int64_t)shard->epoch);
	call_add_number(call, worker_wall_ms());
}

void call_add(struct call *call, struct slice argument)
{
	if (call->count == call->capacity) {
		call->capacity = call->capacity ? 2 * call->capacity : 32;
		call->argv = memory_resize(
			call->argv, call->capacity * sizeof(*call->argv));
	}
	call->argv[call->count++] = argument.at ? argument : SLICE("");
}

void call_add_copy(struct call *call, struct slice argument)
{
	call_add(call, arena_copy(&call->arena, argument));
}

void call_add_number(struct call *call, int64_t number)
{
	call_add(call, arena_format(&call->arena, "%lld", (long long)number));
}

void call_finish(struct call *call)
{
	memory_free(call->argv);
	arena_finish(&call->arena);
	*call = (struct call){0};
}

bool call_run(struct queue *queue, struct shard *shard, struct call *call,
	struct redis_reply **reply_r, struct deadline deadline)
{
	bool good = redis_command(
		queue->redis, call->count, call->argv, reply_r, deadline);

	call_finish(call);
	if (!good && failure_kind_last() == FAILURE_FENCED) {
		shard_lose(queue, shard);
		return fail(
			FAILURE_FENCED, "shard %u is another node's now", shard->index);
	}
	return good;
}

bool call_send(struct queue *queue, struct call *call, struct redis_request *request)
{
	bool sent = redis_send(queue->redis, call->count, call->argv, request);

	call_finish(call);
	return sent;
}

int64_t reply_number(const struct redis_reply *reply, int64_t fallback)
{
	int64_t number = fallback;

	if (!reply)
		return fallback;
	if (redis_reply_kind(reply) == REDIS_NUMBER)
		return redis_reply_number(reply);
	if (redis_reply_kind(reply) == REDIS_TEXT) {
		struct slice text = redis_reply_text(reply);

		/* Scores have a fraction only if somebody else wrote them. */
		return slice_to_i64(slice_cut(&text, '.'), &number) ? number : fallback;
	}
	return fallback;
}
