/*
 * Committing, as a session sees it: it leaves a job and waits until it is
 * resolved. How jobs get there is in queue_flow.c; one that fails, or that
 * nobody waits for any more, is undone here, and it is decided here which entries
 * the taker gets at once.
 */
#include "queue/queue_commit.h"

#include <assert.h>

#include "base/memory.h"
#include "queue/happened.h"

#define PATIENCE_US 3000000 /* for Redis to come (back) */

struct job *job_create(
	struct message *message, struct entry *const *entries, size_t count)
{
	struct job *job = NEW(struct job);

	job->message = message_hold(message);
	job->entries = memory_allocate_array(count, sizeof(struct entry *));
	job->count = count;
	job->arrived_us = worker_now_us();
	condition_init(&job->resolved);
	message->entry_count = (unsigned)count;
	for (size_t i = 0; i < count; i++) {
		assert(entries[i]->message == message);
		assert(entries[i]->shard == message_id_shard(&message->envelope.id));
		job->entries[i] = entries[i];
	}
	return job;
}

void job_free(struct job **job)
{
	struct job *old = *job;

	*job = NULL;
	if (!old)
		return;
	assert(!link_is_linked(&old->link));
	for (size_t i = 0; old->entries && i < old->count; i++)
		entry_destroy(&old->entries[i]);
	memory_free(old->entries);
	message_release(&old->message);
	memory_free(old);
}

static void undo_entries(struct queue *queue, struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		struct entry *entry = job->entries[i];

		if (job->placed)
			happened_to_all(entry, EVENTS_DROPPED, SLICE("not accepted"));
		if (job->unknown) {
			settle_add(queue, entry, SETTLE_UNDO);
			continue;
		}
		active_remove(queue, queue_shard(queue, entry->shard), entry);
		entry_destroy(&entry);
	}
	memory_free(job->entries);
	job->entries = NULL;
}

void job_fail(struct queue *queue, struct job *job)
{
	job->failure = *failure_last();
	job->state = JOB_FAILED;
	undo_entries(queue, job);
	if (job->abandoned)
		job_free(&job);
	else
		condition_signal(&job->resolved);
}

static bool is_committable(const struct queue *queue, const struct job *job)
{
	if (queue->closing)
		return fail(FAILURE_STORE, "shutting down");
	if (job->count == 0 || job->count > ENTRY_INDEX_MAX + 1)
		return fail(FAILURE_LIMIT, "a message goes to 1 to %d domains",
			ENTRY_INDEX_MAX + 1);
	if (!envelope_flow_is_valid(&job->message->envelope))
		return fail(FAILURE_DATA, "tenant, stream, tags, pool or priority is "
					  "too long or not well formed");
	for (size_t i = 0; i < job->count; i++)
		if (job->entries[i]->domain.size > DOMAIN_SIZE_MAX)
			return fail(FAILURE_DATA, "domain longer than %d bytes",
				DOMAIN_SIZE_MAX);
	return true;
}

struct job *queue_commit_begin(struct queue *queue, struct message *message,
	struct entry *const *entries, size_t count)
{
	struct job *job = job_create(message, entries, count);

	if (is_committable(queue, job)) {
		list_append(&queue->arriving, &job->link);
		condition_signal(&queue->arrived);
		return job;
	}
	job_free(&job);
	return NULL;
}

bool queue_commit_is_known(const struct job *job)
{
	return job->state == JOB_SAFE || job->state == JOB_FAILED;
}

bool queue_commit_end(struct job **job, struct deadline deadline)
{
	struct job *old = *job;
	bool safe;

	*job = NULL;
	while (!queue_commit_is_known(old)) {
		if (condition_wait(&old->resolved, deadline))
			continue;
		if (old->state == JOB_TAKEN) {
			old->abandoned = true;
			return false;
		}
		if (old->state == JOB_ARRIVING) {
			list_remove(&old->link);
			job_free(&old);
			return false;
		}
	}
	safe = old->state == JOB_SAFE || fail_again(&old->failure);
	job_free(&old);
	return safe;
}

bool queue_commit(struct queue *queue, struct message *message,
	struct entry *const *entries, size_t count, struct deadline deadline)
{
	struct job *job = queue_commit_begin(queue, message, entries, count);

	return job && queue_commit_end(&job, deadline);
}

void jobs_fail(struct queue *queue, struct list *jobs)
{
	struct failure why = *failure_last();
	struct link *link;

	while ((link = list_take(jobs))) {
		fail_again(&why);
		job_fail(queue, CONTAINER_OF(link, struct job, link));
	}
}

void commit_fail_waiting(struct queue *queue)
{
	fail(FAILURE_STORE, "shutting down");
	jobs_fail(queue, &queue->arriving);
	jobs_fail(queue, &queue->stored);
	queue->stored_count = 0;
}

/* A slow disk is not a Redis that is away. */
size_t jobs_prune(struct queue *queue, struct list *jobs)
{
	size_t left = 0;

	LIST_EACH_SAFE (jobs, link) {
		struct job *job = CONTAINER_OF(link, struct job, link);
		struct shard *shard = queue_shard(
			queue, message_id_shard(&job->message->envelope.id));
		const char *trouble = redis_trouble(queue->redis);

		left++;
		if (job->abandoned)
			fail(FAILURE_CANCELLED, "nobody waits for it");
		else if (job->placed && job->entries[0]->marks.lost)
			fail(FAILURE_STORE, "the queue's shard %u changed hands",
				shard->index);
		else if (!shard->owned)
			fail(FAILURE_STORE, "the queue's shard %u is not ours",
				shard->index);
		else if (!job->unknown && !shard_is_usable(queue, shard) &&
			 worker_now_us() - job->arrived_us > PATIENCE_US)
			fail(FAILURE_STORE, "Redis: %s",
				*trouble ? trouble : "does not answer");
		else
			continue;
		list_remove(link);
		job_fail(queue, job);
		left--;
	}
	return left;
}

static bool taker_wants(
	struct queue *queue, struct promises *promises, const struct entry *entry)
{
	char text[FLOW_SIZE_MAX + 1], name[SCHEDULE_SIZE_MAX + 1];
	struct schedule schedule = schedule_of_entry(entry, text);
	struct taker_room room = {.list = NULL};
	size_t wanted, promised;
	struct slice key;

	if (!queue->taker.wanted || take_is_postponed(queue, schedule.domain))
		return false;
	wanted = queue->taker.wanted(
		queue->taker.context, schedule.domain, schedule.flow, &room);
	if (wanted == 0 || !active_has_room(queue, entry, room.urgent))
		return false;
	if (wanted >= promises->most)
		return true;
	key = schedule_name(&schedule, name);
	promised = (size_t)(uintptr_t)map_find(&promises->schedules, key);
	if (promised >= wanted)
		return false;
	map_set(&promises->schedules, key, (void *)(uintptr_t)(promised + 1));
	return true;
}

void job_place(struct queue *queue, struct promises *promises, struct job *job)
{
	struct shard *shard = queue_shard(queue, job->entries[0]->shard);
	int64_t now_ms = worker_wall_ms();

	for (size_t i = 0; i < job->count; i++) {
		struct entry *entry = job->entries[i];

		entry->marks.direct = entry->due_ms <= now_ms &&
				      taker_wants(queue, promises, entry);
		active_add(queue, shard, entry);
	}
	happened_commit(job->message, job->entries, job->count);
	job->placed = true;
}
