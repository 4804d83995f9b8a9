/*
 * Backlogs: where more of a schedule waits than the taker has room for, and
 * going straight there once it has.
 *
 * A backlog stands in one of three places: among those wanted now, in a list of
 * the taker's that is told when there is room, or with its domain, until that is
 * wanted again. None of these is ever searched. Asking is done for many schedules
 * in one call, since a queue of many has little of each in a shard. A destination
 * whose site is down is put off as a whole: its entries then cost nothing but
 * their place.
 */
#include "base/memory.h"
#include "base/random.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

#define BACKLOGS_MAX	16384
#define ROUND_SCHEDULES 64 /* asked for in one call */

/* The backlogs of a domain that nothing is known to make room for. */
struct backlog_domain {
	struct list idle;
	size_t count; /* of its backlogs, wherever they stand */
};

struct backlog {
	struct link link;
	struct slice name; /* of the schedule */
	struct backlog_domain *home;
	uint64_t shards[SHARD_MAX / 64]; /* where it has more */
};

static struct backlog *make(
	struct queue *queue, struct slice name, const struct schedule *schedule)
{
	struct backlog *backlog;
	struct backlog_domain *home;

	if (queue->backlogs.count >= BACKLOGS_MAX)
		return NULL;
	backlog = NEW(struct backlog);
	backlog->name = slice_make(memory_copy_text(name), name.size);
	home = map_find(&queue->backlog_domains, schedule->domain);
	if (!home) {
		home = NEW(struct backlog_domain);
		list_init(&home->idle);
		map_set(&queue->backlog_domains, schedule->domain, home);
	}
	home->count++;
	backlog->home = home;
	map_set(&queue->backlogs, name, backlog);
	return backlog;
}

static void destroy(struct queue *queue, struct backlog *backlog)
{
	struct schedule schedule = schedule_of_name(backlog->name);

	list_remove(&backlog->link);
	map_remove(&queue->backlogs, backlog->name);
	if (--backlog->home->count == 0) {
		map_remove(&queue->backlog_domains, schedule.domain);
		memory_free(backlog->home);
	}
	memory_free((void *)(uintptr_t)backlog->name.at);
	memory_free(backlog);
}

/* To where it waits: as wanted as it is now. */
static void place(struct queue *queue, struct backlog *backlog)
{
	struct schedule schedule = schedule_of_name(backlog->name);
	struct taker_room room = {.list = NULL};

	if (link_is_linked(&backlog->link))
		return;
	if (queue->taker.wanted && !take_is_postponed(queue, schedule.domain) &&
		queue->taker.wanted(queue->taker.context, schedule.domain,
			schedule.flow, &room) > 0) {
		list_append(&queue->wanted, &backlog->link);
		condition_signal(&queue->keep);
		return;
	}
	list_append(room.list ? room.list : &backlog->home->idle, &backlog->link);
}

static struct backlog *note(
	struct queue *queue, const struct schedule *schedule, unsigned shard)
{
	char text[SCHEDULE_SIZE_MAX + 1];
	struct slice name = schedule_name(schedule, text);
	struct backlog *backlog = map_find(&queue->backlogs, name);

	if (!backlog)
		backlog = make(queue, name, schedule);
	if (backlog)
		backlog->shards[shard / 64] |= UINT64_C(1) << shard % 64;
	return backlog;
}

void take_note_backlog(
	struct queue *queue, const struct schedule *schedule, struct shard *shard)
{
	int64_t now_ms = worker_wall_ms();
	struct backlog *backlog = note(queue, schedule, shard->index);

	if (backlog)
		place(queue, backlog);
	keep_soon(queue, shard, take_look_ms(queue, schedule, now_ms));
}

bool take_knows_backlog(struct queue *queue, const struct schedule *schedule)
{
	char text[SCHEDULE_SIZE_MAX + 1];

	return map_find(&queue->backlogs, schedule_name(schedule, text)) != NULL;
}

bool take_is_full(const struct queue *queue)
{
	return queue->backlogs.count >= BACKLOGS_MAX;
}

void take_forget_rooms(struct queue *queue)
{
	struct map_cursor cursor = {0};
	struct slice name;
	void *value;

	while (map_next(&queue->backlogs, &cursor, &name, &value)) {
		struct backlog *backlog = value;

		list_remove(&backlog->link);
		list_append(&queue->wanted, &backlog->link);
	}
}

void take_finish(struct queue *queue)
{
	struct map_cursor cursor = {0};
	struct slice name;
	void *backlog;

	while (map_next(&queue->backlogs, &cursor, &name, &backlog))
		destroy(queue, backlog);
	map_finish(&queue->backlogs);
	map_finish(&queue->backlog_domains);
	map_finish(&queue->postponed);
}

static bool has_more(const struct backlog *backlog)
{
	for (size_t i = 0; i < ARRAY_COUNT(backlog->shards); i++)
		if (backlog->shards[i])
			return true;
	return false;
}

/* A schedule the taker has room for, while the shards are asked. */
struct wish {
	struct schedule schedule; /* in its round's arena */
	struct slice name;
	size_t wanted, most; /* of the shard in hand: by the taker, by us */
	size_t came;
	bool enough; /* the taker wants no more now */
};

struct round {
	struct arena arena;
	size_t count;
	struct wish wishes[ROUND_SCHEDULES];
};

static struct round *begin_round(struct queue *queue)
{
	struct round *round = NEW(struct round);

	while (round->count < ROUND_SCHEDULES) {
		struct link *link = list_take(&queue->wanted);
		struct wish *wish = &round->wishes[round->count];

		if (!link)
			break;
		wish->name = arena_copy(
			&round->arena, CONTAINER_OF(link, struct backlog, link)->name);
		wish->schedule = schedule_of_name(wish->name);
		round->count++;
	}
	return round;
}

/* Clears the place before the call: what comes to wait meanwhile sets it again. */
static bool clear_backlog(struct queue *queue, struct slice name, unsigned shard)
{
	struct backlog *backlog = map_find(&queue->backlogs, name);
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
		if (wish->enough || !clear_backlog(queue, wish->name, shard->index))
			continue;
		wish->wanted = take_wanted_now(queue, &wish->schedule);
		wish->enough = wish->wanted == 0;
		wish->most = wish->wanted < TAKE_ENTRIES / round->count
				     ? wish->wanted
				     : TAKE_ENTRIES / round->count;
		if (wish->most == 0) {
			note(queue, &wish->schedule, shard->index);
			continue;
		}
		call_add(call, wish->name);
		call_add_number(call, (int64_t)wish->most);
	}
	return call->count > none;
}

/* Entries come in the order their schedules were asked for. */
static void count_came(struct round *round, const struct redis_reply *reply)
{
	size_t at = 0;

	for (size_t i = 0; i + 1 < redis_reply_count(reply); i += 2) {
		struct slice packed = redis_reply_text(redis_reply_at(reply, i + 1));
		struct slice domain = packed_domain(packed), flow = packed_flow(packed);

		while (at < round->count &&
			!(slice_equal(round->wishes[at].schedule.domain, domain) &&
				slice_equal(round->wishes[at].schedule.flow, flow)))
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
		note(queue, &wish->schedule, shard->index);
		wish->enough |= !reply || wish->most == wish->wanted;
	}
	redis_reply_free(&reply);
}

/* Of those that have more, the taker is asked where they may wait. */
static void end_round(struct queue *queue, struct round *round)
{
	for (size_t i = 0; i < round->count; i++) {
		struct backlog *backlog = map_find(
			&queue->backlogs, round->wishes[i].name);

		if (!backlog)
			continue;
		if (has_more(backlog))
			place(queue, backlog);
		else
			destroy(queue, backlog);
	}
	arena_finish(&round->arena);
	memory_free(round);
}

bool take_wanted(struct queue *queue)
{
	struct round *round;

	if (list_is_empty(&queue->wanted) || queue->closing || queue->stalled)
		return false;
	round = begin_round(queue);
	for (unsigned i = queue->worker; i < queue->shard_count;
		i += queue->node->workers)
		if (shard_is_usable(queue, &queue->shards[i]))
			ask_shard(queue, &queue->shards[i], round);
	end_round(queue, round);
	return true;
}

void queue_want_room(struct queue *queue, struct list *room)
{
	if (list_is_empty(room))
		return;
	list_move_all(&queue->wanted, room);
	condition_signal(&queue->keep);
}

void queue_want(struct queue *queue, struct slice domain)
{
	struct backlog_domain *home = map_find(&queue->backlog_domains, domain);

	if (home)
		queue_want_room(queue, &home->idle);
}
