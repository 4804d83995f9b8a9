/* How old the queue is, from a sample of each shard. */
#include "queue/queue_admin.h"

#include "base/memory.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"

struct sampling {
	struct queue_ages *ages;
	size_t capacity;
	int64_t now_ms;
};

/* An entry's key begins with its message's id. */
static void add_age(struct sampling *sampling, struct slice key)
{
	struct queue_ages *ages = sampling->ages;
	struct message_id id;

	if (ages->count == sampling->capacity ||
		!message_id_parse(slice_part(key, 0, MESSAGE_ID_SIZE), &id))
		return;
	int64_t age_ms = sampling->now_ms - message_id_time_ms(&id);

	ages->ages_ms[ages->count++] = age_ms > 0 ? age_ms : 0;
}

static bool sample_shard(struct queue *queue, struct shard *shard,
	struct sampling *sampling, struct deadline deadline)
{
	struct redis_reply *reply = NULL;
	const struct redis_reply *list;
	struct call call;
	int64_t late_ms;

	call_begin(&call, shard, "ages");
	call_add_number(&call, QUEUE_AGES);
	if (!call_run(queue, shard, &call, &reply, deadline))
		return false;
	late_ms = sampling->now_ms -
		  reply_number(redis_reply_at(reply, 0), sampling->now_ms);
	if (late_ms > sampling->ages->late_ms)
		sampling->ages->late_ms = late_ms;
	list = redis_reply_at(reply, 1);
	for (size_t i = 0; i < redis_reply_count(list); i++)
		add_age(sampling, redis_reply_text(redis_reply_at(list, i)));
	redis_reply_free(&reply);
	return true;
}

bool queue_ages(
	struct queue *queue, struct queue_ages *ages_r, struct deadline deadline)
{
	struct queue_ages ages = {.late_ms = 0};
	struct sampling sampling = {.ages = &ages,
		.capacity = (size_t)queue->shard_count * QUEUE_AGES,
		.now_ms = worker_wall_ms()};
	bool good = true;

	ages.ages_ms = memory_allocate_array(sampling.capacity, sizeof(int64_t));
	for (unsigned i = queue->worker; good && i < queue->shard_count;
		i += queue->node->workers)
		if (shard_is_usable(queue, &queue->shards[i]))
			good = sample_shard(
				queue, &queue->shards[i], &sampling, deadline);
	if (good)
		*ages_r = ages;
	else
		memory_free(ages.ages_ms);
	return good;
}
