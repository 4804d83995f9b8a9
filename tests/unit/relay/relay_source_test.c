/* Sources: which address a message leaves from, and what happens without one. */
#include "../queue/clock_wound.h"
#include "check.h"
#include "relay_world.h"

#define GONE "192.0.2.77" /* no machine has it */

static bool came_from(const struct sink *sink, const char *address)
{
	struct slice peers = buffer_contents(&sink->peers);

	return slice_find(peers, slice_of(address)) < peers.size;
}

static void one_source(void)
{
	world.more = "sources: [{ name: a, address: 127.0.0.2, ehlo: out.a.test }]\n";
	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_delivered, 1));
	CHECK(came_from(&world.sink, "127.0.0.2"));
	CHECK(sink_heard(&world.sink, "EHLO out.a.test"));
	CHECK(world_said("\"source\":\"a\""));
	world_close();
}

CASE("from its address, with its name")
{
	with_world(one_source);
}

static void send_many(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		world_send("a@one.test", MESSAGE);
}

#define TWO                                                               \
	"sources:\n- { name: a, address: 127.0.0.2, ehlo: out.a.test }\n" \
	"- { name: b, address: 127.0.0.3 }\n"                             \
	"pools: [{ name: p, members: [{ source: a, weight: 3 }, { source: b }] }]\n"

static void by_weight(void)
{
	unsigned from_a;

	world.more = TWO;
	world_open("  pool: p\n", "");
	send_many(400);
	CHECK(eventually(world_delivered, 400));
	from_a = world_said_times("\"source\":\"a\"");
	CHECK(from_a >= 240 && from_a <= 360);
	CHECK_NUMBER(from_a + world_said_times("\"source\":\"b\""), 400);
	world_close();
}

CASE("two sources share by weight")
{
	with_world(by_weight);
}

static void set_pool(struct message *message, struct entry *entry)
{
	entry->pool = arena_copy(&entry->arena, SLICE("r"));
}

static void set_tenant(struct message *message, struct entry *entry)
{
	message->envelope.tenant = arena_copy(&message->arena, SLICE("acme"));
}

static void pools(void)
{
	world.more = "sources:\n- { name: a, address: 127.0.0.2 }\n"
		     "- { name: b, address: 127.0.0.3 }\n"
		     "- { name: c, address: 127.0.0.4 }\n"
		     "pools:\n- { name: p, members: [{ source: a }] }\n"
		     "- { name: q, members: [{ source: b }] }\n"
		     "- { name: r, members: [{ source: c }] }\n"
		     "tenants: [{ name: acme, pool: q }]\n";
	world_open("  pool: p\n", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_delivered, 1));
	CHECK(came_from(&world.sink, "127.0.0.2"));
	world_send_as("a@one.test", MESSAGE, set_tenant);
	CHECK(eventually(world_delivered, 2));
	CHECK(came_from(&world.sink, "127.0.0.3"));
	world_send_as("a@one.test", MESSAGE, set_pool);
	CHECK(eventually(world_delivered, 3));
	CHECK(came_from(&world.sink, "127.0.0.4"));
	world_close();
}

CASE("relay's pool, the tenant's, the operator's")
{
	with_world(pools);
}

static void gone(void)
{
	world.more = "sources:\n- { name: a, address: " GONE " }\n"
		     "- { name: b, address: 127.0.0.3 }\n";
	world_open("", "");
	send_many(50);
	CHECK(eventually(world_delivered, 50));
	CHECK_NUMBER(world_said_times("\"source\":\"b\""), 50);
	CHECK(world_said(
		"\"event\":\"source_out\",\"source\":\"a\",\"address\":\"" GONE));
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("one whose address is not here sends nothing, the others do")
{
	with_world(gone);
}

static void none_left(void)
{
	world.more = "sources: [{ name: a, address: " GONE " }]\n";
	world_open("", "");
	send_many(3);
	CHECK(eventually(world_left, 3));
	fiber_sleep(deadline_after_ms(300));
	CHECK_NUMBER(world.sink.connections, 0);
	CHECK_NUMBER(world_deferred(), 0);
	CHECK_NUMBER(world_left(), 3);
	world_close();
}

CASE("with none left the mail waits, and is not tried")
{
	with_world(none_left);
}

static void family(void)
{
	world.more = "sources:\n- { name: six, address6: \"::1\" }\n"
		     "- { name: four, address: 127.0.0.3 }\n";
	world_open("", "");
	send_many(50);
	CHECK(eventually(world_delivered, 50));
	CHECK_NUMBER(world_said_times("\"source\":\"four\""), 50);
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("a host of one family gets its mail from sources of that family")
{
	with_world(family);
}

static void no_family(void)
{
	world.more = "sources: [{ name: six, address6: \"::1\" }]\n";
	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_deferred, 1));
	CHECK_NUMBER(world.sink.connections, 0);
	CHECK(world_said(
		"4.4.4 the mail server [127.0.0.1] has no address of the family "
		"that source six sends from"));
	world_close();
}

CASE("with none of that family it is put off, with the reason")
{
	with_world(no_family);
}

static void families(void)
{
	world.zone.records = "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test AAAA ::1\n"
			     "a.mx.test A 127.0.0.1\n";
	world.more = "sources: [{ name: four, address: 127.0.0.3 }]\n";
	world_open("", "");
	world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_delivered, 1));
	CHECK(!world_said("::1"));
	world_close();
}

CASE("no attempt over IPv6 from a source without it")
{
	with_world(families);
}

static void many_addresses(void)
{
	char records[2000] = "one.dns.test MX 10 a.mx.test\n";
	size_t used = strlen(records);

	for (unsigned i = 1; i <= 20; i++)
		used += (size_t)snprintf(records + used, sizeof(records) - used,
			"a.mx.test AAAA 2001:db8::%x\n", i);
	snprintf(records + used, sizeof(records) - used, "a.mx.test A 127.0.0.1\n");
	world.zone.records = records;
	world.more = "sources: [{ name: four, address: 127.0.0.3 }]\n";
	world_open("", "");
	world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_delivered, 1));
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("however many IPv6 addresses a host has, its IPv4 one is used")
{
	with_world(many_addresses);
}

static const char *refuse_a(struct sink *sink, struct slice line)
{
	return line.size == 0 && slice_equal(slice_of(sink->peer), SLICE("127.0.0.2"))
		       ? "421 4.7.0 not from you"
		       : NULL;
}

static uint64_t settled(void)
{
	return world_delivered() + world_deferred();
}

static void one_refused(void)
{
	world.more = TWO;
	world.sink.answer = refuse_a;
	world_open("  retry: [10m]\n", "");
	send_many(200);
	CHECK(eventually(settled, 200));
	/* Those that stood in a's line when it was refused wait for a retry. */
	CHECK(world_said("\"event\":\"site_down\",\"site\":\"[127.0.0.1]\",\"source\":"
			 "\"a\""));
	for (unsigned i = 0; i < 100; i++)
		world_send("b@one.test", MESSAGE);
	CHECK(eventually(settled, 300));
	CHECK(world_delivered() >= 100 + (200 - world_deferred()));
	CHECK_NUMBER(world_said_times("\"event\":\"site_down\""), 1);
	world_close();
}

CASE("a site that is down for one source is open for another")
{
	with_world(one_refused);
}

static int run(void)
{
	return check_run();
}

static void use(const char *more)
{
	struct config *config;

	world.more = more;
	config = world_config("", "");
	relay_reload(world.relay, config, NULL, NULL, world.tls);
	config_release(&config);
}

static void other_sources(void)
{
	world.more = "sources: [{ name: a, address: 127.0.0.2 }]\n";
	world_open("", "");
	send_many(30);
	use("sources: [{ name: b, address: 127.0.0.3 }, { name: c, address: " GONE
	    " }]\n");
	send_many(10);
	CHECK(eventually(world_delivered, 40));
	CHECK(world_said_times("\"source\":\"b\"") >= 10);
	use(NULL); /* none at all */
	send_many(5);
	CHECK(eventually(world_delivered, 45));
	CHECK(came_from(&world.sink, "127.0.0.1 "));
	use("sources: [{ name: c, address: " GONE " }]\n");
	send_many(5);
	fiber_sleep(deadline_after_ms(200));
	use("sources: [{ name: a, address: 127.0.0.2 }]\n");
	CHECK(eventually(world_delivered, 50));
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("reloads with other sources, while mail waits")
{
	with_world(other_sources);
}

static const char *keep_count(struct sink *sink, struct slice line)
{
	static uint64_t most;

	if (sink->open > most)
		most = sink->open;
	return most > 2 ? "554 too many" : NULL;
}

static void limited(void)
{
	world.more = "sources: [{ name: a, address: 127.0.0.2,\n"
		     "    limits: { connections: 2 } }]\n";
	world.sink.answer = keep_count;
	world_open("", "");
	for (unsigned i = 0; i < 30; i++)
		world_send("a@one.test a@two.test", MESSAGE);
	CHECK(eventually(world_delivered, 60));
	CHECK_NUMBER(world_deferred() + world_events("bounced"), 0);
	world_close();
}

CASE("a source's limit holds over all it sends")
{
	with_world(limited);
}

int main(void)
{
	return world_main(run);
}
