/* Several messages in flight over a connection: who gets which answer, and what
 * is lost, sent twice or told when a peer gets it wrong. */
#include <stdio.h>

#include "base/memory.h"
#include "check.h"
#include "relay/site.h"
#include "relay_world.h"

#define CHUNKING PIPELINING "\nCHUNKING"
#define ALL	 40

/* Messages the peer has been told of so far: a test's story begins at some. */
static unsigned mails, seen;

/* Holds its greeting until all of the test's mail waits. */
static bool gate_is_open;

static void hold(struct slice line)
{
	while (line.size == 0 && !gate_is_open)
		fiber_sleep(deadline_after_ms(5));
	mails += slice_starts(line, SLICE("MAIL"));
}

static const char *take_all(struct sink *sink, struct slice line)
{
	hold(line);
	return NULL;
}

/* Each says in its content whom it is for. */
static void send_some(unsigned first, unsigned count)
{
	char address[64], content[100];

	for (unsigned i = first; i < first + count; i++) {
		snprintf(address, sizeof(address), "u%u@one.test", i);
		snprintf(content, sizeof(content), "Subject: u%u\r\n\r\n.x\r\n", i);
		world_send(address, content);
	}
}

static unsigned times_taken(unsigned number)
{
	struct slice rest = buffer_contents(&world.sink.taken);
	char line[100];
	unsigned times = 0;

	snprintf(line, sizeof(line), "Subject: u%u <u%u@one.test>", number, number);
	while (rest.size)
		times += slice_equal(slice_cut(&rest, '\n'), slice_of(line));
	return times;
}

/* Each arrived, with its own envelope and content; how many of them twice. */
static unsigned duplicates(unsigned count)
{
	unsigned lines = 0, twice = 0;
	struct slice rest = buffer_contents(&world.sink.taken);

	for (unsigned i = 0; i < count; i++) {
		CHECK(times_taken(i) >= 1);
		twice += times_taken(i) - 1;
	}
	for (; rest.size; lines++)
		slice_cut(&rest, '\n');
	CHECK_NUMBER(lines, count + twice); /* nothing with another's envelope */
	return twice;
}

static void open_with(const char *(*answer)(struct sink *sink, struct slice line),
	const char *extensions, const char *route)
{
	mails = seen = 0;
	gate_is_open = false;
	world.sink.extensions = extensions;
	world.sink.answer = answer;
	world_open("  connections: 1\n", route);
}

static unsigned resets(void)
{
	struct slice rest = buffer_contents(&world.sink.said);
	unsigned count = 0;

	while (rest.size)
		count += slice_equal(slice_cut(&rest, '\n'), SLICE("RSET"));
	return count;
}

static void in_flight(void)
{
	open_with(take_all, CHUNKING, "");
	send_some(0, ALL);
	gate_is_open = true;
	CHECK(eventually(world_taken, ALL));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world.sink.connections, 1);
	CHECK_NUMBER(duplicates(ALL), 0);
	CHECK(resets() > 0);
	CHECK_NUMBER(relay_figures(world.relay).uncertain, 0);
	world_close();
}

CASE("several in flight, each with its own envelope")
{
	with_world(in_flight);
}

static void one_at_a_time(void)
{
	open_with(take_all, CHUNKING, ", ahead: 1");
	send_some(0, 10);
	gate_is_open = true;
	CHECK(eventually(world_taken, 10));
	CHECK_NUMBER(resets(), 0);
	CHECK_NUMBER(duplicates(10), 0);
	world_close();
}

CASE("ahead: 1 waits for every answer")
{
	with_world(one_at_a_time);
}

/* Refuses by the number in the address: at MAIL the 5th … */
static const char *refuse_some(struct sink *sink, struct slice line)
{
	hold(line);
	if (slice_starts(line, SLICE("MAIL")) && (mails == 5 || mails == 6))
		return "550 5.7.1 not you";
	if (slice_starts(line, SLICE("RCPT TO:<u1@")) ||
		slice_starts(line, SLICE("RCPT TO:<u8@")) ||
		slice_starts(line, SLICE("RCPT TO:<u9@")))
		return "550 5.1.1 who";
	if (slice_equal(line, SLICE(".")) && mails == 13)
		return "554 5.6.0 not that";
	return NULL;
}

static void refusals(void)
{
	open_with(refuse_some, CHUNKING, ", ahead: 8");
	send_some(0, 20);
	gate_is_open = true;
	CHECK(eventually(world_taken, 14));
	CHECK(eventually(world_bounced, 6));
	CHECK_NUMBER(world.sink.connections, 1);
	CHECK_NUMBER(times_taken(1) + times_taken(8) + times_taken(9), 0);
	CHECK_NUMBER(world_events("site_ahead"), 0);
	CHECK_NUMBER(relay_figures(world.relay).uncertain, 0);
	world_close();
}

CASE("what is refused is refused alone")
{
	with_world(refusals);
}

/* Forgets what it is doing when it is sent several: RSET does not help. */
static const char *confused(struct sink *sink, struct slice line)
{
	hold(line);
	if (slice_equal(line, SLICE("RSET")))
		seen = mails;
	if (seen == mails && slice_starts(line, SLICE("MAIL")))
		return "503 5.5.1 nested MAIL";
	if (slice_starts(line, SLICE("MAIL")) && seen && seen + 1 == mails)
		return "503 5.5.1 nested MAIL";
	return NULL;
}

static void out_of_step(void)
{
	open_with(confused, CHUNKING, ", ahead: 8");
	send_some(0, ALL);
	gate_is_open = true;
	CHECK(eventually(world_taken, ALL));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world_bounced(), 0);
	CHECK_NUMBER(world_events("deferred"), 0);
	CHECK_NUMBER(world_events("site_ahead"), 1);
	CHECK_NUMBER(duplicates(ALL), 0);
	CHECK_NUMBER(world.sink.connections, 2);
	world_close();
}

CASE("a complaint about the order is no verdict: one at a time then")
{
	with_world(out_of_step);
}

/* Takes the third of every connection, and hangs up instead of saying so. */
static const char *hang_up(struct sink *sink, struct slice line)
{
	hold(line);
	if (line.size == 0)
		seen = mails;
	if (!slice_equal(line, SLICE(".")) || mails != seen + 3)
		return NULL;
	sink->messages++; /* taken, and not confirmed */
	buffer_append_format(&sink->taken, "unconfirmed\n");
	return "close";
}

static unsigned unconfirmed(void)
{
	struct slice rest = buffer_contents(&world.sink.taken);
	unsigned count = 0;

	while (rest.size)
		count += slice_equal(slice_cut(&rest, '\n'), SLICE("unconfirmed"));
	return count;
}

static void disconnects(void)
{
	struct relay_figures figures;

	open_with(hang_up, CHUNKING, ", ahead: 8");
	send_some(0, ALL);
	gate_is_open = true;
	CHECK(eventually(world_delivered, ALL));
	CHECK(eventually(world_left, 0));
	figures = relay_figures(world.relay);
	CHECK_NUMBER(world_delivered(), ALL);
	CHECK(figures.uncertain >= unconfirmed());
	CHECK_NUMBER(figures.uncertain,
		world_events("uncertain") + world_events("deferred"));
	CHECK_NUMBER(world_events("site_ahead"), 1);
	for (unsigned i = 0; i < ALL; i++)
		CHECK_NUMBER(times_taken(i), 1);
	world_close();
}

CASE("a peer that hangs up: nothing lost, what may be twice is told")
{
	with_world(disconnects);
}

static const char *farewell(struct sink *sink, struct slice line)
{
	hold(line);
	if (line.size == 0)
		seen = mails;
	if (slice_starts(line, SLICE("MAIL")) && mails == seen + 4)
		return "421 4.7.0 enough for one connection";
	return NULL;
}

static void farewells(void)
{
	open_with(farewell, CHUNKING, "");
	send_some(0, 20);
	gate_is_open = true;
	CHECK(eventually(world_taken, 20));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world_events("deferred"), 0);
	CHECK_NUMBER(duplicates(20), 0);
	CHECK_NUMBER(world_events("site_ahead"), 1);
	world_close();
}

CASE("421 to one in flight: nobody waits for it")
{
	with_world(farewells);
}

static const char *nested_behind_data(struct sink *sink, struct slice line)
{
	hold(line);
	if (mails == 2 && slice_starts(line, SLICE("MAIL")))
		return "503 5.5.1 nested MAIL";
	return NULL;
}

static void without_chunking(void)
{
	open_with(nested_behind_data, PIPELINING, "");
	send_some(0, 10);
	gate_is_open = true;
	CHECK(eventually(world_taken, 10));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world_bounced(), 0);
	CHECK_NUMBER(duplicates(10), 0);
	CHECK_NUMBER(world_events("site_ahead"), 1);
	CHECK(world_said("\"ahead\":0"));
	world_close();
}

CASE("503 to an envelope behind a final dot is no verdict either")
{
	with_world(without_chunking);
}

/* Twice as many for each hour that went well, up to what the terms say. */
static void raised(void)
{
	struct site site = {.name = SLICE("s"), .terms.ahead = 6, .ahead = 6};
	const size_t steps[] = {0, 1, 2, 4, 6, 6};

	CHECK_NUMBER(site_ahead(&site), 6);
	site_lower_ahead(&site, 1, "first");
	site_lower_ahead(&site, 1, "the same on another connection");
	CHECK_NUMBER(site.ahead_faults, 1);
	site_lower_ahead(&site, 0, "second");
	CHECK_NUMBER(site.ahead_faults, 2);
	CHECK(site.ahead_raise_us > worker_now_us() + INT64_C(7000) * 1000000);
	for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
		CHECK_NUMBER(site_ahead(&site), steps[i]);
		CHECK_NUMBER(site_ahead(&site), steps[i]);
		site.ahead_raise_us = 0;
	}
	CHECK_NUMBER(world_events("site_ahead"), 6);
}

CASE("a site that got it wrong is sent more again, slowly")
{
	with_world(raised);
}

static void limits(void)
{
	open_with(take_all, CHUNKING "\nLIMITS MAILMAX=7 RCPTMAX=1", ", ahead: 8");
	world_send("u0@one.test u1@one.test u2@one.test", "Subject: u\r\n\r\n");
	send_some(0, 25);
	gate_is_open = true;
	CHECK(eventually(world_delivered, 28));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world_events("deferred"), 0);
	CHECK_NUMBER(world_taken(), 28);
	CHECK(world.sink.connections >= 4);
	world_close();
}

CASE("limits of the peer hold, and a message in parts")
{
	with_world(limits);
}

static void large(void)
{
	size_t size = 100000;
	char *content = memory_allocate(size + 1);

	open_with(take_all, CHUNKING, "");
	snprintf(content, 30, "Subject: large\r\n\r\n");
	memset(content + strlen(content), 'x', size - strlen(content) - 2);
	memcpy(content + size - 2, "\r\n", 3);
	send_some(0, 5);
	world_send("big@one.test", content);
	content[20000] = '\0';
	world_send("middle@one.test", content);
	send_some(5, 5);
	gate_is_open = true;
	CHECK(eventually(world_taken, 12));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world.sink.connections, 1);
	memory_free(content);
	world_close();
}

CASE("small, large and middling in turn")
{
	with_world(large);
}

/* Says as much as a line may hold, and reads nothing until it could say it. */
static const char *talk_at_length(struct sink *sink, struct slice line)
{
	static char reply[506] = "250 ";

	hold(line);
	if (line.size == 0 || slice_starts(line, SLICE("EHLO")) ||
		slice_equal(line, SLICE("QUIT")))
		return NULL;
	memset(reply + 4, 'x', sizeof(reply) - 5);
	return reply;
}

static void back_pressure(void)
{
	char address[64], *content = memory_allocate(8001);

	memset(content, 'x', 8000);
	memcpy(content, "Subject: x\r\n\r\n", 14);
	memcpy(content + 7998, "\r\n", 2);
	world.sink.socket_bytes = 8192;
	open_with(talk_at_length, CHUNKING, ", ahead: 64");
	for (unsigned i = 0; i < 60; i++) {
		snprintf(address, sizeof(address), "u%u@one.test", i);
		world_send(address, content);
	}
	gate_is_open = true;
	CHECK(eventually(world_taken, 60));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world.sink.connections, 1);
	CHECK_NUMBER(relay_figures(world.relay).uncertain, 0);
	memory_free(content);
	world_close();
}

CASE("a peer that reads nothing until its answers are heard")
{
	with_world(back_pressure);
}

int main(void)
{
	return world_main(check_run);
}
