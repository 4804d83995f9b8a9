/*
 * The queue when things break: Redis frozen, killed, full; the process killed;
 * the lease another's.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/map.h"
#include "check.h"
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

static bool send(const char *addresses, int64_t limit_ms)
{
	return place_send(&place, addresses, SLICE("hello\r\n"), NULL,
		deadline_after_ms(limit_ms));
}

static bool settle_all(void)
{
	struct entry *entry;
	bool any = false;

	while ((entry = place_take(&place))) {
		queue_settle(place.queue, entry);
		any = true;
	}
	return any;
}

/* ---- Outcomes nobody knows ---- */

static void wake_server(void *arg)
{
	fiber_sleep(deadline_after_ms(3000)); /* place's timeout is 2 s */
	kill(server.pid, SIGCONT);
}

static void frozen(void)
{
	kill(server.pid, SIGSTOP);
	CHECK(scope_spawn(&place.scope, "wake", wake_server, NULL));
	CHECK(send("a@x.test", 20000));
	CHECK(place_await(&place, 1));
	rest_ms(300);
	CHECK_NUMBER(entries(), 1);
	CHECK_NUMBER(place.ready_count, 1);
	CHECK(settle_all());
	CHECK(eventually(entries, 0));
}

CASE("Redis frozen in a commit: asked again until it is known, written once")
{
	with_place(frozen);
}

static void given_up(void)
{
	kill(server.pid, SIGSTOP);
	CHECK(!send("a@x.test", 500));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	rest_ms(2500);
	kill(server.pid, SIGCONT);
	for (int i = 0; i < 100 && queue_figures(place.queue).abandoned == 0; i++)
		rest_ms(50);
	CHECK_NUMBER(queue_figures(place.queue).abandoned, 1);
	CHECK_NUMBER(entries(), 0);
	CHECK_NUMBER(place.ready_count, 0);
	CHECK_NUMBER(queue_figures(place.queue).active, 0);
	CHECK(send("b@x.test", 5000));
}

CASE("a commit given up in the dark is undone, and never relayed")
{
	with_place(given_up);
}

static void take_lost(void)
{
	place.wanted = 0;
	for (int i = 0; i < 20; i++)
		CHECK(send("a@x.test", 5000));
	kill(server.pid, SIGSTOP);
	place.wanted = 100;
	queue_want(place.queue, SLICE("x.test"));
	rest_ms(2500);
	kill(server.pid, SIGCONT);
	CHECK(place_await(&place, 20));
	rest_ms(300);
	CHECK_NUMBER(place.ready_count, 20);
	CHECK_NUMBER(entries(), 20);
}

CASE("a take whose answer is lost is found again")
{
	with_place(take_lost);
}

/* ---- Redis killed ---- */

static void settle_while_down(void)
{
	for (int i = 0; i < 10; i++)
		CHECK(send("a@x.test b@y.test", 5000));
	CHECK(place_await(&place, 20));
	server_kill(&server);
	CHECK(settle_all());
	rest_ms(300);
	CHECK(!queue_accepts(place.queue));
	CHECK_NUMBER(queue_figures(place.queue).active, 20);
	server_start(&server, NULL);
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(queue_figures(place.queue).active, 0);
}

CASE("settlements outlive an outage of Redis")
{
	with_place(settle_while_down);
}

struct senders {
	bool stop;
	unsigned running;
	uint64_t safe, refused;
};
static struct senders senders;

static void send_on(void *arg)
{
	while (!senders.stop) {
		if (send("a@x.test", 10000))
			senders.safe++;
		else
			senders.refused++;
	}
	senders.running--;
}

static void killed_under_load(void)
{
	senders = (struct senders){.running = 50};
	place.settles = true;
	for (unsigned i = 0; i < 50; i++)
		CHECK(scope_spawn(&place.scope, "sender", send_on, NULL));
	for (int round = 0; round < 3; round++) {
		rest_ms(300);
		server_kill(&server);
		rest_ms(200);
		server_start(&server, NULL);
		rest_ms(500);
	}
	senders.stop = true;
	while (senders.running)
		rest_ms(20);
	CHECK(senders.safe > 100);
	CHECK(place_await(&place, senders.safe));
	rest_ms(500);
	CHECK_NUMBER(place.ready_count, senders.safe);
	CHECK(eventually(entries, 0));
}

CASE("Redis killed three times under load: safe means there, once")
{
	with_place(killed_under_load);
}

static void full(void)
{
	char refused[248];

	CHECK(send("a@x.test", 5000));
	CHECK(place_await(&place, 1));
	server_ask(&server, "CONFIG SET maxmemory 1mb");
	CHECK(!send("b@x.test", 5000));
	snprintf(refused, sizeof(refused), "%s", failure_last()->text);
	CHECK(strstr(refused, "memory is full") != NULL);
	CHECK(!queue_accepts(place.queue) || !send("c@x.test", 5000));
	settle_all();
	CHECK(eventually(entries, 0));
	server_ask(&server, "CONFIG SET maxmemory 0");
	for (int i = 0; i < 100 && !queue_accepts(place.queue); i++)
		rest_ms(50);
	CHECK(send("d@x.test", 5000));
}

CASE("memory of Redis full: refused with a word, settled all the same")
{
	with_place(full);
}

/* ---- Leases ---- */

static void overtaken(void)
{
	struct shard *shards = place.queue->shards;
	struct message_id id;
	struct entry *entry;
	char command[128];
	unsigned index;

	CHECK(place_send(
		&place, "a@x.test", SLICE("1\r\n"), &id, deadline_after_ms(5000)));
	CHECK(place_await(&place, 1));
	index = message_id_shard(&id);
	snprintf(command, sizeof(command),
		"HSET '{rp:%02u}:lease' epoch 1000 owner other/x/0 until "
		"99999999999999",
		index);
	server_ask(&server, command);
	place.queue->current = index;
	place.queue->current_until_us = INT64_MAX;
	CHECK(!send("b@x.test", 5000));
	CHECK(!shards[index].owned);
	entry = place_take(&place);
	CHECK(entry->marks.lost);
	queue_settle(place.queue, entry);
	rest_ms(200);
	CHECK_NUMBER(entries(), 1); /* the other's now */
	CHECK_NUMBER(queue_figures(place.queue).active, 0);
	CHECK_NUMBER(queue_figures(place.queue).shards, 7);
	CHECK(send("c@x.test", 5000)); /* in another shard */
	snprintf(command, sizeof(command), "HSET '{rp:%02u}:lease' until 1", index);
	server_ask(&server, command);
	condition_broadcast(&place.queue->lease_now);
	CHECK(place_await(&place, 3)); /* recovered */
	CHECK(shards[index].epoch == 1001);
}

CASE("a shard another has taken: refused by its epoch, found again when it is free")
{
	with_place(overtaken);
}

static void poke(struct place *one, struct place *other)
{
	condition_broadcast(&one->queue->lease_now);
	condition_broadcast(&other->queue->lease_now);
	rest_ms(200);
}

static void two_nodes(void)
{
	struct place other;
	unsigned both = 0, before;

	place_set(&other, &server, "b", true);
	CHECK(send("a@x.test", 5000));
	CHECK(place_await(&place, 1));
	for (int i = 0; i < 8; i++)
		poke(&place, &place);
	CHECK_NUMBER(queue_figures(place.queue).shards, 8);
	other.node = NULL;
	CHECK(place_start(&other));
	for (int i = 0; i < 6; i++)
		poke(&place, &other);
	for (unsigned i = 0; i < 8; i++)
		both += place.queue->shards[i].owned && other.queue->shards[i].owned;
	CHECK_NUMBER(both, 0);
	settle_all();
	for (int i = 0; i < 6; i++)
		poke(&place, &other);
	before = (unsigned)queue_figures(place.queue).shards;
	CHECK(before < 8);
	CHECK_NUMBER(queue_figures(other.queue).shards, 8 - before);
	place_close(&other);
	for (int i = 0; i < 4; i++)
		poke(&place, &place);
	CHECK_NUMBER(queue_figures(place.queue).shards, 8);
}

CASE("two nodes share the shards, and one gets all when the other leaves")
{
	with_place(two_nodes);
}

/* ---- The process killed ---- */

static void commit_and_stay(void *arg)
{
	unsigned sent = 0;

	place_set(&place, &server, "a", true);
	if (!place_open(&place))
		_exit(1);
	for (int i = 0; i < 50; i++)
		sent += send("a@x.test b@y.test", 5000);
	printf("%u\n", sent);
	fflush(stdout);
	for (;;)
		rest_ms(1000);
}

/* This program again, as the process that dies. */
static int be_child(const char *directory)
{
	struct worker *worker;

	snprintf(server.directory, sizeof(server.directory), "%s", directory);
	snprintf(server.address, sizeof(server.address), "unix:%s/redis.sock",
		directory);
	offload_start(2, 64);
	worker = worker_create(&(struct worker_options){0});
	worker_run(worker, commit_and_stay, NULL);
	return 0;
}

static unsigned run_child_and_kill_it(void)
{
	int pipes[2];
	char text[16] = {0};
	pid_t child;

	if (pipe(pipes) != 0)
		return 0;
	child = fork();
	if (child == 0) {
		dup2(pipes[1], 1);
		execl("/proc/self/exe", "queue_fault_test", server.directory, NULL);
		_exit(1);
	}
	close(pipes[1]);
	CHECK(read(pipes[0], text, sizeof(text) - 1) > 0);
	close(pipes[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return (unsigned)atoi(text);
}

static void recovered(void)
{
	struct map seen = {0};
	struct entry *entry;

	CHECK(place_await(&place, 100));
	rest_ms(500);
	CHECK_NUMBER(place.ready_count, 100);
	while ((entry = place_take(&place))) {
		char text[32];
		struct body_reader reader;
		struct slice part;

		CHECK(!map_set(&seen, entry_key(entry, text), entry));
		body_reader_open(&reader, entry->message->body);
		CHECK(body_reader_next(&reader, &part, deadline_after_ms(5000)));
		CHECK_SLICE(part, "Received: from test\r\nhello\r\n");
		body_reader_close(&reader);
		queue_settle(place.queue, entry);
	}
	map_finish(&seen);
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(spool_figures(queue_node_spool(place.node)).bytes_alive, 0);
}

CASE("kill -9 with 100 entries in memory: the next process has them all, once")
{
	server_ask(&server, "FLUSHALL");
	CHECK_NUMBER(run_child_and_kill_it(), 50);
	with_place_as_it_is(&place, &server, recovered);
}

/* ---- Bodies in Redis, replicas, refusals ---- */

static uint64_t bodies(void)
{
	return strtoull(server_ask(&server, "EVAL \"return #redis.call('KEYS', "
					    "'*:body:*')\" 0"),
		NULL, 10);
}

static void bodies_in_redis(void)
{
	struct queue_selector all = {0};
	uint64_t changed;

	place_close(&place);
	place_set(&place, &server, "c", false);
	CHECK(place_open(&place));
	CHECK(send("a@x.test b@y.test", 5000));
	CHECK(place_await(&place, 2));
	CHECK_NUMBER(bodies(), 1);
	queue_settle(place.queue, place_take(&place));
	CHECK(eventually(entries, 1));
	CHECK_NUMBER(bodies(), 1);
	queue_settle(place.queue, place_take(&place));
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(bodies(), 0);
	place.wanted = 0;
	CHECK(send("a@x.test b@y.test", 5000));
	CHECK(queue_act(
		place.queue, QUEUE_DROP, &all, &changed, deadline_after_ms(5000)));
	CHECK_NUMBER(changed, 2);
	CHECK_NUMBER(bodies(), 0);
}

CASE("bodies in Redis go with the last entry")
{
	with_place(bodies_in_redis);
}

static void no_replica(void)
{
	place.node->replicas = 1;
	CHECK(!send("a@x.test", 1500));
	place.node->replicas = 0;
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(place.ready_count, 0);
}

CASE("queue.replicas without a replica: nothing is accepted, nothing stays")
{
	with_place(no_replica);
}

static bool refused(const char *why)
{
	const char *text;
	bool opened = place_open(&place);

	text = queue_node_refusal(place.node);
	CHECK(!opened);
	if (!CHECK(text && strstr(text, why)))
		fprintf(stderr, "refusal: %s\n", text ? text : "none");
	place_close(&place);
	return !opened;
}

static void refusals(void)
{
	place_close(&place);
	place_set(&place, &server, "a", true);
	place.config.queue.shards = 16;
	CHECK(refused("set queue.shards: 8"));
	place.config.queue.shards = 8;
	server_ask(&server, "HSET rp:meta schema 2");
	CHECK(refused("upgrade ringpost"));
	server_ask(&server, "HSET rp:meta schema 1");
	server_ask(&server, "CONFIG SET appendfsync everysec");
	place.config.queue.require_durable = true;
	CHECK(refused("appendfsync is not always"));
	server_ask(&server, "CONFIG SET appendfsync always");
	server_ask(&server, "CONFIG SET maxmemory-policy allkeys-lru");
	CHECK(refused("noeviction"));
	server_ask(&server, "CONFIG SET maxmemory-policy noeviction");
	CHECK(place_open(&place));
}

CASE("start-up refuses a queue of another make, and says what to do")
{
	with_place(refusals);
}

int main(int argc, char **argv)
{
	int result;

	if (argc > 1)
		return be_child(argv[1]);
	offload_start(2, 64);
	server_start(&server, NULL);
	result = check_run();
	server_finish(&server);
	offload_stop();
	return result;
}
