/*
 * Calls of the library's functions: arguments put together, replies checked.
 * Inside the queue layer only.
 */
#ifndef RINGPOST_QUEUE_QUEUE_CALL_H
#define RINGPOST_QUEUE_QUEUE_CALL_H

#include "base/arena.h"
#include "io/redis.h"

struct queue;
struct shard;

/* A command being put together. Slices given to it stay the caller's, valid
 * until it was sent, unless copied. */
struct call {
	struct arena arena;
	struct slice *argv;
	size_t count, capacity;
};

/* FCALL ringpost_1_NAME with the shard's keys, its epoch and the time. */
void call_begin(struct call *call, const struct shard *shard, const char *name);
/* The same without epoch and time, for acquiring. */
void call_begin_bare(struct call *call, const struct shard *shard, const char *name);
void call_add(struct call *call, struct slice argument);
void call_add_copy(struct call *call, struct slice argument);
void call_add_number(struct call *call, int64_t number);
void call_finish(struct call *call);

/*
 * Sends it and waits. False also for an error reply (as a failure); FENCED
 * loses the shard. Finishes the call either way.
 */
bool call_run(struct queue *queue, struct shard *shard, struct call *call,
	struct redis_reply **reply_r, struct deadline deadline);
/* Sends it without waiting; finishes the call either way. */
bool call_send(struct queue *queue, struct call *call, struct redis_request *request);

/* A number that may come as text. FALLBACK when it is none. */
int64_t reply_number(const struct redis_reply *reply, int64_t fallback);

#endif
