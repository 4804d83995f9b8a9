/* Where mail goes: what DNS says, and what is made of it (RFC 5321 5.1). */
#include "check.h"
#include "relay_world.h"

static const char *refuse_all(struct sink *sink, struct slice line)
{
	return line.size == 0 ? "554 5.7.1 go away" : NULL;
}

/* The other server stands for the better MX, at the same port. */
static void open_pair(const char *other_address)
{
	world_open("", "");
	sink_close(&world.other);
	world.other.port = world.sink.port;
	world.other.connections = 0;
	sink_open(&world.other, other_address);
}

static void by_preference(void)
{
	world.zone.records = "one.dns.test MX 20 b.mx.test\n"
			     "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test A 127.0.0.2\n"
			     "b.mx.test A 127.0.0.1\n";
	open_pair("127.0.0.2");
	for (unsigned i = 0; i < 5; i++)
		world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_taken_by_other, 5));
	CHECK_NUMBER(world.sink.connections, 0);
	CHECK(world_said("\"host\":\"a.mx.test[127.0.0.2]:"));
	world_close();
}

CASE("the MX of the lowest preference number")
{
	with_world(by_preference);
}

static void next_mx(void)
{
	world.zone.records = "one.dns.test MX 20 b.mx.test\n"
			     "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test A 127.0.0.2\n"
			     "b.mx.test A 127.0.0.1\n";
	open_pair("127.0.0.2");
	world.other.answer = refuse_all;
	world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	CHECK_NUMBER(world.other.connections, 1);
	/* Which is remembered for a while. */
	relay_reload(world.relay, world.config, NULL, NULL, world.tls);
	world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_taken, 2));
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("the next MX, when one does not let us in")
{
	with_world(next_mx);
}

static const char *refuse_rcpt(struct sink *sink, struct slice line)
{
	return slice_starts(line, SLICE("RCPT")) ? "451 4.7.1 greylisted" : NULL;
}

static void not_for_a_verdict(void)
{
	world.zone.records = "one.dns.test MX 20 b.mx.test\n"
			     "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test A 127.0.0.2\n"
			     "b.mx.test A 127.0.0.1\n";
	open_pair("127.0.0.2");
	world.other.answer = refuse_rcpt;
	world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_deferred, 1));
	CHECK_NUMBER(world.sink.connections, 0);
	world_close();
}

CASE("but not because of what it says about a recipient")
{
	with_world(not_for_a_verdict);
}

static void next_address(void)
{
	world.zone.records = "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test AAAA ::1\n"
			     "a.mx.test A 127.0.0.9\n"
			     "a.mx.test A 127.0.0.1\n";
	world_open("", "");
	world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("IPv6 first, then each IPv4 address, within the attempt")
{
	with_world(next_address);
}

static void implicit(void)
{
	world.zone.records = "one.dns.test A 127.0.0.1\n"
			     "two.dns.test CNAME one.dns.test\n";
	world_open("", "");
	world_send("a@one.dns.test b@two.dns.test", MESSAGE);
	CHECK(eventually(world_taken, 2));
	world_close();
}

CASE("without MX, the domain itself")
{
	with_world(implicit);
}

static void one_site(void)
{
	world.zone.records = "one.dns.test MX 10 a.mx.test\n"
			     "one.dns.test MX 20 b.mx.test\n"
			     "two.dns.test MX 1 a.mx.test\n"
			     "two.dns.test MX 5 b.mx.test\n"
			     "three.dns.test MX 5 a.mx.test\n"
			     "three.dns.test MX 1 b.mx.test\n"
			     "a.mx.test A 127.0.0.1\n"
			     "b.mx.test A 127.0.0.1\n";
	world_open("  connections: 1\n", "");
	for (unsigned i = 0; i < 5; i++)
		world_send("a@one.dns.test b@two.dns.test c@three.dns.test", MESSAGE);
	CHECK(eventually(world_taken, 15));
	/* Which of two is better makes a difference, by how much makes none. */
	CHECK_NUMBER(world.sink.connections, 2);
	CHECK_NUMBER(relay_figures(world.relay).sites, 2);
	world_close();
}

CASE("domains with the same MX are one site")
{
	with_world(one_site);
}

static void no_such(void)
{
	world.zone.records = "null.dns.test MX 0 .\n"
			     "me.dns.test MX 10 mail.here.test\n"
			     "me.dns.test MX 20 a.mx.test\n"
			     "bare.dns.test MX 10 nowhere.mx.test\n"
			     "mx.dns.test AAAA ::1\n";
	world_open("", "");
	world_send("a@null.dns.test b@missing.dns.test c@me.dns.test d@bare.dns.test",
		MESSAGE);
	CHECK(eventually(world_bounced, 4));
	CHECK(world_said("5.1.10 the domain null.dns.test accepts no mail"));
	CHECK(world_said("5.1.2 the domain missing.dns.test does not exist"));
	CHECK(world_said("5.4.6 mail for me.dns.test loops back to myself"));
	CHECK(world_said("5.4.4 the mail server nowhere.mx.test has no address"));
	CHECK(eventually(world_taken_by_other, 4)); /* the bounces */
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("domains that take no mail")
{
	with_world(no_such);
}

static void private_refused(void)
{
	world.zone.records = "private.test MX 10 a.mx.test\n"
			     "a.mx.test A 127.0.0.1\n"
			     "a.mx.test A 10.1.2.3\n";
	world_open("", "");
	world_send("a@private.test", MESSAGE);
	CHECK(eventually(world_bounced, 1));
	CHECK(world_said("is a private address"));
	CHECK_NUMBER(world.sink.connections, 0);
	world_close();
}

CASE("private addresses, unless a route allows them")
{
	with_world(private_refused);
}

static void temporary(void)
{
	world.zone.records = "one.dns.test FAIL\n";
	world_open("", "");
	world_send("a@one.dns.test", MESSAGE);
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	CHECK(eventually(world_deferred, 1));
	CHECK(world_said("4.4.3 MX lookup of one.dns.test"));
	CHECK_NUMBER(world_bounced(), 0);
	world.zone.records = "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test A 127.0.0.1\n";
	CHECK(eventually(world_taken, 2) || eventually(world_taken, 2));
	world_close();
}

CASE("DNS that does not answer delays, and never bounces")
{
	with_world(temporary);
}

static uint64_t asked(void)
{
	return world.zone.questions;
}

static void asked_once(void)
{
	world.zone.records = "one.dns.test MX 10 a.mx.test\n"
			     "a.mx.test A 127.0.0.1\n";
	world_open("", "");
	for (unsigned i = 0; i < 20; i++)
		world_send("a@one.dns.test", MESSAGE);
	CHECK(eventually(world_taken, 20));
	CHECK(asked() <= 4);
	world_close();
}

CASE("a domain is asked about once")
{
	with_world(asked_once);
}

static void literal(void)
{
	world_open("", "");
	world_send("a@[127.0.0.1]", MESSAGE); /* by the route "*" */
	CHECK(eventually(world_taken, 1));
	world_close();
}

CASE("an address literal follows a route like any name")
{
	with_world(literal);
}

int main(void)
{
	return world_main(check_run);
}
