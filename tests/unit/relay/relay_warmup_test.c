/* Warm-up as a whole: counted exactly in Redis, overflow, days, restarts, nodes. */
#include "../queue/clock_wound.h"
#include "check.h"
#include "relay/relay_node.h"
#include "relay/warmup.h"
#include "relay_world.h"

#define DAY_MS INT64_C(86400000)

static unsigned sent_from(const char *source)
{
	char text[40];

	snprintf(text, sizeof(text), "\"source\":\"%s\"", source);
	return world_said_times(text);
}

static void send_many(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		world_send("a@one.test", MESSAGE);
}

#define COLD "{ name: cold, address: 127.0.0.2, warmup: [{ spread: 0, messages: "

static void overflow(void)
{
	world.more = "sources:\n- " COLD "[10] }] }\n"
		     "- { name: warm, address: 127.0.0.3 }\n"
		     "pools:\n- { name: p, members: [{ source: cold }], overflow: q }\n"
		     "- { name: q, members: [{ source: warm }] }\n";
	world_open("  pool: p\n", "");
	send_many(40);
	CHECK(eventually(world_delivered, 40));
	CHECK_NUMBER(sent_from("cold"), 10);
	CHECK_NUMBER(sent_from("warm"), 30);
	CHECK_NUMBER(world_events("deferred"), 0);
	world_close();
}

CASE("what is more than the day allows leaves by the overflow")
{
	with_world(overflow);
}

static void next_day(void)
{
	world.more = "sources:\n- " COLD "[10, 15] }] }\n";
	world_open("", "");
	send_many(40);
	CHECK(eventually(world_delivered, 10));
	fiber_sleep(deadline_after_ms(700));
	CHECK_NUMBER(world_delivered(), 10);
	relay_drain(world.relay, deadline_after_ms(5000));
	relay_close(&world.relay);
	relay_node_destroy(&world.node);
	world.node = relay_node_create();
	world.relay = world_open_second(); /* a restart changes nothing */
	send_many(1);
	fiber_sleep(deadline_after_ms(700));
	CHECK_NUMBER(world_delivered(), 10);
	clock_wind_ms(DAY_MS);
	CHECK(eventually(world_delivered, 25));
	fiber_sleep(deadline_after_ms(700));
	CHECK_NUMBER(world_delivered(), 25);
	clock_wind_ms(DAY_MS); /* it is warm */
	CHECK(eventually(world_delivered, 41));
	world_close();
	clock_wind_ms(-2 * DAY_MS);
}

CASE("held until the next day, which allows more; afterwards there is no limit")
{
	with_world(next_day);
}

static void provider(void)
{
	world.zone.records = "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test A 127.0.0.1\n";
	world.more = "sources:\n- { name: cold, address: 127.0.0.2,\n"
		     "    warmup: [{ spread: 0, provider: other, messages: [1] }] }\n";
	world_open("", "");
	send_many(5);
	CHECK(eventually(world_delivered, 5));
	world_close();
}

CASE("a schedule for one provider is for no other mail")
{
	with_world(provider);
}

/* Two nodes, each of which takes as much as it can get. */
static void two_nodes(void)
{
	static uint64_t amounts[] = {100};
	const struct config_warmup schedule = {
		.amounts = amounts, .days = 1, .from_day = -1};
	struct warmup one = {.key = "cold/x", .from_day = WARMUP_UNKNOWN};
	struct warmup two = {.key = "cold/x", .from_day = WARMUP_UNKNOWN};
	struct warmup *at[] = {&one, &two};
	unsigned taken = 0;

	for (unsigned i = 0; i < 60; i++) {
		warmup_ask(at[i % 2], &schedule, world.place.redis,
			deadline_after_ms(PATIENCE_MS));
		while (warmup_take(at[i % 2], worker_wall_ms()))
			taken++;
	}
	CHECK_NUMBER(taken, 100);
	CHECK(warmup_shut_until(&one, worker_wall_ms()) > 0);
	warmup_give_back(&two);
	warmup_return(
		&two, &schedule, world.place.redis, deadline_after_ms(PATIENCE_MS));
	one.shut_until_ms = 0;
	warmup_ask(&one, &schedule, world.place.redis, deadline_after_ms(PATIENCE_MS));
	CHECK(warmup_take(&one, worker_wall_ms()));
	CHECK(!warmup_take(&one, worker_wall_ms()));
}

CASE("two nodes have the day together, and what one gives back")
{
	with_world(two_nodes);
}

int main(void)
{
	return world_main(check_run);
}
