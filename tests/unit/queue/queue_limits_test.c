/*
 * The queue at its limits: memory, disk, leases in time, waiters that leave,
 * an end with Redis gone, segments emptied, several workers.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/failure.h"
#include "check.h"
#include "queue/queue_commit.h"
#include "queue/queue_core.h"
#include "world.h"

static struct server server;
static struct place place;

static void with_place(void (*body)(void))
{
	on_worker_with_place(&place, &server, body);
}

static uint64_t entries(void)
{
	return server_sum(&server, "HLEN", "entries", 8);
}

/* Leaves in failure_last() why not. */
static uint64_t accepts(void)
{
	return queue_accepts(place.queue);
}

static bool send_size(size_t size)
{
	char *content = calloc(1, size + 1);
	bool safe;

	memset(content, 'x', size);
	safe = place_send(&place, "a@x.test", slice_make(content, size), NULL,
		deadline_after_ms(PATIENCE_MS));
	free(content);
	return safe;
}

static void settle_all(void)
{
	struct entry *entry;

	while ((entry = place_take(&place)))
		queue_settle(place.queue, entry);
}

static uint64_t read_back(const struct entry *entry)
{
	struct body_reader reader;
	struct slice part;
	uint64_t size = 0;

	body_reader_open(&reader, entry->message->body);
	do {
		if (!CHECK(body_reader_next(
			    &reader, &part, deadline_after_ms(PATIENCE_MS))))
			break;
		size += part.size;
	} while (part.size);
	body_reader_close(&reader);
	return size;
}

static void bodies_let_go(void)
{
	size_t in_memory = 0;
	struct entry *entry;

	place.queue->active_bytes_max = 500000;
	for (int i = 0; i < 20; i++)
		CHECK(send_size(100000));
	CHECK(place_await(&place, 20));
	CHECK(queue_figures(place.queue).active_bytes < 700000);
	while ((entry = place_take(&place))) {
		struct slice parts[2];

		in_memory += body_in_memory(entry->message->body, parts);
		CHECK_NUMBER(read_back(entry), 100021);
		queue_settle(place.queue, entry);
	}
	CHECK(in_memory > 0 && in_memory < 20);
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(queue_figures(place.queue).active_bytes, 0);
}

CASE("beyond queue.memory_limit bodies are let go and read back")
{
	with_place(bodies_let_go);
}

static void no_room(void)
{
	place.queue->active_bytes_max = 50000;
	for (int i = 0; i < 200; i++)
		CHECK(send_size(10));
	CHECK(place.ready_count < 100);
	CHECK(place.ready_count > 0);
	CHECK_NUMBER(entries(), 200);
	place.settles = true;
	settle_all();
	for (int i = 0; i < 100 && place.ready_count < 200; i++) {
		place_wind(&place, PATIENCE_MS);
		rest_ms(20);
	}
	CHECK_NUMBER(place.ready_count, 200);
	CHECK(eventually(entries, 0));
}

CASE("where not even the entries have room they wait in Redis")
{
	with_place(no_room);
}

static void disk(void)
{
	place.node->free_space = UINT64_MAX;
	CHECK(eventually(accepts, false));
	CHECK(strstr(failure_last()->text, "disk space") != NULL);
	place.node->free_space = 0;
	CHECK(eventually(accepts, true));
}

CASE("below queue.free_space nothing is accepted, above it is again")
{
	with_place(disk);
}

static void memory(void)
{
	server_ask(&server, "CONFIG SET maxmemory 1mb");
	CHECK(eventually(accepts, false));
	CHECK(strstr(failure_last()->text, "memory is full") != NULL);
	server_ask(&server, "CONFIG SET maxmemory 0");
	CHECK(eventually(accepts, true));
}

CASE("near the maxmemory of Redis nothing is accepted")
{
	with_place(memory);
}

static void lapsed(void)
{
	CHECK(send_size(10));
	CHECK(place_await(&place, 1));
	CHECK(place_hold_leases(&place));
	for (unsigned i = 0; i < 8; i++)
		place.queue->shards[i].until_us = 0;
	CHECK(!queue_accepts(place.queue));
	settle_all();
	rest_ms(100);
	CHECK_NUMBER(entries(), 1); /* nothing is sent for it */
	place_free_leases(&place);
	CHECK(eventually(entries, 0));
	CHECK(eventually(accepts, true));
	CHECK(send_size(10));
	CHECK(place_await(&place, 2));
}

CASE("after a pause longer than the lease nothing is sent before it is renewed")
{
	with_place(lapsed);
}

/* Nothing of a commit is left in memory. */
static uint64_t is_quiet(void)
{
	return queue_figures(place.queue).active == 0;
}

static bool left_with;
static enum failure_kind left_why;

static void send_and_leave(void *arg)
{
	left_with = send_size(10);
	left_why = failure_kind_last();
}

static void cancelled(void)
{
	struct scope scope;

	scope_init(&scope);
	kill(server.pid, SIGSTOP);
	CHECK(scope_spawn(&scope, "session", send_and_leave, NULL));
	rest_ms(300);
	scope_cancel(&scope);
	CHECK(scope_join(&scope, deadline_after_ms(PATIENCE_MS)));
	CHECK(!left_with);
	CHECK_NUMBER(left_why, FAILURE_CANCELLED);
	kill(server.pid, SIGCONT);
	CHECK(eventually(is_quiet, true));
	CHECK_NUMBER(entries(), 0);
	CHECK_NUMBER(place.ready_count, 0);
}

CASE("a session cancelled in its commit: what was written is undone")
{
	with_place(cancelled);
}

static void slow_disk(void)
{
	struct scope scope;
	struct job *job;

	scope_init(&scope);
	CHECK(scope_spawn(&scope, "session", send_and_leave, NULL));
	while (!place.queue->syncing)
		fiber_yield(deadline_none());
	job = LIST_FIRST(&place.queue->storing[list_is_empty(place.queue->storing)],
		struct job, link);
	job->arrived_us -= 10000000; /* as if the write took that long */
	CHECK(scope_join(&scope, deadline_after_ms(PATIENCE_MS)));
	CHECK(left_with);
}

CASE("a body that took long to write is not refused for it")
{
	with_place(slow_disk);
}

static void end_without_redis(void)
{
	int64_t start_us;

	CHECK(send_size(10));
	CHECK(place_await(&place, 1));
	server_kill(&server);
	settle_all();
	rest_ms(1);
	start_us = worker_now_us();
	queue_close(&place.queue, deadline_after_ms(500));
	rest_ms(1);
	CHECK(worker_now_us() - start_us < 20000000);
	place_close(&place);
	server_start(&server, NULL);
	place_set(&place, &server, "a", true);
	CHECK(place_open(&place));
	CHECK(place_await(&place, 1)); /* its settlement was never heard */
}

CASE("closing with Redis gone ends in time; the entry comes again")
{
	with_place(end_without_redis);
}

static void compacted(void)
{
	struct spool *spool = queue_node_spool(place.node);
	uint64_t before;

	place_close(&place);
	place_set(&place, &server, "compact", true);
	place.config.queue.segment_size = 4u << 20;
	CHECK(place_open(&place));
	spool = queue_node_spool(place.node);
	for (int i = 0; i < 400; i++)
		CHECK(send_size(50000));
	CHECK(place_await(&place, 400));
	before = spool_figures(spool).segments;
	CHECK(before >= 5);
	for (unsigned i = 0; i < 400; i++) {
		struct entry *entry = place_take(&place);

		if (i % 40 == 0)
			queue_defer(place.queue, entry, worker_wall_ms() + 3600000);
		else
			queue_settle(place.queue, entry);
	}
	CHECK(eventually(entries, 10));
	for (int i = 0; i < 1200 && spool_figures(spool).segments > 2; i++) {
		place.queue->compaction.next_us = 0;
		place_wind(&place, 0);
		rest_ms(50);
	}
	CHECK(spool_figures(spool).segments <= 2);
	place_wind(&place, 3600000);
	CHECK(place_await(&place, 410));
	for (unsigned i = 0; i < 10; i++) {
		struct entry *entry = place_take(&place);

		CHECK_NUMBER(read_back(entry), 50021);
		queue_settle(place.queue, entry);
	}
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(spool_figures(spool).bytes_alive, 0);
}

CASE("segments of which little lives are emptied, and the mail is still there")
{
	with_place(compacted);
}

/* ---- Two workers of one process ---- */

struct two {
	struct queue_node *node;
	struct config *config;
	pthread_barrier_t ready;
	uint64_t shards[2], safe[2];
};
static struct two two;

static size_t want_all(void *context, struct slice domain, struct slice flow,
	struct taker_room *room_r)
{
	return 1000000;
}

static void settle_it(void *context, struct entry *entry)
{
	queue_settle(*(struct queue **)context, entry);
}

static bool has_half(void *context)
{
	return queue_accepts(context) && queue_figures(context).shards == 4;
}

static void be_worker(void *arg)
{
	unsigned index = worker_index();
	struct redis_options options = {.address = two.config->queue.redis,
		.timeout_ms = 5000,
		.prepare = queue_prepare,
		.context = two.node};
	struct place mine = {.node = two.node};
	struct queue_taker taker = {want_all, settle_it, &mine.queue};

	scope_init(&mine.scope);
	mine.redis = redis_open(&options, &mine.scope);
	mine.queue = queue_open(two.node, two.config, mine.redis);
	queue_set_taker(mine.queue, &taker);
	CHECK(eventually_holds(has_half, mine.queue));
	for (int i = 0; i < 200; i++)
		two.safe[index] += place_send(&mine, "a@x.test", SLICE("x\r\n"), NULL,
			deadline_after_ms(PATIENCE_MS));
	two.shards[index] = queue_figures(mine.queue).shards;
	while (queue_figures(mine.queue).active)
		rest_ms(5);
	queue_close(&mine.queue, deadline_after_ms(PATIENCE_MS));
	redis_close(&mine.redis);
	scope_finish(&mine.scope, deadline_after_ms(0));
}

static void *run_worker(void *arg)
{
	struct worker_options options = {.index = *(unsigned *)arg};
	struct worker *worker = worker_create(&options);

	worker_run(worker, be_worker, NULL);
	worker_destroy(&worker);
	return NULL;
}

CASE("two workers of a node: each its shards, one spool")
{
	unsigned indexes[2] = {0, 1};
	pthread_t threads[2];

	server_ask(&server, "FLUSHALL");
	place_set(&place, &server, "two", true);
	two.config = &place.config;
	two.node = queue_node_open(two.config, 2);
	CHECK(two.node != NULL);
	for (unsigned i = 0; i < 2; i++)
		CHECK(!pthread_create(&threads[i], NULL, run_worker, &indexes[i]));
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	queue_node_close(&two.node);
	CHECK_NUMBER(two.safe[0], 200);
	CHECK_NUMBER(two.safe[1], 200);
	CHECK_NUMBER(two.shards[0], 4);
	CHECK_NUMBER(two.shards[1], 4);
	CHECK_NUMBER(entries(), 0);
}

CASE("more workers than shards is refused")
{
	place_set(&place, &server, "many", true);
	CHECK(!queue_node_open(&place.config, 9));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CONFIG);
}

int main(void)
{
	int result;

	place_timeout_ms = 2000; /* servers are frozen here */
	offload_start(2, 64);
	server_start(&server, NULL);
	result = check_run();
	server_finish(&server);
	offload_stop();
	return result;
}
