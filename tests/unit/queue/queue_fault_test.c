/*
 * The queue when Redis breaks: frozen, killed, full, without its replica, not
 * fit to be used.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/failure.h"
#include "check.h"
#include "queue/queue_node.h"
#include "queue/queue_commit.h"
#include "queue/queue_parts.h"
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

static uint64_t abandoned(void)
{
	return queue_figures(place.queue).abandoned;
}

/* Whether nothing is on its way in, nor in memory. */
static uint64_t is_quiet(void)
{
	return queue_figures(place.queue).active == 0 &&
	       list_is_empty(&place.queue->arriving) && !place.queue->syncing &&
	       place.queue->stored_count == 0;
}

static uint64_t accepts(void)
{
	return queue_accepts(place.queue);
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
	CHECK(send("a@x.test", PATIENCE_MS));
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
	/* With a slow disk not even its body is written when it is given up. */
	for (int64_t ms = 500; ms < PATIENCE_MS && abandoned() == 0; ms *= 2) {
		kill(server.pid, SIGSTOP);
		CHECK(!send("a@x.test", ms));
		CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
		rest_ms(2500);
		kill(server.pid, SIGCONT);
		CHECK(eventually(is_quiet, true));
	}
	CHECK_NUMBER(abandoned(), 1);
	CHECK_NUMBER(entries(), 0);
	CHECK_NUMBER(place.ready_count, 0);
	CHECK_NUMBER(queue_figures(place.queue).active, 0);
	CHECK(send("b@x.test", PATIENCE_MS));
}

CASE("a commit given up in the dark is undone, and never relayed")
{
	with_place(given_up);
}

static void take_lost(void)
{
	place.wanted = 0;
	for (int i = 0; i < 20; i++)
		CHECK(send("a@x.test", PATIENCE_MS));
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
		CHECK(send("a@x.test b@y.test", PATIENCE_MS));
	CHECK(place_await(&place, 20));
	server_kill(&server);
	CHECK(settle_all());
	CHECK(eventually(accepts, false));
	rest_ms(300);
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
	uint64_t safe, refused, wanted;
};
static struct senders senders;

static bool are_safe(void *context)
{
	return senders.safe >= senders.wanted;
}

static void send_on(void *arg)
{
	while (!senders.stop) {
		if (send("a@x.test", PATIENCE_MS))
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
		senders.wanted = senders.safe + 50;
		CHECK(eventually_holds(are_safe, NULL));
		server_kill(&server);
		rest_ms(200);
		server_start(&server, NULL);
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

	CHECK(send("a@x.test", PATIENCE_MS));
	CHECK(place_await(&place, 1));
	server_ask(&server, "CONFIG SET maxmemory 1mb");
	CHECK(!send("b@x.test", PATIENCE_MS));
	snprintf(refused, sizeof(refused), "%s", failure_last()->text);
	CHECK(strstr(refused, "memory is full") != NULL);
	CHECK(!queue_accepts(place.queue) || !send("c@x.test", PATIENCE_MS));
	settle_all();
	CHECK(eventually(entries, 0));
	server_ask(&server, "CONFIG SET maxmemory 0");
	CHECK(eventually(accepts, true));
	CHECK(send("d@x.test", PATIENCE_MS));
}

CASE("memory of Redis full: refused with a word, settled all the same")
{
	with_place(full);
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
	CHECK(send("a@x.test b@y.test", PATIENCE_MS));
	CHECK(place_await(&place, 2));
	CHECK_NUMBER(bodies(), 1);
	queue_settle(place.queue, place_take(&place));
	CHECK(eventually(entries, 1));
	CHECK_NUMBER(bodies(), 1);
	queue_settle(place.queue, place_take(&place));
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(bodies(), 0);
	place.wanted = 0;
	CHECK(send("a@x.test b@y.test", PATIENCE_MS));
	CHECK(queue_act(place.queue, &(struct queue_wish){.action = QUEUE_DROP}, &all,
		&changed, deadline_after_ms(PATIENCE_MS)));
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

static bool one_safe, other_safe;

static void send_one(void *arg)
{
	*(bool *)arg = send("a@x.test", PATIENCE_MS);
}

static void arrived_now(struct list *jobs)
{
	LIST_EACH (jobs, link)
		CONTAINER_OF(link, struct job, link)->arrived_us = worker_now_us();
}

/* Committed while the leases are unusable: the bodies are written, the call
 * waits, for as long as it takes. */
static bool are_written(void *context)
{
	for (unsigned i = 0; i < QUEUE_STAGE_FIBERS; i++) {
		arrived_now(&place.queue->storing[i]);
		arrived_now(&place.queue->sending[i]);
	}
	arrived_now(&place.queue->arriving);
	arrived_now(&place.queue->stored);
	return bodies() == 2;
}

static bool one_is_safe(void *context)
{
	return one_safe || other_safe;
}

static void body_gone(void)
{
	place_close(&place);
	place_set(&place, &server, "c", false);
	CHECK(place_open(&place));
	CHECK(place_hold_leases(&place));
	for (unsigned i = 0; i < 8; i++)
		place.queue->shards[i].until_us = 0;
	CHECK(scope_spawn(&place.scope, "one", send_one, &one_safe));
	CHECK(scope_spawn(&place.scope, "other", send_one, &other_safe));
	CHECK(eventually_holds(are_written, NULL));
	server_ask(&server, "EVAL \"return redis.call('DEL', redis.call('KEYS', "
			    "'*:body:*')[1])\" 0");
	place_free_leases(&place);
	CHECK(place_await(&place, 1));
	CHECK(eventually_holds(one_is_safe, NULL));
	rest_ms(300);
	CHECK(one_safe != other_safe);
	CHECK_NUMBER(place.ready_count, 1);
	CHECK_NUMBER(entries(), 1);
}

CASE("a body gone from Redis before its commit: that message fails alone")
{
	with_place(body_gone);
}

static struct server replica;

static bool is_replicated(void *context)
{
	return strstr(server_ask(&server, "INFO replication"), "state=online") != NULL;
}

static void with_replica(void)
{
	char command[128];
	unsigned port = 0;

	/* Below what the kernel gives out; another test may have had the thought. */
	for (unsigned i = 0; i < 100; i++) {
		port = 10000 + ((unsigned)getpid() * 7 + i * 131) % 20000;
		snprintf(command, sizeof(command), "CONFIG SET port %u", port);
		if (strcmp(server_ask(&server, command), "OK") == 0)
			break;
	}
	snprintf(command, sizeof(command), "--replicaof 127.0.0.1 %u", port);
	server_start(&replica, command);
	CHECK(eventually_holds(is_replicated, NULL));
	place.node->replicas = 1;
	CHECK(send("a@x.test", PATIENCE_MS));
	CHECK(place_await(&place, 1));
	CHECK_NUMBER(server_sum(&replica, "HLEN", "entries", 8), 1);
	kill(replica.pid, SIGSTOP);
	CHECK(!send("b@x.test", 2500));
	kill(replica.pid, SIGCONT);
	CHECK(send("c@x.test", PATIENCE_MS));
	place.node->replicas = 0;
	server_finish(&replica);
	CHECK(eventually(entries, 2));
	CHECK_NUMBER(place.ready_count, 2);
}

CASE("queue.replicas: 250 waits for the replica")
{
	with_place(with_replica);
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
	server_ask(&server, "HSET rp:meta schema 3");
	CHECK(refused("upgrade ringpost"));
	server_ask(&server, "HSET rp:meta schema 1");
	server_ask(&server, "CONFIG SET appendfsync everysec");
	place.config.queue.require_durable = true;
	CHECK(refused("appendfsync is not always"));
	server_ask(&server, "CONFIG SET appendfsync always");
	server_ask(&server, "CONFIG SET maxmemory-policy allkeys-lru");
	CHECK(refused("noeviction"));
	server_ask(&server, "CONFIG SET maxmemory-policy noeviction");
	place.user = "ring";
	server_ask(&server, "ACL SETUSER ring on nopass '~*' '&*' +@all");
	server_ask(&server, "ACL SETUSER default -hset");
	CHECK(refused("user default off ~* &* +@all"));
	/* Where we may not ask we take it as it is. */
	server_ask(&server, "ACL SETUSER ring '-acl|dryrun'");
	CHECK(place_open(&place));
	place_close(&place);
	server_ask(&server, "ACL SETUSER ring '+acl|dryrun'");
	server_ask(&server, "ACL SETUSER default +hset");
	CHECK(place_open(&place));
}

CASE("start-up refuses a queue of another make, and says what to do")
{
	with_place(refusals);
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
