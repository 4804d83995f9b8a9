/*
 * The commit call of one shard: its arguments, and what its answer means.
 *
 * An entry the taker wants is written and nothing more (Q3); the others get a
 * place in the schedule as well (Q2, or Q5 until their time of release) and
 * leave memory.
 */
#include <assert.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/event.h"
#include "base/memory.h"
#include "metrics/timing.h"
#include "run/worker.h"
#include "events/events.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_commit.h"

#define WAIT_LIMIT_MS "1000" /* for replicas */

static size_t add_entries(struct group *group, struct call *call)
{
	struct buffer packed = {0};
	size_t fields = 0;

	LIST_EACH (&group->jobs, link) {
		struct job *job = CONTAINER_OF(link, struct job, link);

		for (size_t i = 0; i < job->count; i++) {
			char text[32];
			bool good;

			buffer_clear(&packed);
			good = entry_pack(job->entries[i], &packed);
			assert(good);
			call_add_copy(call, entry_key(job->entries[i], text));
			call_add_copy(call, buffer_contents(&packed));
			fields++;
		}
	}
	buffer_finish(&packed);
	return fields;
}

static size_t add_schedules(
	struct group *group, struct call *call, const struct job *job)
{
	int64_t now_ms = worker_wall_ms();
	size_t schedules = 0;

	for (size_t i = 0; i < job->count; i++) {
		const struct entry *entry = job->entries[i];
		bool later = entry->due_ms > now_ms;
		char text[32], flow[FLOW_SIZE_MAX + 1], name[SCHEDULE_SIZE_MAX + 1];
		struct schedule schedule;

		if (entry->marks.direct)
			continue;
		schedule = schedule_of_entry(entry, flow);
		call_add_copy(call, entry_key(entry, text));
		call_add_copy(
			call, later ? SLICE_EMPTY : schedule_name(&schedule, name));
		call_add_number(call, later ? entry->due_ms : now_ms);
		call_add_number(call, take_look_ms(group->queue, &schedule, now_ms));
		schedules++;
	}
	return schedules;
}

static size_t add_bodies(struct call *call, const struct job *job)
{
	const struct body *body = job->message->body;
	size_t count = body_key_count(body);

	for (size_t i = 0; i < count; i++) {
		char text[64];

		call_add_copy(call, body_key(body, i, text));
	}
	return count;
}

static size_t add_refs(struct call *call, const struct job *job)
{
	if (job->count == 1)
		return 0;
	call_add(call, message_id_slice(&job->message->envelope.id));
	call_add_number(call, (int64_t)job->count);
	return 1;
}

void group_build(struct group *group, struct call *call)
{
	size_t place, counts[4] = {0};

	call_begin(call, group->shard, "commit");
	place = call->count;
	for (size_t i = 0; i < ARRAY_COUNT(counts); i++)
		call_add(call, SLICE_EMPTY);
	counts[0] = add_entries(group, call);
	for (size_t section = 1; section < ARRAY_COUNT(counts); section++) {
		LIST_EACH (&group->jobs, link) {
			const struct job *job = CONTAINER_OF(link, struct job, link);

			counts[section] += section == 1
						   ? add_schedules(group, call, job)
					   : section == 2 ? add_bodies(call, job)
							  : add_refs(call, job);
		}
	}
	for (size_t i = 0; i < ARRAY_COUNT(counts); i++)
		call->argv[place + i] = arena_format(&call->arena, "%zu", counts[i]);
}

static void answered(struct group *group)
{
	if (--group->pending > 0)
		return;
	if (group->queue)
		condition_signal(&group->batch->answered);
	else
		memory_free(group);
}

static void committed(struct redis_request *request, const struct redis_reply *reply)
{
	struct group *group = CONTAINER_OF(request, struct group, commit);

	if (!reply) {
		group->unknown = true;
	} else if (redis_reply_kind(reply) == REDIS_ERROR) {
		struct slice error = redis_reply_text(reply);

		group->refused = !redis_reply_fail(reply);
		if (slice_starts(error, SLICE("GONE ")))
			slice_to_text(
				slice_from(error, 5), group->gone, sizeof(group->gone));
		if (slice_starts(error, SLICE("OOM")))
			fail(FAILURE_STORE, "queue memory is full");
		group->failure = *failure_last();
	}
	answered(group);
}

static void replicated(struct redis_request *request, const struct redis_reply *reply)
{
	struct group *group = CONTAINER_OF(request, struct group, wait);

	if (!reply || redis_reply_kind(reply) != REDIS_NUMBER ||
		(group->queue && (uint64_t)redis_reply_number(reply) <
					 group->queue->node->replicas))
		group->unknown = true;
	answered(group);
}

/* WAIT answers for all that this connection has written before. */
static void send_wait(struct queue *queue, struct group *group)
{
	char text[24];
	struct slice argv[3] = {SLICE("WAIT"), SLICE_EMPTY, SLICE(WAIT_LIMIT_MS)};
	int size = snprintf(
		text, sizeof(text), "%llu", (unsigned long long)queue->node->replicas);

	argv[1] = slice_make(text, (size_t)size);
	group->wait.done = replicated;
	if (redis_send(queue->redis, 3, argv, &group->wait))
		group->pending++;
	else
		group->unknown = true;
}

static bool group_send(struct queue *queue, struct group *group)
{
	struct call call;

	group->commit.done = committed;
	group_build(group, &call);
	if (!call_send(queue, &call, &group->commit))
		return false;
	group->pending++;
	if (queue->node->replicas)
		send_wait(queue, group);
	queue->figures.commits++;
	return true;
}

static void back_to_batch(struct group *group)
{
	list_move_all(group->batch->jobs, &group->jobs);
}

/* The group for SHARD among those of this round; NULL: not in this round. */
static struct group *group_for(struct queue *queue, struct group **groups,
	size_t *count, size_t max, struct shard *shard)
{
	struct group *group;

	for (size_t i = 0; i < *count; i++)
		if (groups[i]->shard == shard)
			return groups[i];
	if (*count == max || !shard_is_usable(queue, shard))
		return NULL;
	group = groups[(*count)++] = NEW(struct group);
	group->queue = queue;
	group->shard = shard;
	list_init(&group->jobs);
	return group;
}

static void fill_groups(struct queue *queue, struct batch *batch, struct group **groups,
	size_t *count, size_t max)
{
	struct promises promises = {0};

	LIST_EACH (batch->jobs, link)
		promises.most += CONTAINER_OF(link, struct job, link)->count;
	LIST_EACH_SAFE (batch->jobs, link) {
		struct job *job = CONTAINER_OF(link, struct job, link);
		struct shard *shard = queue_shard(queue, job->entries[0]->shard);
		struct group *group = group_for(queue, groups, count, max, shard);

		if (!group)
			continue;
		group->batch = batch;
		list_remove(link);
		list_append(&group->jobs, link);
		if (!job->placed)
			job_place(queue, &promises, job);
	}
	map_finish(&promises.schedules);
}

size_t groups_send(
	struct queue *queue, struct batch *batch, struct group **groups, size_t max)
{
	size_t count = 0, sent = 0;

	fill_groups(queue, batch, groups, &count, max);
	events_flush(); /* what is said of them is there before they are */
	for (size_t i = 0; i < count; i++) {
		if (group_send(queue, groups[i])) {
			groups[sent++] = groups[i];
		} else {
			back_to_batch(groups[i]);
			memory_free(groups[i]);
		}
	}
	return sent;
}

/* Safe: those that wait are told, the taker gets what it wanted. */
static void job_safe(struct queue *queue, struct job *job)
{
	struct shard *shard = queue_shard(queue, job->entries[0]->shard);
	int64_t now_ms = worker_wall_ms();

	job->state = JOB_SAFE;
	queue->figures.committed++;
	pace_note(&queue->pace, worker_now_us(), worker_now_us() - job->arrived_us);
	timing_step(job->message->steps, &(struct timing_step){.timing = TIMING_COMMIT,
						 .began_us = job->arrived_us,
						 .ended_us = worker_now_us()});
	condition_signal(&job->resolved);
	for (size_t i = 0; i < job->count; i++) {
		struct entry *entry = job->entries[i];
		char text[32], flow[FLOW_SIZE_MAX + 1];
		struct schedule schedule;

		active_count_new(queue, shard, entry_key(entry, text), entry);
		if (entry->marks.lost) { /* its new owner will have it */
			active_remove(queue, shard, entry);
			entry_destroy(&entry);
			continue;
		}
		if (entry->marks.direct) {
			active_hand_over(queue, entry);
			continue;
		}
		schedule = schedule_of_entry(entry, flow);
		if (entry->due_ms > now_ms)
			keep_soon(queue, shard, entry->due_ms);
		else
			take_note_backlog(queue, &schedule, shard);
		active_remove(queue, shard, entry);
		entry_destroy(&entry);
	}
	memory_free(job->entries);
	job->entries = NULL;
}

/* Redis has let go of a body (it was staged for an hour): only that message
 * fails, the rest is sent again. */
static void group_gone(struct queue *queue, struct group *group)
{
	size_t before = list_count(&group->jobs);

	LIST_EACH_SAFE (&group->jobs, link) {
		struct job *job = CONTAINER_OF(link, struct job, link);
		struct slice id = message_id_slice(&job->message->envelope.id);

		if (slice_find(slice_of(group->gone), id) == slice_of(group->gone).size)
			continue;
		list_remove(link);
		fail(FAILURE_STORE, "the body is no longer in Redis");
		job_fail(queue, job);
	}
	if (list_count(&group->jobs) < before)
		group->gone[0] = '\0';
}

static void group_refused(struct queue *queue, struct group *group)
{
	struct link *link;

	if (group->failure.kind == FAILURE_FENCED)
		shard_lose(queue, group->shard);
	while ((link = list_take(&group->jobs))) {
		fail_again(&group->failure);
		job_fail(queue, CONTAINER_OF(link, struct job, link));
	}
}

static void group_done(struct queue *queue, struct group *group)
{
	struct link *link;

	while ((link = list_take(&group->jobs))) {
		struct job *job = CONTAINER_OF(link, struct job, link);

		if (job->abandoned) {
			job->unknown = true; /* it is there: to be deleted */
			fail(FAILURE_CANCELLED, "nobody waits for it");
			job_fail(queue, job);
		} else {
			job_safe(queue, job);
		}
	}
}

void group_resolve(struct queue *queue, struct group **group)
{
	struct group *old = *group;
	bool gone = old->gone[0] != '\0';

	*group = NULL;
	if (gone)
		group_gone(queue, old);
	if (gone && !old->gone[0]) {
		back_to_batch(old);
	} else if (old->refused) {
		group_refused(queue, old);
	} else if (old->unknown) {
		LIST_EACH (&old->jobs, link)
			CONTAINER_OF(link, struct job, link)->unknown = true;
		back_to_batch(old);
	} else {
		group_done(queue, old);
	}
	memory_free(old);
}

void group_orphan(struct group **group)
{
	struct group *old = *group;

	*group = NULL;
	old->queue = NULL;
	LIST_EACH (&old->jobs, link)
		CONTAINER_OF(link, struct job, link)->unknown = true;
	back_to_batch(old);
}
