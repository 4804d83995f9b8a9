/* Raising events: a worker's lines in memory, and when they leave it. */
#include "events/events.h"

#include <string.h>

#include "base/encode.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "base/random.h"
#include "events/call.h"
#include "events/encode.h"
#include "events/events_core.h"
#include "events/packed.h"

#define AGAIN_MS	100
#define GATHER_MS	20
#define TELL_DROPPED_US 60000000

_Thread_local struct events *events_here;

/* What it was started for has gone along with something of the queue's, mostly: an
 * entry of its own costs Redis a flush of its disk, so what came later has its time. */
static void gathered(struct timer *timer)
{
	struct events *events = CONTAINER_OF(timer, struct events, timer);
	int64_t age_ms = GATHER_MS;

	if (list_is_empty(&events->batches) && events->open && events->open->count)
		age_ms = (worker_now_us() - events->open->first_us) / 1000;
	if (age_ms < GATHER_MS)
		timer_start(timer, deadline_after_ms(GATHER_MS - age_ms));
	else
		events_stream_send(events);
}

void events_give_to_file(struct events *events)
{
	struct events_batch *batch = events->open;

	if (!batch || !events->file)
		return;
	events_file_give(events->file,
		slice_make(batch->bytes + batch->filed, batch->size - batch->filed),
		batch->count - batch->filed_count);
	batch->filed = batch->size;
	batch->filed_count = batch->count;
	if (!events->stream) {
		batch->size = batch->filed = 0;
		batch->count = batch->filed_count = 0;
	}
}

/* What the turn brought goes to the file together. */
static void hand_to_file(struct turn_hook *hook)
{
	events_give_to_file(CONTAINER_OF(hook, struct events, hook));
}

static struct events_batch *open_batch(struct events *events)
{
	struct events_batch *batch = memory_resize(NULL, sizeof(*batch));

	batch->link = (struct link){0};
	batch->events = events;
	batch->sent = batch->packed = false;
	batch->count = batch->filed_count = 0;
	batch->size = batch->filed = 0;
	batch->first_us = worker_now_us();
	return batch;
}

void events_note_dropped(struct events *events, unsigned count)
{
	int64_t now_us = worker_now_us();

	events->dropped += count;
	atomic_fetch_add_explicit(&events->node->dropped, count, memory_order_relaxed);
	if (events->told_dropped_us &&
		now_us - events->told_dropped_us < TELL_DROPPED_US)
		return;
	events->told_dropped_us = now_us;
	event_note(EVENT_WARNING, "events_dropped",
		"%llu events for applications are lost: Redis does not take them, and "
		"%u MiB of them wait",
		(unsigned long long)events->dropped, EVENTS_MEMORY >> 20);
	events->dropped = 0;
}

void events_note_oldest(struct events *events)
{
	struct events_batch *first = LIST_FIRST(
		&events->batches, struct events_batch, link);

	if (!first && events->stream && events->open && events->open->count)
		first = events->open;
	atomic_store_explicit(
		&events->oldest_us, first ? first->first_us : 0, memory_order_relaxed);
}

/* Room for a line, or NULL. */
static struct events_batch *batch_with_room(struct events *events)
{
	if (events->open && events->open->size >= EVENTS_BATCH_BYTES) {
		events_give_to_file(events);
		if (events->stream)
			events_stream_send(events);
	}
	if (events->open && events->open->count)
		return events->open;
	if (atomic_load_explicit(&events->bytes, memory_order_relaxed) > EVENTS_MEMORY)
		return NULL;
	if (!events->open)
		events->open = open_batch(events);
	return events->open;
}

static struct slice id_of(struct events *events)
{
	uint64_t rest = atomic_load_explicit(&events->number, memory_order_relaxed);
	char *end = events->id + sizeof(events->id), *at = end;

	for (; rest; rest >>= 4)
		*--at = "0123456789abcdef"[rest & 15];
	at -= sizeof(events->prefix);
	memcpy(at, events->prefix, sizeof(events->prefix));
	return slice_make(at, (size_t)(end - at));
}

static struct slice time_of(struct events *events)
{
	int64_t now_ms = worker_wall_ms();

	if (events->at_ms != now_ms) {
		events->at_ms = now_ms;
		events->at_size = clock_format_iso(now_ms, events->at).size;
	}
	return slice_make(events->at, events->at_size);
}

void events_raise(const struct events_fact *fact)
{
	struct events *events = events_here;
	struct events_batch *batch;

	if (!events)
		return;
	atomic_store_explicit(&events->number,
		atomic_load_explicit(&events->number, memory_order_relaxed) + 1,
		memory_order_relaxed);
	batch = batch_with_room(events);
	if (!batch) {
		events_note_dropped(events, 1);
		return;
	}
	if (batch->count++ == 0) {
		batch->first_us = worker_now_us();
		if (events->stream && !events->timer.heap_place)
			timer_start(&events->timer, deadline_after_ms(GATHER_MS));
		if (events->stream && list_is_empty(&events->batches))
			events_note_oldest(events);
	}
	batch->size += events_encode(
		fact, id_of(events), time_of(events), batch->bytes + batch->size);
	if (events->file)
		worker_at_turn_end(&events->hook);
}

void events_send_all(void)
{
	struct events *events = events_here;

	if (events->stream && ((events->open && events->open->count) ||
				      !list_is_empty(&events->batches)))
		events_stream_send(events);
}

/* Lines that Redis does not have. */
static unsigned left_over(const struct events *events)
{
	unsigned count = events->stream && events->open ? events->open->count : 0;

	LIST_EACH (&events->batches, link)
		count += CONTAINER_OF(link, struct events_batch, link)->count;
	return count;
}

/* Over one connection all is answered in turn: what comes last stands for the rest. */
bool events_await(struct deadline deadline)
{
	struct events *events = events_here;
	struct slice argv[] = {SLICE("PING")};
	struct redis_reply *reply = NULL;
	bool good;

	if (!events || !events->stream || !left_over(events))
		return true;
	events_send_all();
	good = events_call(events->redis, ARRAY_COUNT(argv), argv, &reply, deadline);
	redis_reply_free(&reply);
	return good && !events->troubled;
}

/* ---- Opening and closing ---- */

bool events_configured(const struct config *config)
{
	return config->events.stream || config->events.file;
}

static void configure(struct events *events, const struct config *config)
{
	events->stream = config->events.stream;
	events->file = config->events.file ? events->node->file : NULL;
	if (!events->stream || !config->events.compress)
		packer_destroy(&events->packer);
	else if (!events->packer)
		events->packer = packer_create(EVENTS_BATCH_BYTES + EVENTS_LINE_MAX);
}

struct events *events_open(
	struct events_node *node, const struct config *config, struct redis *redis)
{
	struct events *events;
	char bytes[EVENTS_PREFIX_BYTES];

	if (!events_configured(config))
		return NULL;
	events = NEW(struct events);
	events->node = node;
	events->redis = redis;
	events->timer.run = gathered;
	events->hook.run = hand_to_file;
	list_init(&events->batches);
	condition_init(&events->answered);
	random_fill(bytes, sizeof(bytes));
	hex_encode(slice_make(bytes, sizeof(bytes)), events->prefix);
	events->prefix[2 * sizeof(bytes)] = '-';
	configure(events, config);
	pthread_mutex_lock(&node->lock);
	list_append(&node->workers, &events->link);
	pthread_mutex_unlock(&node->lock);
	events_here = events;
	return events;
}

/* What Redis is to have is no longer wanted, or nobody waits for it. */
static void let_go(struct events *events)
{
	timer_stop(&events->timer);
	list_remove(&events->hook.link);
	events_stream_orphan(events);
	memory_free(events->open);
	events->open = NULL;
	packer_destroy(&events->packer);
}

static void destroy(struct events **events)
{
	struct events *old = *events;

	*events = NULL;
	events_here = NULL;
	let_go(old);
	pthread_mutex_lock(&old->node->lock);
	list_remove(&old->link);
	atomic_fetch_add(&old->node->raised, atomic_load(&old->number));
	pthread_mutex_unlock(&old->node->lock);
	memory_free(old);
}

void events_close(struct events **events, struct deadline deadline)
{
	struct events *old = *events;

	if (!old)
		return;
	events_give_to_file(old);
	for (bool waits = true; waits && left_over(old);) {
		events_stream_send(old);
		waits = condition_wait(
				&old->answered, deadline_earlier(deadline,
							deadline_after_ms(AGAIN_MS))) ||
			!deadline_has_passed(deadline);
		waits = waits && !fiber_is_cancelled();
	}
	atomic_fetch_add(&old->node->dropped, left_over(old));
	destroy(events);
}

void events_reload(struct events **events, struct events_node *node,
	const struct config *config, struct redis *redis)
{
	if (!*events) {
		*events = events_open(node, config, redis);
		return;
	}
	events_give_to_file(*events);
	events_stream_send(*events);
	if (!events_configured(config)) {
		destroy(events);
		return;
	}
	configure(*events, config);
}
