/* Connections: lost, too few, shared by workers, and what becomes of them at a stop. */
#include <sys/resource.h>

#include "check.h"
#include "relay_gate.h"

static const char *lose_reply(struct sink *sink, struct slice line)
{
	return slice_equal(line, SLICE(".")) && sink->connections == 1 ? "close" : NULL;
}

static void uncertain(void)
{
	world.sink.answer = lose_reply;
	world_open("  connections: 1\n", "");
	for (unsigned i = 0; i < 3; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_delivered, 3));
	CHECK_NUMBER(world_deferred(), 1);
	CHECK(world_said("\"uncertain\":true"));
	world_close();
}

CASE("a lost reply: uncertain, tried again, and only that message")
{
	with_world(uncertain);
}

static void few_connections(void)
{
	world_open("  connections_total: 2\n", "");
	for (unsigned i = 0; i < 4; i++) {
		world_send("a@one.test b@example.test", MESSAGE);
		world_send("a@[127.0.0.1] b@two.test", MESSAGE);
	}
	CHECK(eventually(world_delivered, 16));
	CHECK(world.sink.open + world.other.open <= 2);
	world_close();
}

CASE("connections_total: idle ones make room")
{
	with_world(few_connections);
}

static void two_workers(void)
{
	struct relay *second;

	world_open("  connections: 1\n", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	second = world_open_second();
	for (unsigned i = 0; i < 5; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 6));
	CHECK_NUMBER(world.sink.connections, 2);
	CHECK_NUMBER(relay_figures(world.relay).connections, 0);
	relay_drain(second, deadline_after_ms(1000));
	relay_close(&second);
	world_close();
}

CASE("a worker without a connection gets another's place")
{
	with_world(two_workers);
}

static void two_workers_in_all(void)
{
	struct relay *second;

	world_open("  connections_total: 1\n", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	second = world_open_second();
	world_send("b@example.test", MESSAGE);
	CHECK(eventually(world_taken_by_other, 1));
	relay_drain(second, deadline_after_ms(1000));
	relay_close(&second);
	world_close();
}

CASE("also where the total is the limit")
{
	with_world(two_workers_in_all);
}

static void reload(void)
{
	struct config *config;

	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	config = world_config("", ", messages_per_connection: 1");
	relay_reload(world.relay, config, NULL, NULL, world.tls);
	config_release(&config);
	world_send("a@one.test", MESSAGE);
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 3));
	CHECK_NUMBER(world.sink.connections, 3);
	world_close();
}

CASE("a new configuration")
{
	with_world(reload);
}

static const char *slow_greeting(struct sink *sink, struct slice line)
{
	if (line.size == 0)
		wait_at_gate();
	return NULL;
}

static bool is_short(void *context)
{
	return world_said("connect_short");
}

/* What is open stays open, but there is no new one. */
static void short_of_descriptors(void)
{
	struct rlimit before, few;

	world_open("", "");
	world_send("first@gone.test", MESSAGE); /* the spool has its segment now */
	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_NOFILE, &few);
	world_send("a@one.test", MESSAGE);
	world_send("b@example.test", MESSAGE);
	CHECK(eventually_holds(is_short, NULL));
	rest_ms(1500);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(eventually(world_taken, 1));
	CHECK(eventually(world_taken_by_other, 1));
	CHECK_NUMBER(world_events("connect_short"), 1);
	if (!CHECK_NUMBER(world_events("site_down"), 0))
		world_tell();
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("no descriptor to connect with: no site is to blame, and it is tried again soon")
{
	with_world(short_of_descriptors);
}

static void drain_opening(void)
{
	int64_t began_us;

	world.sink.answer = slow_greeting;
	world_open("", "");
	shut_gate();
	world_send("a@one.test", MESSAGE);
	CHECK(have_come(1));
	began_us = worker_now_us();
	relay_drain(world.relay, deadline_after_ms(PATIENCE_MS));
	fiber_yield(deadline_none());
	CHECK(worker_now_us() - began_us < 20000000);
	CHECK_NUMBER(world_in_hand(), 0);
	CHECK_NUMBER(world_deferred(), 0);
	CHECK_NUMBER(world_left(), 1);
	world_close();
}

CASE("stopping while a connection is being made")
{
	with_world(drain_opening);
}

static const char *slow_content(struct sink *sink, struct slice line)
{
	if (slice_equal(line, SLICE(".")))
		wait_at_gate();
	return NULL;
}

static void open_gate(void *arg)
{
	fiber_sleep(deadline_after_ms(300));
	gate_is_open = true;
}

static void drain_busy(void)
{
	world.sink.answer = slow_content;
	shut_gate();
	world_open("  connections: 2\n", "");
	for (unsigned i = 0; i < 6; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(have_come(2));
	CHECK(scope_spawn(&world.sink.scope, "gate", open_gate, NULL));
	relay_drain(world.relay, deadline_after_ms(PATIENCE_MS));
	CHECK(world_delivered() >= 2 && world_delivered() <= 4);
	CHECK_NUMBER(world_in_hand(), 0);
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("stopping while messages are on their way")
{
	with_world(drain_busy);
}

static const char *silent_content(struct sink *sink, struct slice line)
{
	if (slice_equal(line, SLICE(".")) || slice_starts(line, SLICE("MAIL")))
		wait_at_gate();
	return NULL;
}

static void drain_late(void)
{
	world.sink.answer = silent_content;
	shut_gate();
	world_open("  connections: 2\n", "");
	for (unsigned i = 0; i < 6; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(have_come(2));
	relay_drain(world.relay, deadline_after_ms(300));
	CHECK_NUMBER(world_in_hand(), 0);
	world_close();
}

CASE("stopping while a peer says nothing")
{
	with_world(drain_late);
}

int main(void)
{
	return world_main(check_run);
}
