/*
 * Backlogs: where more of a destination waits than the taker has room for, and
 * going straight there once it has.
 *
 * Asking is done for many destinations in one call, since a queue of many
 * domains has little of each in a shard. A destination whose site is down is put
 * off as a whole: its entries then cost nothing but their place.
 */
#include "base/memory.h"
#include "base/random.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define UNWANTED_MS	  5000
#define UNWANTED_KNOWN_MS 30000 /* where its backlog is known: it is asked for */
#define POSTPONE_MOST	  (15 * 60 * 1000)
#define BACKLOGS_MAX	  16384
#define POSTPONED_MAX	  65536
#define WANTED_MAX	  65536
#define ROUND_DOMAINS	  64 /* asked for in one call */

/* The shards where more of a domain waits. */
struct backlog {
	uint64_t shards[SHARD_MAX / 64];
};

int64_t take_postponed_ms(struct queue *queue, struct slice domain, int64_t now_ms)
{
	int64_t until = (int64_t)(intptr_t)map_find(&queue->postponed, domain);

	if (until && until <= now_ms) {
		map_remove(&queue->postponed, domain);
		return 0;
	}
	return until;
}

int64_t take_look_ms(struct queue *queue, struct slice domain, int64_t now_ms)
{
	int64_t until = take_postponed_ms(queue, domain, now_ms);

	if (until == 0) {
		int64_t wait_ms = map_find(&queue->backlogs, domain) ? UNWANTED_KNOWN_MS
								     : UNWANTED_MS;

		return now_ms + wait_ms + (int64_t)random_below((uint64_t)wait_ms);
	}
	return until < now_ms + POSTPONE_MOST ? until : now_ms + POSTPONE_MOST;
}

static void note_backlog(struct queue *queue, struct slice domain, unsigned shard)
{
	struct backlog *backlog = map_find(&queue->backlogs, domain);

	if (!backlog) {
		if (queue->backlogs.count >= BACKLOGS_MAX)
			return;
		backlog = NEW(struct backlog);
		map_set(&queue->backlogs, domain, backlog);
	}
	backlog->shards[shard / 64] |= UINT64_C(1) << shard % 64;
}

void take_note_backlog(struct queue *queue, struct slice domain, struct shard *shard)
{
	int64_t now_ms = worker_wall_ms();

	note_backlog(queue, domain, shard->index);
	keep_soon(queue, shard, take_look_ms(queue, domain, now_ms));
}

void take_finish(struct queue *queue)
{
	struct map_cursor cursor = {0};
	struct slice domain;
	void *backlog;

	while (map_next(&queue->backlogs, &cursor, &domain, &backlog))
		memory_free(backlog);
	map_finish(&queue->backlogs);
	map_finish(&queue->wanted);
	map_finish(&queue->postponed);
}

/* Unless more came to wait meanwhile. */
static void drop_backlog(struct queue *queue, struct slice domain)
{
	struct backlog *backlog = map_find(&queue->backlogs, domain);

	for (size_t i = 0; backlog && i < ARRAY_COUNT(backlog->shards); i++)
		if (backlog->shards[i])
			return;
	memory_free(map_remove(&queue->backlogs, domain));
}

/* A destination the taker has room for, while the shards are asked. */
struct wish {
	struct slice domain; /* in its round's arena */
	size_t wanted, most; /* of the shard in hand: by the taker, by us */
	size_t came;
	bool enough; /* the taker wants no more now */
	bool more;   /* there is, and it does */
};

struct round {
	struct arena arena;
	size_t count;
	struct wish wishes[ROUND_DOMAINS];
};

static struct round *begin_round(struct queue *queue)
{
	struct round *round = NEW(struct round);

	while (queue->wanted.count && round->count < ROUND_DOMAINS) {
		struct map_cursor cursor = {0};
		struct slice key;
		void *value;

		map_next(&queue->wanted, &cursor, &key, &value);
		key = arena_copy(&round->arena, key);
		map_remove(&queue->wanted, key);
		round->wishes[round->count++].domain = key;
	}
	return round;
}

/* Clears the place before the call: what comes to wait meanwhile sets it again. */
static bool clear_backlog(struct queue *queue, struct slice domain, unsigned shard)
{
	struct backlog *backlog = map_find(&queue->backlogs, domain);
	uint64_t bit = UINT64_C(1) << shard % 64;

	if (!backlog || !(backlog->shards[shard / 64] & bit))
		return false;
	backlog->shards[shard / 64] &= ~bit;
	return true;
}

/* What of the round waits in SHARD and may come; false: nothing. */
static bool ask_for(struct queue *queue, const struct shard *shard, struct round *round,
	struct call *call)
{
	size_t none = call->count;

	for (size_t i = 0; i < round->count; i++) {
		struct wish *wish = &round->wishes[i];

		wish->most = wish->came = 0;
		if (wish->enough || !clear_backlog(queue, wish->domain, shard->index))
			continue;
		wish->wanted = take_wanted_now(queue, wish->domain);
		wish->enough = wish->wanted == 0;
		wish->most = wish->wanted < TAKE_ENTRIES / round->count
				     ? wish->wanted
				     : TAKE_ENTRIES / round->count;
		if (wish->most == 0) {
			note_backlog(queue, wish->domain, shard->index);
			continue;
		}
		call_add(call, wish->domain);
		call_add_number(call, (int64_t)wish->most);
	}
	return call->count > none;
}

/* Entries come in the order their domains were asked for. */
static void count_came(struct round *round, const struct redis_reply *reply)
{
	size_t at = 0;

	for (size_t i = 0; i + 1 < redis_reply_count(reply); i += 2) {
		struct slice domain = packed_domain(
			redis_reply_text(redis_reply_at(reply, i + 1)));

		while (at < round->count &&
			!slice_equal(round->wishes[at].domain, domain))
			at++;
		if (at < round->count)
			round->wishes[at].came++;
	}
}

static void ask_shard(struct queue *queue, struct shard *shard, struct round *round)
{
	struct redis_reply *reply;
	struct call call;

	call_begin(&call, shard, "take");
	if (!ask_for(queue, shard, round, &call)) {
		call_finish(&call);
		return;
	}
	reply = take_call(queue, shard, &call);
	count_came(round, reply);
	for (size_t i = 0; i < round->count; i++) {
		struct wish *wish = &round->wishes[i];

		if (wish->most == 0 || (reply && wish->came < wish->most))
			continue;
		note_backlog(queue, wish->domain, shard->index);
		wish->enough |= !reply || wish->most == wish->wanted;
		wish->more |= !wish->enough;
	}
	redis_reply_free(&reply);
}

static void end_round(struct queue *queue, struct round *round)
{
	for (size_t i = 0; i < round->count; i++) {
		struct wish *wish = &round->wishes[i];

		if (wish->more && !wish->enough)
			map_set(&queue->wanted, wish->domain, queue);
		drop_backlog(queue, wish->domain);
	}
	arena_finish(&round->arena);
	memory_free(round);
}

bool take_wanted(struct queue *queue)
{
	struct round *round;

	if (queue->wanted.count == 0 || queue->closing || queue->stalled)
		return false;
	round = begin_round(queue);
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers)
		if (shard_is_usable(queue, &queue->shards[i]))
			ask_shard(queue, &queue->shards[i], round);
	end_round(queue, round);
	return true;
}

void queue_want(struct queue *queue, struct slice domain)
{
	if (!map_find(&queue->backlogs, domain) || queue->wanted.count >= WANTED_MAX)
		return;
	map_set(&queue->wanted, domain, queue);
	condition_signal(&queue->keep);
}

static void drop_passed(struct queue *queue, int64_t now_ms)
{
	struct map_cursor cursor = {0};
	struct slice domain;
	void *until;

	while (map_next(&queue->postponed, &cursor, &domain, &until))
		if ((int64_t)(intptr_t)until <= now_ms)
			map_remove(&queue->postponed, domain);
}

void queue_postpone(struct queue *queue, struct slice domain, int64_t until_ms)
{
	int64_t now_ms = worker_wall_ms();

	if (until_ms <= now_ms) {
		map_remove(&queue->postponed, domain);
		queue_want(queue, domain);
		return;
	}
	if (queue->postponed.count >= POSTPONED_MAX)
		drop_passed(queue, now_ms);
	if (queue->postponed.count < POSTPONED_MAX ||
		map_find(&queue->postponed, domain))
		map_set(&queue->postponed, domain, (void *)(intptr_t)until_ms);
}
