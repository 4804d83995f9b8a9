/*
 * The way of a job: its body to the store, its entries to Redis.
 *
 * Two stages, so that the two disks' waits overlap. Storers take all that has
 * arrived and make the bodies durable in one write; senders take all whose
 * bodies are, send one call a shard, and wake the sessions. What arrives while
 * every one of a stage is busy goes together: a natural group commit.
 *
 * A batch whose outcome is unknown is sent again until it is known or nobody
 * waits for it any more: committing twice changes nothing. What is given up is
 * deleted as soon as Redis can be asked.
 */
#include "base/memory.h"
#include "queue/queue_commit.h"

#define BATCH_MESSAGES 512
#define BATCH_ENTRIES  4000 /* of more than one message */
#define BATCH_BYTES    (16u << 20)
#define STORED_MAX     1024 /* jobs that wait for Redis with their bodies stored */
#define GROUPS_MAX     4
#define SYNC_LIMIT_MS  60000
#define AGAIN_MS       100

/* What it adds to the write and to the call. */
static size_t job_memory(const struct job *job)
{
	size_t bytes = body_memory(job->message->body) +
		       job->count * job->message->arena.total;

	for (size_t i = 0; i < job->count; i++)
		bytes += job->entries[i]->arena.total;
	return bytes;
}

/* As many jobs as go together, in their order. */
static size_t take_batch(struct list *from, struct list *batch)
{
	size_t messages = 0, entries = 0, bytes = 0;

	while (!list_is_empty(from) && messages < BATCH_MESSAGES &&
		bytes < BATCH_BYTES && entries < BATCH_ENTRIES) {
		struct job *job = LIST_FIRST(from, struct job, link);

		if (messages && entries + job->count > BATCH_ENTRIES)
			break;
		list_remove(&job->link);
		list_append(batch, &job->link);
		job->state = JOB_TAKEN;
		messages++;
		entries += job->count;
		bytes += job_memory(job);
	}
	return messages;
}

static bool sync_bodies(struct queue *queue, struct list *batch, size_t messages)
{
	size_t count = 0;
	struct body **list = memory_allocate_array(messages, sizeof(struct body *));
	bool synced;

	LIST_EACH (batch, link)
		list[count++] = CONTAINER_OF(link, struct job, link)->message->body;
	synced = bodies_sync(
		queue->bodies, list, count, deadline_after_ms(SYNC_LIMIT_MS));
	memory_free(list);
	return synced;
}

static void store_batch(struct queue *queue, struct list *batch)
{
	size_t messages;

	jobs_prune(queue, &queue->arriving);
	messages = take_batch(&queue->arriving, batch);
	if (messages == 0)
		return;
	queue->syncing++;
	if (sync_bodies(queue, batch, messages)) {
		list_move_all(&queue->stored, batch);
		queue->stored_count += messages;
		condition_signal(&queue->stored_some);
	} else {
		jobs_fail(queue, batch);
		settle_flush(queue); /* it waited for this one */
	}
	queue->syncing--;
}

void commit_store(void *arg)
{
	struct queue *queue = arg;
	struct list *batch = &queue->storing[queue->storers++];

	while (!queue->closing || !list_is_empty(&queue->arriving)) {
		if (queue->stored_count >= STORED_MAX) {
			if (!condition_wait(&queue->stored_less, deadline_none()))
				break;
		} else if (list_is_empty(&queue->arriving)) {
			if (!condition_wait(&queue->arrived, deadline_none()))
				break;
			/* All that this turn brings goes together. */
			fiber_yield(deadline_none());
		} else {
			store_batch(queue, batch);
		}
	}
	queue->storers--;
	condition_broadcast(&queue->stored_some);
}

/* False when this fiber may not wait any more. */
static bool await_answers(struct batch *batch, struct group **groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		while (groups[i]->pending) {
			if (!condition_wait(&batch->answered, deadline_none()))
				return false;
		}
	}
	return true;
}

static bool send_round(struct queue *queue, struct batch *batch)
{
	struct group *groups[GROUPS_MAX];
	size_t count = groups_send(queue, batch, groups, GROUPS_MAX);
	bool answered;

	settle_flush(queue);
	if (count == 0) {
		failure_clear();
		return condition_wait(
			       &queue->leases_changed, deadline_after_ms(AGAIN_MS)) ||
		       failure_kind_last() == FAILURE_TIMEOUT;
	}
	answered = await_answers(batch, groups, count);
	for (size_t i = 0; i < count; i++) {
		if (groups[i]->pending)
			group_orphan(&groups[i]);
		else
			group_resolve(queue, &groups[i]);
	}
	return answered;
}

static void send_batch(struct queue *queue, struct batch *batch)
{
	queue->stored_count -= take_batch(&queue->stored, batch->jobs);
	condition_broadcast(&queue->stored_less);
	while (jobs_prune(queue, batch->jobs)) {
		jobs_prune(queue, &queue->arriving);
		queue->stored_count = jobs_prune(queue, &queue->stored);
		if (!send_round(queue, batch))
			jobs_fail(queue, batch->jobs);
	}
}

void commit_send(void *arg)
{
	struct queue *queue = arg;
	struct batch batch = {.jobs = &queue->sending[queue->senders++]};

	condition_init(&batch.answered);
	while (!queue->closing || queue->storers || queue->stored_count) {
		if (queue->stored_count == 0) {
			if (!condition_wait(&queue->stored_some, deadline_none()))
				break;
		} else {
			send_batch(queue, &batch);
		}
	}
}
