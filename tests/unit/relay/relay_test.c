/*
 * The relay on a real queue (its own redis-server and spool) against servers in
 * the same worker: from the commit to the settlement, with everything that can
 * be answered in between.
 */
#include "base/memory.h"
#include "check.h"
#include "relay_world.h"

static void deliver_one(void)
{
	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	CHECK_SLICE(
		buffer_contents(&world.sink.last), "Received: from test\r\n" MESSAGE);
	CHECK(sink_heard(&world.sink, "MAIL FROM:<sender@example.test> SIZE="));
	CHECK(sink_heard(&world.sink, "RCPT TO:<a@one.test>"));
	CHECK(eventually(world_in_hand, 0));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("a message goes its way")
{
	with_world(deliver_one);
}

static void deliver_many(void)
{
	world_open("  connections: 1\n", "");
	for (int i = 0; i < 60; i++)
		world_send(i % 2 ? "a@one.test" : "b@two.test c@three.test", MESSAGE);
	CHECK(eventually(world_taken, 90));
	CHECK_NUMBER(world.sink.connections, 1);
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("many messages over one connection")
{
	with_world(deliver_many);
}

static void deliver_chunked(void)
{
	world.sink.extensions = PIPELINING "\nCHUNKING";
	world_open("", "");
	for (int i = 0; i < 20; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 20));
	CHECK_SLICE(
		buffer_contents(&world.sink.last), "Received: from test\r\n" MESSAGE);
	CHECK(sink_heard(&world.sink, "BDAT"));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("with CHUNKING")
{
	with_world(deliver_chunked);
}

static void deliver_simply(void)
{
	world.sink.extensions = NULL;
	world_open("", "");
	world_send("a@one.test b@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	CHECK_NUMBER(world.sink.recipients, 2);
	CHECK(sink_heard(&world.sink, "HELO mail.here.test"));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("to a server that knows HELO only")
{
	with_world(deliver_simply);
}

static unsigned refusals;

static const char *refuse_rcpt_twice(struct sink *at, struct slice line)
{
	if (!slice_starts(line, SLICE("RCPT TO:<later@")) || refusals == 0)
		return NULL;
	refusals--;
	return "451 4.7.1 greylisted";
}

static void deliver_later(void)
{
	refusals = 2;
	world.sink.answer = refuse_rcpt_twice;
	world_open("", "");
	world_send("now@one.test later@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	CHECK(eventually(world_taken, 2));
	CHECK_NUMBER(world.sink.recipients, 2);
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("greylisted recipients are tried again, and only they")
{
	with_world(deliver_later);
}

static const char *refuse_nobody(struct sink *at, struct slice line)
{
	return slice_starts(line, SLICE("RCPT TO:<nobody@")) ? "550 5.1.1 no such user"
							     : NULL;
}

static void bounce_one(void)
{
	struct slice text;

	world.sink.answer = refuse_nobody;
	world_open("", "");
	world_send("nobody@one.test a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	CHECK(eventually(world_taken_by_other, 1));
	text = buffer_contents(&world.other.last);
	CHECK(slice_find(text, SLICE("550 5.1.1 no such user")) < text.size);
	CHECK(slice_find(text, SLICE("nobody@one.test")) < text.size);
	CHECK(sink_heard(&world.other, "MAIL FROM:<>"));
	CHECK(sink_heard(&world.other, "RCPT TO:<sender@example.test>"));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("who is refused goes back to the sender")
{
	with_world(bounce_one);
}

static uint64_t connected(void)
{
	return world.sink.open + relay_figures(world.relay).connections;
}

static void close_idle(void)
{
	world.sink.close_idle_ms = 100;
	world_open("", "");
	for (unsigned i = 1; i <= 3; i++) {
		world_send("a@one.test", MESSAGE);
		CHECK(eventually(world_taken, i));
		CHECK(eventually(connected, 0));
	}
	CHECK_NUMBER(world.sink.connections, 3);
	CHECK_NUMBER(relay_figures(world.relay).deferred, 0);
	CHECK_NUMBER(relay_figures(world.relay).connections, 0);
	world_close();
}

CASE("a connection closed while idle is nobody's failure")
{
	with_world(close_idle);
}

static unsigned allowed;

static const char *close_second(struct sink *at, struct slice line)
{
	return slice_starts(line, SLICE("MAIL")) && at->messages + 1 > at->connections
		       ? "close"
		       : NULL;
}

static void one_each(void)
{
	world.sink.answer = close_second;
	world_open("  connections: 1\n", "");
	for (unsigned i = 0; i < 10; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 10));
	CHECK_NUMBER(world.sink.connections, 10);
	CHECK_NUMBER(relay_figures(world.relay).deferred, 0);
	world_close();
}

CASE("nor is one that is closed at the next MAIL")
{
	with_world(one_each);
}

static const char *farewell_second(struct sink *at, struct slice line)
{
	return slice_starts(line, SLICE("MAIL")) && at->messages + 1 > at->connections
		       ? "421 4.7.0 enough for one connection"
		       : NULL;
}

static void one_each_politely(void)
{
	world.sink.answer = farewell_second;
	world_open("  connections: 1\n", "");
	for (unsigned i = 0; i < 10; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 10));
	CHECK_NUMBER(relay_figures(world.relay).deferred, 0);
	world_close();
}

CASE("nor one that says so")
{
	with_world(one_each_politely);
}

static const char *closed_door(struct sink *at, struct slice line)
{
	return line.size == 0 && allowed == 0 ? "554 5.7.1 not today" : NULL;
}

static bool is_tried(void *context)
{
	return world.sink.connections >= 1;
}

static void down_and_up(void)
{
	int64_t began_us = worker_now_us();

	allowed = 0;
	world.sink.answer = closed_door;
	world_open("  connections: 3\n", "");
	for (unsigned i = 0; i < 20; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually_holds(is_tried, NULL));
	CHECK(eventually(world_in_hand, 0));
	/* Three at first, then one every second or two. */
	CHECK(world.sink.connections <=
		5 + (uint64_t)(worker_now_us() - began_us) / 900000);
	allowed = 1;
	CHECK(eventually(world_taken, 20));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("a site that is down is left alone, and all its mail goes when it is back")
{
	with_world(down_and_up);
}

static void discard(void)
{
	world_open("", "");
	world_send("a@gone.test", MESSAGE);
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world.sink.connections, 0);
	CHECK_NUMBER(relay_figures(world.relay).delivered, 0);
	world_close();
}

CASE("a route that discards")
{
	with_world(discard);
}

static void limited(void)
{
	int64_t began_us;

	world_open("", ", messages_per_second: 20");
	began_us = worker_now_us();
	for (unsigned i = 0; i < 30; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 30));
	CHECK(worker_now_us() - began_us > 1300000);
	world_close();
}

CASE("no more messages a second than allowed")
{
	with_world(limited);
}

static void per_connection(void)
{
	world_open("  connections: 1\n", ", messages_per_connection: 7");
	for (unsigned i = 0; i < 21; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 21));
	CHECK_NUMBER(world.sink.connections, 3);
	world_close();
}

CASE("messages_per_connection")
{
	with_world(per_connection);
}

static bool site_is_down_now(void *context)
{
	return world_events("site_down") > 0;
}

/* An hour of back-off, of which nobody wants to wait for the end. */
static void tried_now(void)
{
	struct queue_selector all = {0};
	uint64_t changed = 0;

	world_open("  retry: [1h]\n", "");
	sink_close(&world.sink);
	world_send("a@one.test b@two.test", MESSAGE);
	CHECK(eventually_holds(site_is_down_now, NULL));
	CHECK(eventually(world_in_hand, 0));
	sink_open(&world.sink, "127.0.0.1");
	CHECK(queue_act(world.place.queue, &(struct queue_wish){.action = QUEUE_RETRY}, &all, &changed,
		deadline_after_ms(PATIENCE_MS)));
	relay_try_now(world.relay);
	CHECK(eventually(world_taken, 2));
	CHECK_NUMBER(world_events("site_up"), 1);
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("a site that is down is tried when an operator says so")
{
	with_world(tried_now);
}

int main(void)
{
	return world_main(check_run);
}
