/*
 * Leases: which worker of which node may change a shard.
 *
 * Every five seconds a worker shows that its node lives (rp:nodes), renews what
 * it has and takes what it should have: of the shards with its number modulo
 * the node's workers those for which its node has the highest hash among the
 * live nodes. All nodes thus agree without talking, and a node that comes back
 * gets back the shards it had. A shard that should be another's is given back
 * when nothing of it is in memory any more. Only leases that have run out are
 * taken, by the clock of Redis; our own node's at once, as its earlier process
 * is gone (the state directory is locked).
 *
 * On a new connection nothing is sent for a shard before its epoch has grown:
 * what the old connection may still deliver is then refused.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/siphash.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define LEASE_TTL_MS	15000
#define LEASE_MARGIN_MS 1000 /* we stop using it as long before its end */
#define LEASE_ROUND_MS	5000
#define LEASE_AGAIN_MS	300
#define CALL_LIMIT_MS	10000
#define NODES_MAX	256
#define NODES_KEY	"rp:nodes"
#define NODES_KEPT_MS	(24 * 3600 * 1000)

enum lease_wish { LEASE_NOTHING, LEASE_ACQUIRE, LEASE_RENEW, LEASE_RELEASE };

struct lease_request {
	struct redis_request request;
	struct queue *queue; /* NULL: it is gone */
	struct shard *shard;
	struct link link;
	enum lease_wish wish;
	int64_t sent_us;
	uint64_t connection;
};

static uint64_t connection_now(const struct queue *queue)
{
	return atomic_load(&queue->node->connections[queue->worker]);
}

bool shard_is_usable(const struct queue *queue, const struct shard *shard)
{
	/* The clock itself, not the turn's: we may have been stopped. */
	return shard->owned && shard->connection == connection_now(queue) &&
	       redis_is_up(queue->redis) && clock_monotonic_us() < shard->until_us;
}

static void lose_entries(struct queue *queue, struct shard *shard)
{
	struct map_cursor cursor = {0};
	struct link *link;
	struct slice key;
	void *value;

	while (map_next(&shard->active, &cursor, &key, &value))
		((struct entry *)value)->marks.lost = true;
	map_finish(&shard->active);
	while ((link = list_take(&shard->settling))) {
		struct entry *entry = CONTAINER_OF(link, struct entry, link);

		active_remove(queue, shard, entry);
		entry_destroy(&entry);
	}
	shard->settling_count = 0;
}

static void disown(struct queue *queue, struct shard *shard)
{
	shard->owned = shard->leaving = false;
	queue->figures.shards--;
	recover_again(shard);
	condition_broadcast(&queue->leases_changed);
}

void shard_lose(struct queue *queue, struct shard *shard)
{
	struct event event;

	if (!shard->owned)
		return;
	event_begin(&event, EVENT_WARNING, "queue_shard_lost");
	event_number(&event, "shard", shard->index);
	event_number(&event, "entries", (int64_t)shard->active.count);
	event_end(&event);
	lose_entries(queue, shard);
	disown(queue, shard);
}

/* Text both the lease and the log show: node, process, worker. */
static struct slice owner_text(const struct queue *queue, char text[64])
{
	int size = snprintf(text, 64, "%s/%s/%u", queue->node->name,
		queue->node->incarnation, queue->worker);

	return slice_make(text, (size_t)size);
}

static void acquired(const struct lease_request *lease, const struct redis_reply *reply)
{
	struct queue *queue = lease->queue;
	struct shard *shard = lease->shard;
	int64_t epoch = reply_number(redis_reply_at(reply, 0), 0);
	struct slice before = redis_reply_text(redis_reply_at(reply, 1));
	char text[64];

	/* Ours without a gap: what is in memory still holds. */
	if (epoch <= 0 || !slice_equal(before, owner_text(queue, text)))
		shard_lose(queue, shard);
	if (epoch <= 0)
		return;
	if (!shard->owned) {
		shard->owned = true;
		shard->tenure++;
		shard->next_due_ms = 0;
		shard->woken = false;
		queue->figures.shards++;
		recover_again(shard);
	}
	shard->epoch = (uint64_t)epoch;
	shard->connection = lease->connection;
	shard->until_us = lease->sent_us + (LEASE_TTL_MS - LEASE_MARGIN_MS) * 1000;
}

static void lease_confirmed(
	const struct lease_request *lease, const struct redis_reply *reply)
{
	struct shard *shard = lease->shard;

	lease->queue->lease_trouble[0] = '\0';
	switch (lease->wish) {
	case LEASE_ACQUIRE:
		acquired(lease, reply);
		break;
	case LEASE_RENEW:
		shard->until_us = lease->sent_us +
				  (LEASE_TTL_MS - LEASE_MARGIN_MS) * 1000;
		break;
	case LEASE_RELEASE:
		if (shard->owned)
			disown(lease->queue, shard);
		break;
	case LEASE_NOTHING:
		break;
	}
}

/* For the fiber's last failure. SHARD: NULL, where it is about none. */
static void lease_refused(struct queue *queue, struct shard *shard)
{
	const char *why = failure_last()->text;

	if (failure_kind_last() == FAILURE_FENCED && shard) {
		shard_lose(queue, shard);
		return;
	}
	if (!queue->lease_trouble[0])
		event_note(EVENT_ERROR, "queue_lease_refused", "%s", why);
	snprintf(queue->lease_trouble, sizeof(queue->lease_trouble), "%s", why);
}

static void lease_answered(
	struct redis_request *request, const struct redis_reply *reply)
{
	struct lease_request *lease = CONTAINER_OF(
		request, struct lease_request, request);
	struct queue *queue = lease->queue;

	if (queue) {
		list_remove(&lease->link);
		if (reply && redis_reply_kind(reply) != REDIS_ERROR)
			lease_confirmed(lease, reply);
		else if (reply && !redis_reply_fail(reply))
			lease_refused(queue, lease->shard);
		if (list_is_empty(&queue->leasing))
			condition_broadcast(&queue->leases_changed);
	}
	memory_free(lease);
}

static void build(struct queue *queue, struct shard *shard, enum lease_wish wish,
	int64_t redis_ms, struct call *call)
{
	char text[64];
	struct slice owner = owner_text(queue, text);

	if (wish == LEASE_ACQUIRE) {
		call_begin_bare(call, shard, "lease_acquire");
		call_add_number(call, redis_ms);
		call_add_number(call, LEASE_TTL_MS);
		call_add_copy(call, owner);
		call_add_copy(call, slice_part(owner, 0, NODE_NAME_SIZE + 1));
		return;
	}
	call_begin_bare(
		call, shard, wish == LEASE_RENEW ? "lease_renew" : "lease_release");
	call_add_number(call, (int64_t)shard->epoch);
	call_add_number(call, redis_ms);
	if (wish == LEASE_RENEW)
		call_add_number(call, LEASE_TTL_MS);
}

static void lease_send(struct queue *queue, struct shard *shard, enum lease_wish wish,
	int64_t redis_ms)
{
	struct lease_request *lease = NEW(struct lease_request);
	struct call call;

	lease->request.done = lease_answered;
	lease->queue = queue;
	lease->shard = shard;
	lease->wish = wish;
	lease->sent_us = clock_monotonic_us();
	lease->connection = connection_now(queue);
	build(queue, shard, wish, redis_ms, &call);
	if (call_send(queue, &call, &lease->request))
		list_append(&queue->leasing, &lease->link);
	else
		memory_free(lease);
}

static bool redis_time_ms(struct queue *queue, int64_t *ms_r)
{
	struct redis_reply *reply = NULL;
	struct slice argv[1] = {SLICE("TIME")};

	if (!redis_command(
		    queue->redis, 1, argv, &reply, deadline_after_ms(CALL_LIMIT_MS)))
		return false;
	*ms_r = reply_number(redis_reply_at(reply, 0), 0) * 1000 +
		reply_number(redis_reply_at(reply, 1), 0) / 1000;
	redis_reply_free(&reply);
	return true;
}

static struct slice number_text(int64_t number, char text[24])
{
	int size = snprintf(text, 24, "%lld", (long long)number);

	return slice_make(text, (size_t)size);
}

/* Shows that our node lives, and asks which others do. */
static bool heartbeat(
	struct queue *queue, int64_t redis_ms, struct redis_reply **nodes_r)
{
	char now[24], old[24], alive[24];
	struct deadline deadline = deadline_after_ms(CALL_LIMIT_MS);
	struct slice beat[4] = {SLICE("ZADD"), SLICE(NODES_KEY),
		number_text(redis_ms, now), slice_of(queue->node->name)};
	struct slice forget[4] = {SLICE("ZREMRANGEBYSCORE"), SLICE(NODES_KEY),
		SLICE("-inf"), number_text(redis_ms - NODES_KEPT_MS, old)};
	struct slice list[5] = {SLICE("ZRANGE"), SLICE(NODES_KEY),
		number_text(redis_ms - LEASE_TTL_MS, alive), SLICE("+inf"),
		SLICE("BYSCORE")};
	struct redis_reply *reply = NULL;
	bool good = redis_command(queue->redis, 4, beat, &reply, deadline);

	redis_reply_free(&reply);
	good = good && redis_command(queue->redis, 4, forget, &reply, deadline);
	redis_reply_free(&reply);
	return good && redis_command(queue->redis, 5, list, nodes_r, deadline);
}

static uint64_t weight(struct slice node, unsigned shard)
{
	static const struct siphash_key key = {0x72696e67, 0x706f7374};
	char text[NODE_NAME_SIZE * 2 + 16];
	int size = snprintf(text, sizeof(text), "%.*s/%u",
		(int)(node.size < 2 * NODE_NAME_SIZE ? node.size : 2 * NODE_NAME_SIZE),
		node.at, shard);

	return siphash_24(key, slice_make(text, (size_t)size));
}

/* Whether of all live nodes ours should have SHARD. */
static bool is_ours(
	const struct queue *queue, const struct redis_reply *nodes, unsigned shard)
{
	struct slice self = slice_make(queue->node->name, NODE_NAME_SIZE);
	uint64_t own = weight(self, shard);
	size_t count = redis_reply_count(nodes);

	for (size_t i = 0; i < count && i < NODES_MAX; i++) {
		struct slice node = redis_reply_text(redis_reply_at(nodes, i));

		if (!slice_equal(node, self) && weight(node, shard) > own)
			return false;
	}
	return true;
}

static enum lease_wish wish_for(
	const struct queue *queue, struct shard *shard, bool ours)
{
	if (!shard->owned)
		return ours ? LEASE_ACQUIRE : LEASE_NOTHING;
	shard->leaving = !ours;
	if (shard->connection != connection_now(queue))
		return LEASE_ACQUIRE;
	if (shard->leaving && shard->active.count == 0 &&
		list_is_empty(&shard->settling))
		return LEASE_RELEASE;
	return LEASE_RENEW;
}

/* Whether nothing of ours still has the epoch of an old connection. */
static bool all_renewed(const struct queue *queue)
{
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		const struct shard *shard = &queue->shards[i];

		if (shard->owned && shard->connection != connection_now(queue))
			return false;
	}
	return true;
}

/* False when not all of it could be done: to be tried again soon. */
static bool lease_round(struct queue *queue)
{
	struct redis_reply *nodes = NULL;
	int64_t redis_ms;
	bool answered = true;

	if (!redis_time_ms(queue, &redis_ms) || !heartbeat(queue, redis_ms, &nodes)) {
		if (strstr(failure_last()->text, "NOPERM"))
			lease_refused(queue, NULL);
		return false;
	}
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		struct shard *shard = &queue->shards[i];
		enum lease_wish wish = wish_for(queue, shard, is_ours(queue, nodes, i));

		if (wish != LEASE_NOTHING)
			lease_send(queue, shard, wish, redis_ms);
	}
	redis_reply_free(&nodes);
	while (answered && !list_is_empty(&queue->leasing))
		answered = condition_wait(&queue->leases_changed, deadline_none());
	condition_broadcast(&queue->leases_changed);
	settle_flush(queue);
	condition_signal(&queue->keep);
	return answered && all_renewed(queue);
}

void lease_run(void *arg)
{
	struct queue *queue = arg;

	while (!queue->closing && !fiber_is_cancelled()) {
		bool good = redis_wait_up(queue->redis, deadline_after_ms(1000)) &&
			    lease_round(queue);
		int64_t rest_ms = good ? LEASE_ROUND_MS : LEASE_AGAIN_MS;

		if (!queue->closing)
			condition_wait(&queue->lease_now, deadline_after_ms(rest_ms));
	}
}

void lease_orphan(struct queue *queue)
{
	struct link *link;

	while ((link = list_take(&queue->leasing)))
		CONTAINER_OF(link, struct lease_request, link)->queue = NULL;
}

void lease_give_back(struct queue *queue, struct deadline deadline)
{
	struct slice argv[3] = {SLICE("ZREM"), SLICE(NODES_KEY),
		slice_make(queue->node->name, NODE_NAME_SIZE)};
	struct redis_reply *reply = NULL;

	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers) {
		struct shard *shard = &queue->shards[i];

		if (shard_is_usable(queue, shard))
			lease_send(queue, shard, LEASE_RELEASE, 0);
	}
	while (!list_is_empty(&queue->leasing) &&
		condition_wait(&queue->leases_changed, deadline))
		continue;
	redis_command(queue->redis, 3, argv, &reply, deadline);
	redis_reply_free(&reply);
}
