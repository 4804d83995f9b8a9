/*
 * A connection to Redis. Requests of one turn are gathered and sent at its end;
 * replies come in the order of the requests, so each belongs to the oldest.
 *
 * DONE of a request may do anything but suspend, also send again and close the
 * whole Redis; so nothing here is held across it.
 */
#include "io/redis_link.h"

#include <assert.h>

#include "base/memory.h"
#include "metrics/timing.h"
#include "run/worker.h"

#define PENDING_MIN    64
#define READ_MAX       (256u << 10)
#define GRACE_US       10000 /* for replies that came while we did not run */
#define PIECES_AT_ONCE 8

static void start_writer(struct turn_hook *hook);
static void check_oldest(struct timer *timer);
static void run_reader(void *arg);
static void run_writer(void *arg);

bool redis_link_open(struct redis_link *link, struct stream **stream)
{
	link->stream = *stream;
	*stream = NULL;
	scope_init(&link->scope);
	redis_outbox_init(&link->outbox);
	condition_init(&link->work);
	condition_init(&link->broke);
	link->hook.run = start_writer;
	link->timer.run = check_oldest;
	link->capacity = PENDING_MIN;
	link->pending = memory_allocate_array(link->capacity, sizeof(*link->pending));
	link->reader = resp_reader_create();
	if (link->reader &&
		scope_spawn(&link->scope, "redis reader", run_reader, link) &&
		scope_spawn(&link->scope, "redis writer", run_writer, link))
		return true;
	redis_link_close(link, deadline_none());
	return false;
}

void redis_link_close(struct redis_link *link, struct deadline deadline)
{
	struct failure why = *failure_last();

	if (!link->broken) {
		if (why.kind == FAILURE_NONE)
			fail(FAILURE_CANCELLED, "closed");
		redis_link_break(link);
	}
	scope_finish(&link->scope, deadline_earlier(deadline, deadline_after_ms(0)));
	stream_close(&link->stream);
	resp_reader_destroy(&link->reader);
	redis_outbox_finish(&link->outbox);
	memory_free(link->pending);
	link->pending = NULL;
	fail_again(&why);
}

static struct redis_pending *pending_at(struct redis_link *link, uint64_t number)
{
	return &link->pending[number & (link->capacity - 1)];
}

/* REPLY, NULL when the link broke, is freed or handed on. */
static void answer(struct redis_pending who, struct redis_reply *reply, bool unsent)
{
	if (who.waiter) {
		who.waiter->reply = reply;
		who.waiter->unsent = unsent;
		who.waiter->done = true;
		condition_signal(&who.waiter->answered);
		return;
	}
	if (who.request)
		who.request->done(who.request, reply);
	redis_reply_free(&reply);
}

void redis_link_break(struct redis_link *link)
{
	assert(failure_kind_last() != FAILURE_NONE);
	if (link->broken)
		return;
	link->broken = true;
	link->failure = *failure_last();
	if (link->failure.kind == FAILURE_CLOSED)
		link->failure.kind = FAILURE_NETWORK;
	timer_stop(&link->timer);
	list_remove(&link->hook.link);
	link->broke_now(link->redis);
	condition_signal(&link->broke);
	while (link->first < link->next) {
		struct redis_pending who = *pending_at(link, link->first);
		bool unsent = link->first >= link->handed;

		link->first++;
		answer(who, NULL, unsent);
	}
	fail_again(&link->failure);
}

/* ---- Requests ---- */

static bool grow(struct redis_link *link)
{
	size_t capacity = link->capacity * 2;
	struct redis_pending *larger;

	if (capacity > REDIS_PENDING_MAX)
		return fail(FAILURE_STORE, "more than %u requests wait for Redis",
			REDIS_PENDING_MAX);
	larger = memory_allocate_array(capacity, sizeof(*larger));
	for (uint64_t number = link->first; number < link->next; number++)
		larger[number & (capacity - 1)] = *pending_at(link, number);
	memory_free(link->pending);
	link->pending = larger;
	link->capacity = capacity;
	return true;
}

bool redis_link_send(struct redis_link *link, size_t count, const struct slice *argv,
	struct redis_pending who)
{
	struct slice command;

	if (link->next - link->first == link->capacity && !grow(link))
		return false;
	command = resp_format(count, argv);
	if (!redis_outbox_put(&link->outbox, &command))
		return false;
	who.at_us = worker_now_us();
	if (who.waiter)
		who.waiter->number = link->next;
	*pending_at(link, link->next++) = who;
	worker_at_turn_end(&link->hook);
	if (!link->timer.heap_place)
		timer_start(
			&link->timer, (struct deadline){who.at_us + link->timeout_us});
	link->figures->calls++;
	return true;
}

void redis_link_leave(struct redis_link *link, struct redis_waiter *waiter)
{
	struct redis_pending *who = pending_at(link, waiter->number);

	assert(waiter->number >= link->first && who->waiter == waiter);
	who->waiter = NULL;
}

static void start_writer(struct turn_hook *hook)
{
	condition_signal(&CONTAINER_OF(hook, struct redis_link, hook)->work);
}

/*
 * The timer runs for some request, not always the oldest: it is set again
 * rather than at every request. What has arrived while this process was
 * stopped gets a chance to be read.
 */
static void check_oldest(struct timer *timer)
{
	struct redis_link *link = CONTAINER_OF(timer, struct redis_link, timer);
	int64_t due_us;

	if (link->first == link->next)
		return;
	due_us = pending_at(link, link->first)->at_us + link->timeout_us;
	if (due_us > worker_now_us()) {
		timer_start(timer, (struct deadline){due_us});
	} else if (!link->overdue) {
		link->overdue = true;
		timer_start(timer, (struct deadline){worker_now_us() + GRACE_US});
	} else {
		fail(FAILURE_TIMEOUT, "no reply for %lld ms",
			(long long)link->timeout_us / 1000);
		redis_link_break(link);
	}
}

/* ---- Its two fibers ---- */

static bool send_pieces(struct redis_link *link)
{
	struct redis_piece *pieces[PIECES_AT_ONCE];
	struct slice bytes[PIECES_AT_ONCE];
	size_t count = 0;
	bool sent;

	while (count < PIECES_AT_ONCE &&
		(pieces[count] = redis_outbox_take(&link->outbox))) {
		bytes[count] = redis_piece_bytes(pieces[count]);
		count++;
	}
	if (!count)
		return false;
	/* More than these pieces hold, when there are more pieces. */
	link->handed = link->next;
	link->figures->sends++;
	sent = stream_send(link->stream, bytes, count, deadline_none());
	for (size_t i = 0; i < count; i++)
		redis_outbox_give_back(&link->outbox, pieces[i]);
	if (!sent)
		redis_link_break(link);
	return sent;
}

static void run_writer(void *arg)
{
	struct redis_link *link = arg;

	while (!link->broken) {
		if (!send_pieces(link) && !link->broken &&
			!condition_wait(&link->work, deadline_none()))
			return;
	}
}

static bool deliver(struct redis_link *link, struct redis_reply *reply)
{
	struct redis_pending who;
	int64_t now_us = worker_now_us();

	if (link->first == link->next) {
		fail(FAILURE_PROTOCOL, "a reply nobody asked for: %.*s",
			SLICE_PRINT(redis_reply_text(reply)));
		redis_reply_free(&reply);
		return false;
	}
	who = *pending_at(link, link->first++);
	link->overdue = false;
	pace_note(link->pace, now_us, now_us - who.at_us);
	timing_record(TIMING_REDIS, now_us - who.at_us);
	if (redis_reply_kind(reply) == REDIS_ERROR)
		link->figures->errors++;
	answer(who, reply, false);
	return !link->broken;
}

static bool read_replies(struct redis_link *link)
{
	struct redis_reply *reply;
	struct slice bytes;
	int got;

	if (!stream_read(link->stream, READ_MAX, &bytes, deadline_none()) ||
		!resp_reader_feed(link->reader, bytes))
		return false;
	while ((got = resp_reader_next(link->reader, &reply)) > 0) {
		if (!deliver(link, reply))
			return false;
	}
	return got == 0;
}

static void run_reader(void *arg)
{
	struct redis_link *link = arg;

	while (!link->broken && read_replies(link))
		continue;
	if (!link->broken)
		redis_link_break(link);
}
