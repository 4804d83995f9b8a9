/*
 * Batches to the stream: sent without waiting, kept until Redis has them, sent
 * again after an outage. Their order never changes.
 */
#include "events/events_core.h"

#include <string.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "events/packed.h"
#include "events/stream_size.h"

#define AGAIN_MS    500
#define ENTRIES_MAX "2000000" /* whatever else trims it */

static size_t bytes_of(const struct events_batch *batch)
{
	return offsetof(struct events_batch, bytes) + batch->size;
}

static void again_later(struct events *events)
{
	timer_start(&events->timer, deadline_after_ms(AGAIN_MS));
}

/* ---- Answers ---- */

struct mark {
	struct redis_request request;
};

static void marked(struct redis_request *request, const struct redis_reply *reply)
{
	memory_free(CONTAINER_OF(request, struct mark, request));
}

/* So that it is known how much lies behind which entry (stream_size.h). */
static void mark(struct events *events, struct slice id)
{
	struct slice argv[] = {SLICE("RPUSH"), SLICE(EVENTS_MARKS), id};
	struct mark *mark;

	if (events->unmarked < EVENTS_MARK_BYTES)
		return;
	mark = NEW(struct mark);
	mark->request.done = marked;
	if (redis_send(events->redis, ARRAY_COUNT(argv), argv, &mark->request))
		events->unmarked = 0;
	else
		memory_free(mark);
}

static void note_trouble(struct events *events, const struct redis_reply *reply)
{
	if (reply && !events->troubled) {
		redis_reply_fail(reply);
		event_note(EVENT_WARNING, "events_refused", "%s", failure_last()->text);
	}
	events->troubled = events->troubled || reply;
	/* A connection that comes back finds them in front of what the queue says
	 * next; only a Redis that refuses them is left alone for a while. */
	if (reply)
		events->again_us = worker_now_us() + AGAIN_MS * 1000;
	again_later(events);
}

static void kept(struct events *events, struct events_batch *batch, struct slice id)
{
	struct events_node *node = events->node;

	if (events->troubled)
		event_note(EVENT_INFO, "events_taken",
			"Redis takes events for applications again");
	events->troubled = false;
	atomic_fetch_add_explicit(&node->sent, batch->count, memory_order_relaxed);
	atomic_fetch_add_explicit(&node->batches, 1, memory_order_relaxed);
	atomic_fetch_sub_explicit(
		&events->bytes, bytes_of(batch), memory_order_relaxed);
	events->unmarked += batch->size;
	mark(events, id);
	list_remove(&batch->link);
	memory_free(batch);
}

/*
 * A batch that was refused, or whose connection broke, stays at its place in
 * the line. Those behind it may be in the stream already: they were raised
 * later, and what is sent again then comes late, but it comes.
 */
static void answered(struct redis_request *request, const struct redis_reply *reply)
{
	struct events_batch *batch = CONTAINER_OF(
		request, struct events_batch, request);
	struct events *events = batch->events;

	if (!events) {
		memory_free(batch);
		return;
	}
	batch->sent = false;
	if (reply && redis_reply_kind(reply) != REDIS_ERROR)
		kept(events, batch, redis_reply_text(reply));
	else
		note_trouble(events, reply);
	events_note_oldest(events);
	condition_broadcast(&events->answered);
}

/* ---- Sending ---- */

static bool send_batch(struct events *events, struct events_batch *batch)
{
	struct slice argv[] = {SLICE("XADD"), SLICE(EVENTS_STREAM), SLICE("MAXLEN"),
		SLICE("~"), SLICE(ENTRIES_MAX), SLICE("*"),
		batch->packed ? SLICE(EVENTS_PACKED) : SLICE(EVENTS_LINES),
		slice_make(batch->bytes, batch->size)};

	batch->request.done = answered;
	batch->sent = redis_send(
		events->redis, ARRAY_COUNT(argv), argv, &batch->request);
	return batch->sent;
}

/* What the open batch has joins the line, in memory of its size. */
static void close_open(struct events *events)
{
	struct events_batch *open = events->open, *batch;
	struct slice bytes = slice_make(open->bytes, open->size), packed = SLICE_EMPTY;

	if (events->packer)
		packed = packer_pack(events->packer, bytes);
	if (packed.size)
		bytes = packed;
	batch = memory_resize(NULL, offsetof(struct events_batch, bytes) + bytes.size);
	memcpy(batch, open, offsetof(struct events_batch, bytes));
	memcpy(batch->bytes, bytes.at, bytes.size);
	batch->packed = packed.size > 0;
	batch->size = bytes.size;
	open->count = open->filed_count = 0;
	open->size = open->filed = 0;
	list_append(&events->batches, &batch->link);
	atomic_fetch_add_explicit(
		&events->bytes, bytes_of(batch), memory_order_relaxed);
}

static bool has_open(const struct events *events)
{
	return events->open && events->open->count;
}

static bool is_full(const struct events *events)
{
	return has_open(events) && events->open->size >= EVENTS_BATCH_BYTES;
}

void events_stream_send(struct events *events)
{
	bool can = redis_is_up(events->redis) && worker_now_us() >= events->again_us;

	if (has_open(events) && (can || is_full(events))) {
		events_give_to_file(events);
		close_open(events);
	}
	LIST_EACH (&events->batches, link) {
		struct events_batch *batch = CONTAINER_OF(
			link, struct events_batch, link);

		if (batch->sent)
			continue;
		if (!can || !send_batch(events, batch)) {
			again_later(events);
			break;
		}
	}
	if (has_open(events) && !events->timer.heap_place)
		again_later(events);
	events_note_oldest(events);
}

void events_stream_orphan(struct events *events)
{
	struct link *link;

	while ((link = list_take(&events->batches))) {
		struct events_batch *batch = CONTAINER_OF(
			link, struct events_batch, link);

		if (batch->sent)
			batch->events = NULL;
		else
			memory_free(batch);
	}
}
