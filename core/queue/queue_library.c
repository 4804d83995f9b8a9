/*
 * What has to be true of the Redis that answers before it is used: it has our
 * function library, it holds a queue of our schema and number of shards, it
 * throws nothing away, and what it acknowledges is on disk.
 */
#include "queue/queue_library.h"

#include <stdio.h>
#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define META_KEY "rp:meta"

/* FAILURE_STORE and what Redis said, for the log and redis_trouble. */
static bool command(struct redis *redis, const char *text, struct redis_reply **reply_r,
	struct deadline deadline)
{
	struct slice rest = slice_of(text), argv[8];
	size_t count = 0;

	while (rest.at && count < ARRAY_COUNT(argv))
		argv[count++] = slice_cut(&rest, ' ');
	redis_reply_free(reply_r);
	return redis_command(redis, count, argv, reply_r, deadline);
}

static bool said(const char *words)
{
	const char *text = failure_last()->text;

	return strstr(text, words) != NULL;
}

/* The library's code as Redis has it; empty: it has none. */
static struct slice loaded_code(const struct redis_reply *list)
{
	const struct redis_reply *library = redis_reply_at(list, 0);

	for (size_t i = 0; library && i + 1 < redis_reply_count(library); i += 2)
		if (slice_equal(redis_reply_text(redis_reply_at(library, i)),
			    SLICE("library_code")))
			return redis_reply_text(redis_reply_at(library, i + 1));
	return SLICE_EMPTY;
}

static bool load_library(struct redis *redis, struct queue_node *node,
	struct redis_reply **reply, struct deadline deadline)
{
	struct slice code = slice_make(queue_library_code, queue_library_size);
	struct slice argv[4] = {
		SLICE("FUNCTION"), SLICE("LOAD"), SLICE("REPLACE"), code};

	if (!command(redis, "FUNCTION LIST LIBRARYNAME ringpost_1 WITHCODE", reply,
		    deadline)) {
		if (said("unknown"))
			return queue_node_refuse(node,
				"Redis 7.0 or newer is needed: this one has no "
				"functions");
		/* An operator who forbids us to load functions has loaded them. */
		return said("NOPERM");
	}
	if (redis_reply_count(*reply) && slice_equal(loaded_code(*reply), code))
		return true;
	redis_reply_free(reply);
	return redis_command(redis, ARRAY_COUNT(argv), argv, reply, deadline);
}

static bool set_meta(struct redis *redis, const char *field, uint64_t number,
	struct redis_reply **reply, struct deadline deadline)
{
	char text[64];

	snprintf(text, sizeof(text), "HSETNX " META_KEY " %s %llu", field,
		(unsigned long long)number);
	return command(redis, text, reply, deadline);
}

/* A queue keeps the schema and the number of shards it was made with. */
static bool check_meta(struct redis *redis, struct queue_node *node,
	struct redis_reply **reply, struct deadline deadline)
{
	int64_t schema, shards;

	if (!set_meta(redis, "schema", QUEUE_SCHEMA, reply, deadline) ||
		!set_meta(redis, "shards", node->shards, reply, deadline) ||
		!command(redis, "HMGET " META_KEY " schema shards", reply, deadline))
		return false;
	schema = reply_number(redis_reply_at(*reply, 0), 0);
	shards = reply_number(redis_reply_at(*reply, 1), 0);
	if (schema > QUEUE_SCHEMA)
		return queue_node_refuse(node,
			"the queue in Redis has schema %lld, this ringpost understands "
			"%d: "
			"upgrade ringpost",
			(long long)schema, QUEUE_SCHEMA);
	if (schema < QUEUE_SCHEMA_OLDEST)
		return queue_node_refuse(node,
			"the queue in Redis has schema %lld, this ringpost needs %d: "
			"let "
			"the version that made it empty the queue, then "
			"delete " META_KEY,
			(long long)schema, QUEUE_SCHEMA);
	if (shards != (int64_t)node->shards)
		return queue_node_refuse(node,
			"queue.shards is %u, but the queue in Redis was made with "
			"%lld: "
			"set queue.shards: %lld (or empty the queue and "
			"delete " META_KEY ")",
			node->shards, (long long)shards, (long long)shards);
	return true;
}

/* Once the library is there: one of before could not read what is written now. */
static bool upgrade(struct redis *redis, struct queue_node *node,
	struct redis_reply **reply, struct deadline deadline)
{
	char text[64];

	snprintf(text, sizeof(text), "FCALL ringpost_1_upgrade 1 " META_KEY " %d",
		QUEUE_SCHEMA);
	if (command(redis, text, reply, deadline))
		return true;
	if (!said("Function not found"))
		return false;
	return queue_node_refuse(node,
		"the function library in Redis is an earlier version's, and this user "
		"may not load another: let one who may load ringpost's queue.lua");
}

/* The value of CONFIG GET's NAME; empty: not told. */
static struct slice setting(const struct redis_reply *reply, const char *name)
{
	for (size_t i = 0; i + 1 < redis_reply_count(reply); i += 2)
		if (slice_equal(
			    redis_reply_text(redis_reply_at(reply, i)), slice_of(name)))
			return redis_reply_text(redis_reply_at(reply, i + 1));
	return SLICE_EMPTY;
}

static bool not_durable(struct queue_node *node, const char *why)
{
	if (node->require_durable)
		return queue_node_refuse(node,
			"%s (queue.require_durable is set: use appendonly yes, "
			"appendfsync "
			"always, and let this user run CONFIG GET)",
			why);
	if (!atomic_exchange(&node->warned, true))
		event_note(EVENT_WARNING, "queue_not_durable",
			"%s: what was acknowledged can be lost with the power", why);
	return true;
}

/* CONFIG may be forbidden to us; INFO then says half of it. */
static bool check_durable(struct redis *redis, struct queue_node *node,
	struct redis_reply **reply, struct deadline deadline)
{
	struct slice file, sync;

	if (!command(redis, "CONFIG GET append*", reply, deadline)) {
		if (!said("NOPERM") && !said("unknown"))
			return false;
		if (!command(redis, "INFO persistence", reply, deadline))
			return not_durable(node, "Redis does not say whether it writes "
						 "what it acknowledges to disk");
		if (slice_find(redis_reply_text(*reply), SLICE("aof_enabled:1")) ==
			redis_reply_text(*reply).size)
			return not_durable(node, "Redis writes no append-only file");
		return not_durable(
			node, "Redis does not say whether appendfsync is always");
	}
	file = setting(*reply, "appendonly");
	sync = setting(*reply, "appendfsync");
	if (!slice_equal(file, SLICE("yes")))
		return not_durable(node,
			"Redis writes no append-only file (appendonly is not yes)");
	if (!slice_equal(sync, SLICE("always")))
		return not_durable(node,
			"Redis acknowledges before the disk has it (appendfsync is not "
			"always)");
	return true;
}

/* With allkeys-… it would throw queued mail away when its memory is full. */
static bool check_eviction(struct redis *redis, struct queue_node *node,
	struct redis_reply **reply, struct deadline deadline)
{
	struct slice info;

	if (!command(redis, "INFO memory", reply, deadline))
		return said("NOPERM");
	info = redis_reply_text(*reply);
	if (slice_find(info, SLICE("maxmemory_policy:allkeys")) == info.size)
		return true;
	return queue_node_refuse(node,
		"Redis would throw queued mail away when its memory is full: set "
		"maxmemory-policy noeviction");
}

/*
 * Redis 7 reads its append-only file with the rights of the user "default",
 * also when that one is off, and leaves out what stands in transactions (all
 * that functions write) if those do not suffice. Later versions may not.
 */
static bool check_default_user(struct redis *redis, struct queue_node *node,
	struct redis_reply **reply, struct deadline deadline)
{
	static const char what[] =
		"Redis would leave out queued mail when it reads its append-only file "
		"again, for want of rights of the user \"default\": give it all, it "
		"may be off (user default off ~* &* +@all)";
	struct slice info;

	if (!command(redis, "ACL DRYRUN default HSET {rp:00}:entries key value", reply,
		    deadline))
		return said("NOPERM") || said("ERR");
	if (slice_equal(redis_reply_text(*reply), SLICE("OK")))
		return true;
	if (!command(redis, "INFO server", reply, deadline))
		return said("NOPERM");
	info = redis_reply_text(*reply);
	if (slice_find(info, SLICE("redis_version:7.")) == info.size)
		return not_durable(node, what);
	return queue_node_refuse(node, "%s", what);
}

bool queue_prepare(struct redis *redis, void *arg, struct deadline deadline)
{
	struct queue_node *node = arg;
	struct redis_reply *reply = NULL;
	unsigned worker = worker_index();
	bool good = check_meta(redis, node, &reply, deadline) &&
		    load_library(redis, node, &reply, deadline) &&
		    upgrade(redis, node, &reply, deadline) &&
		    check_eviction(redis, node, &reply, deadline) &&
		    check_durable(redis, node, &reply, deadline) &&
		    check_default_user(redis, node, &reply, deadline);

	redis_reply_free(&reply);
	if (!good)
		return false;
	/* From here on nothing is sent for a shard before its epoch has grown. */
	atomic_fetch_add(&node->connections[worker], 1);
	if (node->queues[worker])
		condition_broadcast(&node->queues[worker]->lease_now);
	return true;
}
