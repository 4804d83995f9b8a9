/*
 * Entries in memory: known by key from before they are written until Redis has
 * confirmed how they left, so that nothing is taken twice; counted against
 * the worker's budget of entries and bytes.
 */
#include <assert.h>

#include "queue/queue_parts.h"

/* What of the body an entry answers for. */
static size_t body_share(const struct entry *entry)
{
	const struct message *message = entry->message;
	unsigned entries = message->entry_count ? message->entry_count : 1;

	return (message->arena.total + body_memory(message->body)) / entries;
}

static size_t own_memory(const struct entry *entry)
{
	return sizeof(*entry) + entry->arena.total;
}

/* What is urgent finds room where the rest has used up its own. */
bool active_has_room(const struct queue *queue, const struct entry *entry, bool urgent)
{
	size_t most = queue->active_bytes_max;

	if (urgent)
		most += most / 4;
	return queue->active < QUEUE_ACTIVE_MAX &&
	       queue->active_bytes + own_memory(entry) <= most;
}

static void set_memory(struct queue *queue, struct entry *entry, size_t memory)
{
	queue->active_bytes = queue->active_bytes - entry->marks.memory + memory;
	entry->marks.memory = memory;
}

void active_add(struct queue *queue, struct shard *shard, struct entry *entry)
{
	char text[32];

	assert(!entry->marks.known);
	map_set(&shard->active, entry_key(entry, text), entry);
	entry->marks.known = true;
	queue->active++;
	set_memory(queue, entry, own_memory(entry) + body_share(entry));
}

void active_remove(struct queue *queue, struct shard *shard, struct entry *entry)
{
	char text[32];
	struct slice key = entry_key(entry, text);

	if (!entry->marks.known)
		return;
	if (!entry->marks.lost) {
		void *removed = map_remove(&shard->active, key);

		assert(removed == entry);
	}
	entry->marks.known = false;
	queue->active--;
	set_memory(queue, entry, 0);
	if (queue->stalled && queue->active < QUEUE_ACTIVE_MAX / 4 * 3 &&
		queue->active_bytes < queue->active_bytes_max / 4 * 3) {
		queue->stalled = false;
		condition_signal(&queue->keep);
	}
}

void active_hand_over(struct queue *queue, struct entry *entry)
{
	if (queue->active_bytes > queue->active_bytes_max)
		body_let_go(entry->message->body);
	set_memory(queue, entry, own_memory(entry) + body_share(entry));
	if (queue->taker.ready) {
		queue->taker.ready(queue->taker.context, entry);
	} else { /* there was one when it was asked for */
		entry->due_ms = worker_wall_ms();
		settle_add(queue, entry, SETTLE_AS_IT_WAS);
	}
}

void active_count_new(struct queue *queue, struct shard *shard, struct slice key,
	const struct entry *entry)
{
	const struct message *message = entry->message;

	if (!shard->counted)
		map_set(&shard->seen, key, shard);
	body_count(queue->bodies, message->body, message->entry_count);
}

void active_count_met(struct queue *queue, struct shard *shard, struct slice key,
	const struct entry *entry)
{
	if (!shard->counted && !map_find(&shard->seen, key))
		active_count_new(queue, shard, key, entry);
}

/* Its key stays among those seen: a page on its way may still show it. */
void active_uncount_body(struct queue *queue, struct shard *shard, struct slice key,
	const struct entry *entry)
{
	const struct message *message = entry->message;

	if (shard->counted || map_find(&shard->seen, key))
		body_uncount(queue->bodies, message->body, message->entry_count);
}
