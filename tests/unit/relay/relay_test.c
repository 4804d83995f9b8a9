/*
 * The relay on a real queue (its own redis-server and spool) against servers in
 * the same worker: from the commit to the settlement, with everything that can
 * be answered in between.
 */
#include "relay/relay.h"

#include <stdarg.h>

#include "../queue/world.h"
#include "base/config.h"
#include "base/memory.h"
#include "check.h"
#include "sink.h"

#define PIPELINING "PIPELINING\nSIZE 1000000\n8BITMIME\nENHANCEDSTATUSCODES"

static struct server server;
static struct place place;
static struct sink sink, other;
static struct relay_node *node;
static struct relay *relay;
static struct dns *dns;
static struct tls_client *tls;
static struct config *config;

/* Mail for …test goes to the sink, for …example to the other; MORE is YAML. */
static struct config *make_config(const char *more_relay, const char *more_route)
{
	char *errors = NULL;
	char *text = memory_format(
		"hostname: mail.here.test\n"
		"listeners:\n  - { address: \"127.0.0.1:2525\", role: submission, tls: "
		"none, require_auth: false }\n"
		"relay:\n  retry: [1s, 2s]\n  connect_timeout: 2s\n%s"
		"routes:\n"
		"  - { domain: gone.test, discard: true }\n"
		"  - { domain: \"*\", host: \"[127.0.0.1]\", port: %u, "
		"private_addresses: true%s }\n"
		"  - { domain: example.test, host: \"[127.0.0.1]\", port: %u, "
		"private_addresses: true }\n",
		more_relay, sink.port, more_route, other.port);
	struct config *made = config_parse_text("test.yaml", slice_of(text), &errors);

	if (!made)
		fprintf(stderr, "%s", errors);
	CHECK(made != NULL);
	memory_free(errors);
	memory_free(text);
	return made;
}

static void open_relay(const char *more_relay, const char *more_route)
{
	struct dns_options asked = {.timeout_ms = 1000, .cache_entries = 100};
	struct relay_options options = {
		.queue = place.queue,
		.workers = 1,
	};

	sink_open(&sink, "127.0.0.1");
	sink_open(&other, "127.0.0.1");
	if (!other.extensions)
		other.extensions = PIPELINING;
	options.config = config = make_config(more_relay, more_route);
	options.node = node = relay_node_create();
	options.dns = dns = dns_create(&asked);
	options.tls = tls = tls_client_create(NULL, "1.2");
	CHECK(dns != NULL && tls != NULL);
	relay = relay_open(&options);
	CHECK(relay != NULL);
}

static void close_relay(void)
{
	relay_drain(relay, deadline_after_ms(2000));
	relay_close(&relay);
	relay_node_destroy(&node);
	dns_destroy(&dns);
	tls_client_release(&tls);
	config_release(&config);
	sink_close(&sink);
	sink_close(&other);
}

static bool send_to(const char *addresses, const char *content)
{
	return CHECK(place_send(
		&place, addresses, slice_of(content), NULL, deadline_after_ms(5000)));
}

static uint64_t taken(void)
{
	return sink.messages;
}

static uint64_t taken_by_other(void)
{
	return other.messages;
}

static uint64_t in_hand(void)
{
	return relay_figures(relay).waiting;
}

/* What Redis still has. */
static uint64_t left(void)
{
	return server_sum(&server, "HLEN", "entries", 8);
}

static void with_relay(void (*body)(void))
{
	sink = (struct sink){.extensions = PIPELINING};
	other = (struct sink){.extensions = PIPELINING};
	on_worker_with_place(&place, &server, body);
}

#define MESSAGE "Subject: hello\r\n\r\n.dots\r\n..and more\r\n"

static void deliver_one(void)
{
	open_relay("", "");
	send_to("a@one.test", MESSAGE);
	CHECK(eventually(taken, 1));
	CHECK_SLICE(buffer_contents(&sink.last), "Received: from test\r\n" MESSAGE);
	CHECK(sink_heard(&sink, "MAIL FROM:<sender@example.test> SIZE="));
	CHECK(sink_heard(&sink, "RCPT TO:<a@one.test>"));
	CHECK(eventually(in_hand, 0));
	CHECK(eventually(left, 0));
	close_relay();
}

CASE("a message goes its way")
{
	with_relay(deliver_one);
}

static void deliver_many(void)
{
	open_relay("  connections: 1\n", "");
	for (int i = 0; i < 60; i++)
		send_to(i % 2 ? "a@one.test" : "b@two.test c@three.test", MESSAGE);
	CHECK(eventually(taken, 90));
	CHECK_NUMBER(sink.connections, 1);
	CHECK(eventually(left, 0));
	close_relay();
}

CASE("many messages over one connection")
{
	with_relay(deliver_many);
}

static void deliver_chunked(void)
{
	sink.extensions = PIPELINING "\nCHUNKING";
	open_relay("", "");
	for (int i = 0; i < 20; i++)
		send_to("a@one.test", MESSAGE);
	CHECK(eventually(taken, 20));
	CHECK_SLICE(buffer_contents(&sink.last), "Received: from test\r\n" MESSAGE);
	CHECK(sink_heard(&sink, "BDAT"));
	CHECK(eventually(left, 0));
	close_relay();
}

CASE("with CHUNKING")
{
	with_relay(deliver_chunked);
}

static void deliver_simply(void)
{
	sink.extensions = NULL;
	open_relay("", "");
	send_to("a@one.test b@one.test", MESSAGE);
	CHECK(eventually(taken, 1));
	CHECK_NUMBER(sink.recipients, 2);
	CHECK(sink_heard(&sink, "HELO mail.here.test"));
	CHECK(eventually(left, 0));
	close_relay();
}

CASE("to a server that knows HELO only")
{
	with_relay(deliver_simply);
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
	sink.answer = refuse_rcpt_twice;
	open_relay("", "");
	send_to("now@one.test later@one.test", MESSAGE);
	CHECK(eventually(taken, 1));
	CHECK(eventually(taken, 2));
	CHECK_NUMBER(sink.recipients, 2);
	CHECK(eventually(left, 0));
	close_relay();
}

CASE("greylisted recipients are tried again, and only they")
{
	with_relay(deliver_later);
}

static const char *refuse_nobody(struct sink *at, struct slice line)
{
	return slice_starts(line, SLICE("RCPT TO:<nobody@")) ? "550 5.1.1 no such user"
							     : NULL;
}

static void bounce_one(void)
{
	struct slice text;

	sink.answer = refuse_nobody;
	open_relay("", "");
	send_to("nobody@one.test a@one.test", MESSAGE);
	CHECK(eventually(taken, 1));
	CHECK(eventually(taken_by_other, 1));
	text = buffer_contents(&other.last);
	CHECK(slice_find(text, SLICE("550 5.1.1 no such user")) < text.size);
	CHECK(slice_find(text, SLICE("nobody@one.test")) < text.size);
	CHECK(sink_heard(&other, "MAIL FROM:<>"));
	CHECK(sink_heard(&other, "RCPT TO:<sender@example.test>"));
	CHECK(eventually(left, 0));
	close_relay();
}

CASE("who is refused goes back to the sender")
{
	with_relay(bounce_one);
}

static void close_idle(void)
{
	sink.close_idle_ms = 100;
	open_relay("", "");
	for (unsigned i = 1; i <= 3; i++) {
		send_to("a@one.test", MESSAGE);
		CHECK(eventually(taken, i));
		rest_ms(200);
	}
	CHECK_NUMBER(sink.connections, 3);
	CHECK_NUMBER(relay_figures(relay).deferred, 0);
	CHECK_NUMBER(relay_figures(relay).connections, 0);
	close_relay();
}

CASE("a connection closed while idle is nobody's failure")
{
	with_relay(close_idle);
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
	sink.answer = close_second;
	open_relay("  connections: 1\n", "");
	for (unsigned i = 0; i < 10; i++)
		send_to("a@one.test", MESSAGE);
	CHECK(eventually(taken, 10));
	CHECK_NUMBER(sink.connections, 10);
	CHECK_NUMBER(relay_figures(relay).deferred, 0);
	close_relay();
}

CASE("nor is one that is closed at the next MAIL")
{
	with_relay(one_each);
}

static const char *farewell_second(struct sink *at, struct slice line)
{
	return slice_starts(line, SLICE("MAIL")) && at->messages + 1 > at->connections
		       ? "421 4.7.0 enough for one connection"
		       : NULL;
}

static void one_each_politely(void)
{
	sink.answer = farewell_second;
	open_relay("  connections: 1\n", "");
	for (unsigned i = 0; i < 10; i++)
		send_to("a@one.test", MESSAGE);
	CHECK(eventually(taken, 10));
	CHECK_NUMBER(relay_figures(relay).deferred, 0);
	close_relay();
}

CASE("nor one that says so")
{
	with_relay(one_each_politely);
}

static const char *closed_door(struct sink *at, struct slice line)
{
	return line.size == 0 && allowed == 0 ? "554 5.7.1 not today" : NULL;
}

static uint64_t connections_made(void)
{
	return sink.connections;
}

static void down_and_up(void)
{
	allowed = 0;
	sink.answer = closed_door;
	open_relay("  connections: 3\n", "");
	for (unsigned i = 0; i < 20; i++)
		send_to("a@one.test", MESSAGE);
	rest_ms(300);
	CHECK(sink.connections >= 1 && sink.connections <= 3);
	CHECK_NUMBER(in_hand(), 0);
	allowed = 1;
	/* The one that was tried may be looked for a little later. */
	CHECK(eventually(taken, 20) || eventually(taken, 20));
	CHECK(eventually(left, 0));
	close_relay();
}

CASE("a site that is down is left alone, and all its mail goes when it is back")
{
	with_relay(down_and_up);
	(void)connections_made;
}

static void discard(void)
{
	open_relay("", "");
	send_to("a@gone.test", MESSAGE);
	CHECK(eventually(left, 0));
	CHECK_NUMBER(sink.connections, 0);
	CHECK_NUMBER(relay_figures(relay).delivered, 0);
	close_relay();
}

CASE("a route that discards")
{
	with_relay(discard);
}

static void limited(void)
{
	int64_t began_us;

	open_relay("", ", messages_per_second: 20");
	began_us = worker_now_us();
	for (unsigned i = 0; i < 30; i++)
		send_to("a@one.test", MESSAGE);
	CHECK(eventually(taken, 30));
	CHECK(worker_now_us() - began_us > 1300000);
	close_relay();
}

CASE("no more messages a second than allowed")
{
	with_relay(limited);
}

static void per_connection(void)
{
	open_relay("  connections: 1\n", ", messages_per_connection: 7");
	for (unsigned i = 0; i < 21; i++)
		send_to("a@one.test", MESSAGE);
	CHECK(eventually(taken, 21));
	CHECK_NUMBER(sink.connections, 3);
	close_relay();
}

CASE("messages_per_connection")
{
	with_relay(per_connection);
}

int main(void)
{
	int result;

	server_start(&server, "");
	offload_start(2, 100);
	result = check_run();
	offload_stop();
	server_finish(&server);
	return result;
}
