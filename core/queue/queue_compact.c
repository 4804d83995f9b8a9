/*
 * Compaction: a spool segment of which little is alive is emptied, so that
 * its file can be used again.
 *
 * The spool picks a segment; each of its records names a message. If an entry
 * of that message is in our memory it is left alone (it will soon be gone, or
 * be picked another time). Otherwise its body is copied, its entries are made to
 * name the copy, and the old one counts no more. A crash in between leaves two
 * copies, of which one is named.
 */
#include "base/buffer.h"
#include "base/failure.h"
#include "queue/pack.h"
#include "queue/queue_call.h"
#include "queue/queue_parts.h"
#include "queue/spool.h"

#define COMPACT_PERCENT	 25
#define COMPACT_EVERY_US 10000000
#define STEP_RECORDS	 64
#define HANDLED_MAX	 100000
#define CALL_LIMIT_MS	 30000

static bool is_in_memory(const struct shard *shard, const struct redis_reply *found)
{
	for (size_t i = 0; i + 2 < redis_reply_count(found); i += 3) {
		struct slice place = redis_reply_text(redis_reply_at(found, i + 2));

		if (place.size == 0 ||
			map_find(&shard->active,
				redis_reply_text(redis_reply_at(found, i))))
			return true;
	}
	return false;
}

/* ENTRY as it is with the copy for a body. */
static bool pack_moved(
	struct queue *queue, struct entry *entry, struct body *copy, struct call *call)
{
	struct body *old = entry->message->body;
	struct buffer packed = {0};
	bool good;

	entry->message->body = copy;
	good = entry_pack(entry, &packed);
	entry->message->body = old;
	if (good)
		call_add_copy(call, buffer_contents(&packed));
	buffer_finish(&packed);
	return good;
}

static struct entry *unpack_found(
	struct queue *queue, const struct redis_reply *found, size_t i)
{
	return entry_unpack(queue->bodies, redis_reply_text(redis_reply_at(found, i)),
		redis_reply_text(redis_reply_at(found, i + 1)));
}

/* Makes every entry found name COPY; counts and uncounts what changed. */
static bool move_entries(struct queue *queue, struct shard *shard,
	const struct redis_reply *found, struct body *copy)
{
	struct redis_reply *reply = NULL;
	size_t count = redis_reply_count(found) / 3;
	struct call call;
	bool good = true;

	call_begin(&call, shard, "move");
	for (size_t i = 0; i < count && good; i++) {
		struct entry *entry = unpack_found(queue, found, 3 * i);

		call_add(&call, redis_reply_text(redis_reply_at(found, 3 * i)));
		call_add(&call, redis_reply_text(redis_reply_at(found, 3 * i + 1)));
		good = entry && pack_moved(queue, entry, copy, &call);
		entry_destroy(&entry);
	}
	if (!good)
		call_finish(&call);
	else
		good = call_run(
			queue, shard, &call, &reply, deadline_after_ms(CALL_LIMIT_MS));
	for (size_t i = 0; good && i < count; i++) {
		struct entry *entry = unpack_found(queue, found, 3 * i);

		if (entry && reply_number(redis_reply_at(reply, i), 0) == 1) {
			body_count(queue->bodies, copy, entry->message->entry_count);
			body_uncount(queue->bodies, entry->message->body,
				entry->message->entry_count);
		}
		entry_destroy(&entry);
	}
	redis_reply_free(&reply);
	return good;
}

static bool move_message(struct queue *queue, struct shard *shard, struct slice id)
{
	struct redis_reply *found = NULL;
	struct body *copy = NULL;
	struct entry *first;
	struct call call;
	struct slice node;
	bool good = true;

	call_begin(&call, shard, "find_message");
	call_add(&call, id);
	if (!call_run(queue, shard, &call, &found, deadline_after_ms(CALL_LIMIT_MS)))
		return false;
	if (redis_reply_count(found) >= 3 && !is_in_memory(shard, found)) {
		first = unpack_found(queue, found, 0);
		if (first && !body_is_elsewhere(first->message->body, &node)) {
			copy = body_copy(
				first->message->body, deadline_after_ms(CALL_LIMIT_MS));
			good = copy && move_entries(queue, shard, found, copy);
		}
		entry_destroy(&first);
	}
	body_destroy(&copy);
	redis_reply_free(&found);
	return good;
}

static void finish_segment(struct queue *queue)
{
	struct compaction *compaction = &queue->compaction;

	spool_visited(queue->node->spool, compaction->segment);
	map_finish(&compaction->handled);
	compaction->active = false;
}

static bool visit_record(struct queue *queue)
{
	struct compaction *compaction = &queue->compaction;
	struct spool_record record;
	struct message_id id;
	struct slice text;
	struct shard *shard;

	if (!spool_visit(queue->node->spool, compaction->segment, &compaction->offset,
		    &record, deadline_after_ms(CALL_LIMIT_MS)))
		return false;
	text = slice_make(record.id, MESSAGE_ID_SIZE);
	if (!message_id_parse(text, &id) || map_find(&compaction->handled, text))
		return true;
	if (compaction->handled.count < HANDLED_MAX)
		map_set(&compaction->handled, text, queue);
	shard = message_id_shard(&id) < queue->shard_count
			? queue_shard(queue, message_id_shard(&id))
			: NULL;
	if (!shard || !shard_is_usable(queue, shard) || !shard->recovered)
		return true;
	return move_message(queue, shard, text);
}

bool compact_step(struct queue *queue)
{
	struct compaction *compaction = &queue->compaction;
	struct spool *spool = queue->node->spool;

	if (!spool)
		return false;
	if (!compaction->active) {
		if (worker_now_us() < compaction->next_us)
			return false;
		compaction->next_us = worker_now_us() + COMPACT_EVERY_US;
		if (!spool_pick(spool, COMPACT_PERCENT, &compaction->segment))
			return false;
		compaction->active = true;
		compaction->offset = 0;
	}
	for (size_t i = 0; i < STEP_RECORDS; i++) {
		if (!visit_record(queue)) {
			finish_segment(queue);
			return false;
		}
	}
	return true;
}
