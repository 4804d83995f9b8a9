/*
 * The rounds of a node: what it asks for, and what it makes of the answers.
 */
#include "limits/limits_cluster.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "run/worker.h"

#include "limits/limits_core.h"
#include "limits/limits_library.h"
#include "limits/limits_parts.h"

#define ROUND_MS  1000
#define JITTER_MS 100
#define HURRY_MS  50 /* after the last round at the soonest */
#define CALL_MS	  3000
#define UP_MS	  1000
#define NAME_SIZE 40
#define BATCH_MAX 200 /* limits in a call: Redis serves others in between */
#define FUNCTION  "ringpost_limits_1_share"

struct limits_cluster {
	struct limits_node *node;
	char name[NAME_SIZE];
	struct redis *redis;
	struct worker *_Atomic worker;
	struct letter letter;
	_Atomic bool hurried; /* another round is wanted at once */
	_Atomic bool posted;  /* the letter is on its way */
	struct condition hurry;
	bool stopping, loaded;
	int64_t soonest_us; /* when tokens may be had that were missed */
	char trouble[248];
};

struct limits_cluster *limits_cluster_create(struct limits_node *node, const char *name)
{
	struct limits_cluster *cluster = NEW(struct limits_cluster);

	cluster->node = node;
	snprintf(cluster->name, sizeof(cluster->name), "%s", name);
	condition_init(&cluster->hurry);
	return cluster;
}

void limits_cluster_destroy(struct limits_cluster **cluster)
{
	memory_free(*cluster);
	*cluster = NULL;
}

bool limits_cluster_trouble(struct limits_cluster *cluster, struct buffer *text)
{
	bool some;

	pthread_mutex_lock(&cluster->node->lock);
	some = cluster->trouble[0] != '\0';
	if (some)
		buffer_append_format(text, "%s", cluster->trouble);
	pthread_mutex_unlock(&cluster->node->lock);
	return some;
}

static void hurry_here(struct letter *letter)
{
	struct limits_cluster *cluster = CONTAINER_OF(
		letter, struct limits_cluster, letter);

	atomic_store(&cluster->posted, false);
	condition_broadcast(&cluster->hurry);
}

void limits_cluster_hurry(struct limits_cluster *cluster)
{
	struct worker *worker = atomic_load(&cluster->worker);

	if (!worker)
		return;
	atomic_store(&cluster->hurried, true);
	if (atomic_exchange(&cluster->posted, true))
		return;
	cluster->letter.run = hurry_here;
	worker_post(worker, &cluster->letter);
}

static bool fail_reply(const struct redis_reply *reply)
{
	return redis_reply_kind(reply) != REDIS_ERROR || redis_reply_fail(reply);
}

static bool call(struct limits_cluster *cluster, size_t count, const struct slice *argv,
	struct redis_reply **reply_r)
{
	*reply_r = NULL;
	if (!redis_call(
		    cluster->redis, count, argv, reply_r, deadline_after_ms(CALL_MS)))
		return false;
	return fail_reply(*reply_r);
}

/* By the clock of Redis: those of nodes differ. */
static bool ask_time(struct limits_cluster *cluster, int64_t *ms_r)
{
	struct slice argv[1] = {SLICE("TIME")};
	struct redis_reply *reply;
	bool good = call(cluster, 1, argv, &reply);

	if (good)
		*ms_r = redis_reply_number(redis_reply_at(reply, 0)) * 1000 +
			redis_reply_number(redis_reply_at(reply, 1)) / 1000;
	redis_reply_free(&reply);
	return good;
}

/* An operator who forbids us to load functions has loaded them. */
static bool load(struct limits_cluster *cluster)
{
	struct slice argv[4] = {SLICE("FUNCTION"), SLICE("LOAD"), SLICE("REPLACE"),
		slice_make(limits_library_code, limits_library_size)};
	struct redis_reply *reply;

	cluster->loaded = call(cluster, 4, argv, &reply) ||
			  strstr(failure_last()->text, "NOPERM");
	redis_reply_free(&reply);
	return cluster->loaded;
}

static bool ask_batch(struct limits_cluster *cluster, struct limits_request *requests,
	size_t count, int64_t redis_ms, int64_t sent_us)
{
	struct arena arena = {0};
	struct slice *argv = arena_take_array(&arena, 6 + 2 * count, sizeof(*argv));
	struct redis_reply *reply;
	bool good;

	argv[0] = SLICE("FCALL");
	argv[1] = SLICE(FUNCTION);
	argv[2] = arena_format(&arena, "%zu", count);
	for (size_t i = 0; i < count; i++) {
		argv[3 + i] = requests[i].key;
		argv[6 + count + i] = requests[i].ask;
	}
	argv[3 + count] = arena_format(&arena, "%" PRId64, redis_ms);
	argv[4 + count] = slice_of(cluster->name);
	argv[5 + count] = arena_format(&arena, "%d", LIMITS_LEASE_MS);
	good = call(cluster, 6 + 2 * count, argv, &reply);
	for (size_t i = 0; good && i < count; i++) {
		int64_t more_us = limits_parts_set(cluster->node, &requests[i],
			redis_reply_text(redis_reply_at(reply, i)), sent_us);

		if (more_us < cluster->soonest_us)
			cluster->soonest_us = more_us;
	}
	if (!good && strstr(failure_last()->text, "Function not found"))
		cluster->loaded = false;
	redis_reply_free(&reply);
	arena_finish(&arena);
	return good;
}

static bool round_of(struct limits_cluster *cluster, struct limits_requests *all)
{
	int64_t redis_ms, sent_us = clock_monotonic_us();

	if ((!cluster->loaded && !load(cluster)) || !ask_time(cluster, &redis_ms))
		return false;
	for (size_t i = 0; i < all->count; i += BATCH_MAX)
		if (!ask_batch(cluster, all->list + i,
			    all->count - i < BATCH_MAX ? all->count - i : BATCH_MAX,
			    redis_ms, sent_us))
			return false;
	return true;
}

static void note_trouble(struct limits_cluster *cluster, bool good)
{
	const char *why = good ? "" : failure_last()->text;
	bool was_good = cluster->trouble[0] == '\0';

	if (good && !was_good)
		event_note(EVENT_INFO, "limits_shared",
			"this node has its part of the limits again");
	else if (!good && was_good)
		event_note(EVENT_WARNING, "limits_not_shared", "%s", why);
	pthread_mutex_lock(&cluster->node->lock);
	snprintf(cluster->trouble, sizeof(cluster->trouble), "%s", why);
	pthread_mutex_unlock(&cluster->node->lock);
}

static void do_round(struct limits_cluster *cluster)
{
	struct limits_requests all = {.count = 0};

	cluster->soonest_us = INT64_MAX;
	limits_parts_expire(cluster->node);
	limits_parts_ask(cluster->node, cluster->stopping, &all);
	if (all.count)
		note_trouble(cluster,
			redis_wait_up(cluster->redis, deadline_after_ms(UP_MS)) &&
				round_of(cluster, &all));
	limits_requests_finish(&all);
}

static struct deadline next_round(const struct limits_cluster *cluster)
{
	struct deadline next = deadline_after_ms(
		ROUND_MS - JITTER_MS + (int64_t)(random_u64() % (2 * JITTER_MS)));
	struct deadline tokens = {cluster->soonest_us};

	return cluster->soonest_us == INT64_MAX ? next : deadline_earlier(next, tokens);
}

static void run(void *arg)
{
	struct limits_cluster *cluster = arg;

	while (!cluster->stopping && !fiber_is_cancelled()) {
		atomic_store(&cluster->hurried, false);
		do_round(cluster);
		if (cluster->stopping || !fiber_sleep(deadline_after_ms(HURRY_MS)))
			break;
		if (!cluster->stopping && !atomic_load(&cluster->hurried))
			condition_wait(&cluster->hurry, next_round(cluster));
	}
	atomic_store(&cluster->worker, NULL);
	if (!fiber_is_cancelled() && redis_is_up(cluster->redis))
		do_round(cluster);
}

bool limits_cluster_start(
	struct limits_cluster *cluster, struct redis *redis, struct scope *scope)
{
	cluster->redis = redis;
	cluster->stopping = false;
	if (!scope_spawn(scope, "relay-limits", run, cluster))
		return false;
	atomic_store(&cluster->worker, worker_self());
	return true;
}

void limits_cluster_stop(struct limits_cluster *cluster)
{
	cluster->stopping = true;
	condition_broadcast(&cluster->hurry);
}
