/*
 * Committing: many sessions, one write, one call, one fsync.
 *
 * Sessions leave jobs; the committer, one fiber, takes all that have arrived,
 * makes their bodies durable, sends one call a shard, and wakes them all. While
 * a batch is on its way the next one gathers: a natural group commit.
 *
 * A batch whose outcome is unknown is sent again until it is known or nobody
 * waits for it any more: committing twice changes nothing. What is given up is
 * deleted as soon as Redis can be asked.
 */
#include "queue/queue_commit.h"

#include <assert.h>

#include "base/memory.h"

#define BATCH_MESSAGES 512
#define BATCH_ENTRIES  4000 /* of more than one message */
#define BATCH_BYTES    (16u << 20)
#define GROUPS_MAX     4
#define SYNC_LIMIT_MS  60000
#define PATIENCE_US    3000000 /* for Redis to come (back) */
#define AGAIN_MS       100

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
	for (size_t i = 0; i < job->count; i++)
		if (job->entries[i]->domain.size > DOMAIN_SIZE_MAX)
			return fail(FAILURE_DATA, "domain longer than %d bytes",
				DOMAIN_SIZE_MAX);
	return true;
}

bool queue_commit(struct queue *queue, struct message *message,
	struct entry *const *entries, size_t count, struct deadline deadline)
{
	struct job *job = job_create(message, entries, count);
	bool safe;

	if (!is_committable(queue, job)) {
		job_free(&job);
		return false;
	}
	list_append(&queue->arriving, &job->link);
	condition_signal(&queue->arrived);
	while (job->state != JOB_SAFE && job->state != JOB_FAILED) {
		if (condition_wait(&job->resolved, deadline))
			continue;
		if (job->state == JOB_TAKEN) {
			job->abandoned = true;
			return false;
		}
		if (job->state == JOB_ARRIVING) {
			list_remove(&job->link);
			job_free(&job);
			return false;
		}
	}
	safe = job->state == JOB_SAFE || fail_again(&job->failure);
	job_free(&job);
	return safe;
}

static void fail_all(struct queue *queue, struct list *jobs)
{
	struct failure why = *failure_last();
	struct link *link;

	while ((link = list_take(jobs))) {
		fail_again(&why);
		job_fail(queue, CONTAINER_OF(link, struct job, link));
	}
}

void commit_fail_arriving(struct queue *queue)
{
	fail(FAILURE_STORE, "shutting down");
	fail_all(queue, &queue->arriving);
	fail_all(queue, &queue->batch);
}

/* Those nobody waits for, and those that have waited for Redis long enough
 * (with nothing unknown about them: those wait for their own deadline). A slow
 * disk is not a Redis that is away. */
static void prune(struct queue *queue, struct list *jobs)
{
	LIST_EACH_SAFE (jobs, link) {
		struct job *job = CONTAINER_OF(link, struct job, link);
		struct shard *shard = queue_shard(
			queue, message_id_shard(&job->message->envelope.id));
		const char *trouble = redis_trouble(queue->redis);

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
	}
}

/* What it adds to the write and to the call. */
static size_t job_memory(const struct job *job)
{
	size_t bytes = body_memory(job->message->body) +
		       job->count * job->message->arena.total;

	for (size_t i = 0; i < job->count; i++)
		bytes += job->entries[i]->arena.total;
	return bytes;
}

static bool take_batch(struct queue *queue)
{
	size_t messages = 0, entries = 0, bytes = 0;

	while (!list_is_empty(&queue->arriving) && messages < BATCH_MESSAGES &&
		bytes < BATCH_BYTES && entries < BATCH_ENTRIES) {
		struct job *job = LIST_FIRST(&queue->arriving, struct job, link);

		if (messages && entries + job->count > BATCH_ENTRIES)
			break;
		list_remove(&job->link);
		list_append(&queue->batch, &job->link);
		job->state = JOB_TAKEN;
		messages++;
		entries += job->count;
		bytes += job_memory(job);
	}
	return messages > 0;
}

static bool sync_bodies(struct queue *queue)
{
	size_t count = 0;
	struct body **list = memory_allocate_array(
		list_count(&queue->batch), sizeof(struct body *));
	bool synced;

	LIST_EACH (&queue->batch, link)
		list[count++] = CONTAINER_OF(link, struct job, link)->message->body;
	queue->syncing = true;
	synced = bodies_sync(
		queue->bodies, list, count, deadline_after_ms(SYNC_LIMIT_MS));
	queue->syncing = false;
	memory_free(list);
	return synced;
}

/* False when this fiber may not wait any more. */
static bool await_answers(struct queue *queue, struct group **groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		while (groups[i]->pending) {
			if (!condition_wait(&queue->answered, deadline_none()))
				return false;
		}
	}
	return true;
}

static bool send_round(struct queue *queue)
{
	struct group *groups[GROUPS_MAX];
	size_t count = groups_send(queue, groups, GROUPS_MAX);
	bool answered;

	settle_flush(queue);
	if (count == 0) {
		failure_clear();
		return condition_wait(
			       &queue->leases_changed, deadline_after_ms(AGAIN_MS)) ||
		       failure_kind_last() == FAILURE_TIMEOUT;
	}
	answered = await_answers(queue, groups, count);
	for (size_t i = 0; i < count; i++) {
		if (groups[i]->pending)
			group_orphan(queue, &groups[i]);
		else
			group_resolve(queue, &groups[i]);
	}
	return answered;
}

static void commit_batch(struct queue *queue)
{
	if (!sync_bodies(queue)) {
		fail_all(queue, &queue->batch);
		settle_flush(queue);
		return;
	}
	while (!list_is_empty(&queue->batch)) {
		prune(queue, &queue->batch);
		prune(queue, &queue->arriving);
		if (!list_is_empty(&queue->batch) && !send_round(queue))
			fail_all(queue, &queue->batch);
	}
}

void commit_run(void *arg)
{
	struct queue *queue = arg;

	while (!queue->closing || !list_is_empty(&queue->arriving)) {
		if (list_is_empty(&queue->arriving)) {
			if (!condition_wait(&queue->arrived, deadline_none()))
				break;
			/* All that this turn brings goes together. */
			fiber_yield(deadline_none());
			continue;
		}
		prune(queue, &queue->arriving);
		if (take_batch(queue))
			commit_batch(queue);
	}
	commit_fail_arriving(queue);
}
