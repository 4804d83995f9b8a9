/* What peers lack, break and limit, and what the sender hears of it. */
#include <sys/resource.h>

#include "../queue/clock_wound.h"
#include "base/memory.h"
#include "check.h"
#include "relay_world.h"

static uint64_t bounced(void)
{
	return world_events("bounced");
}

static uint64_t deferred(void)
{
	return world_events("deferred");
}

static uint64_t delivered(void)
{
	return world_events("delivered");
}

/* ---- What the peer lacks ---- */

static void set_utf8(struct message *message, struct entry *entry)
{
	message->envelope.smtputf8 = true;
}

static void utf8(void)
{
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_utf8);
	CHECK(eventually(world_taken, 1)); /* all of it is ASCII in the end */
	world_send_as("gr\xc3\xbc\xc3\x9f@one.test b@one.test", MESSAGE, set_utf8);
	CHECK(eventually(world_taken, 2));
	CHECK(eventually(bounced, 1));
	CHECK(world_said("5.6.7"));
	world_send_as("a@b\xc3\xbc"
		      "cher.test",
		MESSAGE, set_utf8);
	CHECK(eventually(world_taken, 3));
	CHECK(sink_heard(&world.sink, "RCPT TO:<a@xn--bcher-kva.test>"));
	world_close();
}

CASE("SMTPUTF8 to a peer without it")
{
	with_world(utf8);
}

static void set_eight_bit(struct message *message, struct entry *entry)
{
	message->envelope.eight_bit = true;
}

#define EIGHT_BIT                                     \
	"MIME-Version: 1.0\r\n"                       \
	"Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: 8bit\r\n\r\n"     \
	"gr\xc3\xbc\xc3\x9f\r\n"

static void eight_bit(void)
{
	world.sink.extensions = "PIPELINING\nENHANCEDSTATUSCODES";
	world_open("", "");
	world_send_as("a@one.test", EIGHT_BIT, set_eight_bit);
	CHECK(eventually(world_taken, 1));
	CHECK(sink_got(&world.sink, "quoted-printable") ||
		sink_got(&world.sink, "base64"));
	CHECK(!sink_got(&world.sink, "\xc3"));
	CHECK(!sink_heard(&world.sink, "8BITMIME"));
	world_send_as("a@one.test", "DKIM-Signature: v=1; theirs\r\n" EIGHT_BIT,
		set_eight_bit);
	CHECK(eventually(bounced, 1));
	CHECK(world_said("5.6.3"));
	world_close();
}

CASE("8-bit text to a peer without 8BITMIME")
{
	with_world(eight_bit);
}

static bool sign(void *context, struct slice header, struct slice body,
	struct buffer *fields, struct deadline deadline)
{
	return buffer_append(fields, SLICE("DKIM-Signature: v=1; new\r\n"));
}

static void set_signed(struct message *message, struct entry *entry)
{
	struct slice head[] = {SLICE("DKIM-Signature: v=1; ours\r\n"),
		SLICE("Received: from test\r\n")};

	message->envelope.eight_bit = true;
	body_destroy(&message->body);
	message->body = body_create(queue_bodies(world.place.queue));
	body_set_id(message->body, message_id_shard(&message->envelope.id),
		message_id_slice(&message->envelope.id));
	body_append(message->body, SLICE(EIGHT_BIT), deadline_after_ms(1000));
	body_set_head(message->body, head, 2);
}

static void signed_again(void)
{
	world.sink.extensions = "PIPELINING";
	world.sign = sign;
	world_open("", "");
	world_send_as("a@one.test", "", set_signed);
	CHECK(eventually(world_taken, 1));
	CHECK(sink_got(&world.sink, "DKIM-Signature: v=1; new\r\nReceived: from test"));
	CHECK(!sink_got(&world.sink, "v=1; ours"));
	world_close();
}

CASE("our own signature is made anew over what was converted")
{
	with_world(signed_again);
}

static void too_large(void)
{
	world.sink.extensions = "PIPELINING\nSIZE 30";
	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(bounced, 1));
	CHECK(world_said("5.3.4 the message has"));
	CHECK_NUMBER(world.sink.messages, 0);
	CHECK(!sink_heard(&world.sink, "MAIL"));
	world_close();
}

CASE("more than SIZE allows is not even begun")
{
	with_world(too_large);
}

static void broken_tls(void)
{
	world.sink.extensions = PIPELINING "\nSTARTTLS";
	world_open("", "");
	for (unsigned i = 1; i <= 3; i++) {
		world_send("a@one.test", MESSAGE);
		CHECK(eventually(world_taken, i));
	}
	CHECK(world_said("tls_broken"));
	CHECK_NUMBER(world.sink.connections, 2);
	CHECK_NUMBER(deferred(), 0);
	world_close();
}

static const char *break_tls(struct sink *sink, struct slice line)
{
	return slice_equal(line, SLICE("STARTTLS")) ? "220 go" : NULL;
}

static void with_broken_tls(void)
{
	world.sink.answer = break_tls;
	broken_tls();
}

CASE("TLS that breaks is left out, where it may")
{
	with_world(with_broken_tls);
}

static void demanded_tls(void)
{
	world.sink.answer = break_tls;
	world.sink.extensions = PIPELINING "\nSTARTTLS";
	world_open("", ", tls: must");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(deferred, 1));
	CHECK_NUMBER(world.sink.messages, 0);
	CHECK(world_said("4.7.5"));
	world_close();
}

CASE("where it may not, the mail waits")
{
	with_world(demanded_tls);
}

/* ---- Recipients ---- */

static void many_recipients(void)
{
	char addresses[300] = "";

	world.sink.extensions = PIPELINING "\nLIMITS RCPTMAX=3";
	for (int i = 0; i < 10; i++)
		snprintf(addresses + strlen(addresses), 20, "%sr%d@one.test",
			i ? " " : "", i);
	world_open("", "");
	world_send(addresses, MESSAGE);
	CHECK(eventually(world_taken, 4));
	CHECK_NUMBER(world.sink.recipients, 10);
	CHECK_NUMBER(world.sink.connections, 1);
	CHECK(eventually(delivered, 10));
	world_close();
}

CASE("no more recipients at a time than the peer says")
{
	with_world(many_recipients);
}

static const char *four_at_most(struct sink *sink, struct slice line)
{
	static unsigned count;

	if (slice_starts(line, SLICE("MAIL")))
		count = 0;
	return slice_starts(line, SLICE("RCPT")) && ++count > 4
		       ? "452 4.5.3 too many recipients"
		       : NULL;
}

static void too_many(void)
{
	world.sink.answer = four_at_most;
	world_open("", "");
	world_send("a@one.test b@one.test c@one.test d@one.test e@one.test f@one.test",
		MESSAGE);
	CHECK(eventually(world_taken, 2));
	CHECK_NUMBER(world.sink.recipients, 6);
	CHECK(eventually(delivered, 6));
	CHECK_NUMBER(deferred(), 0);
	world_close();
}

CASE("452 4.5.3: the rest right away")
{
	with_world(too_many);
}

/* ---- Time ---- */

static void set_old(struct message *message, struct entry *entry)
{
	message->envelope.created_ms = worker_wall_ms() - 86400000;
	message->envelope.expires_ms = worker_wall_ms() - 1;
}

static void expired(void)
{
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_old);
	CHECK(eventually(bounced, 1));
	CHECK(world_said("4.4.7 it could not be delivered in time"));
	CHECK(eventually(world_taken_by_other, 1));
	CHECK(sink_got(&world.other, "Action: failed"));
	CHECK_NUMBER(world.sink.connections, 0);
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("what is too old goes back before it is tried")
{
	with_world(expired);
}

static const char *always_later(struct sink *sink, struct slice line)
{
	return slice_starts(line, SLICE("RCPT")) ? "451 4.7.1 later" : NULL;
}

static bool is_deferred_twice(void *context)
{
	return deferred() >= 2;
}

static void expires(void)
{
	world.sink.answer = always_later;
	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually_holds(is_deferred_twice, NULL));
	clock_wind_ms(2 * 86400000); /* place_message gives it one day */
	CHECK(eventually(bounced, 1));
	CHECK(world_said("the last attempt: 451 4.7.1 later"));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("retries end when it expires")
{
	with_world(expires);
}

static void set_delay(struct message *message, struct entry *entry)
{
	message->envelope.created_ms = worker_wall_ms() - 5 * 3600 * 1000;
	entry->recipients[0].notify = NOTIFY_DELAY | NOTIFY_FAILURE;
}

static void delayed(void)
{
	world.sink.answer = always_later;
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_delay);
	CHECK(eventually(world_taken_by_other, 1));
	CHECK(sink_got(&world.other, "Action: delayed"));
	CHECK(eventually_holds(is_deferred_twice, NULL));
	CHECK_NUMBER(world.other.messages, 1);
	world_close();
}

CASE("one warning of a delay")
{
	with_world(delayed);
}

static void set_success(struct message *message, struct entry *entry)
{
	entry->recipients[0].notify = NOTIFY_SUCCESS;
	entry->recipients[0].original = SLICE("rfc822;first@one.test");
	message->envelope.envelope_id = SLICE("env-1");
}

static void relayed(void)
{
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_success);
	CHECK(eventually(world_taken_by_other, 1));
	CHECK(sink_got(&world.other, "Action: relayed"));
	CHECK(sink_got(&world.other, "Original-Recipient: rfc822; first@one.test"));
	CHECK(sink_got(&world.other, "Original-Envelope-Id: env-1"));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("NOTIFY=SUCCESS, and the peer cannot")
{
	with_world(relayed);
}

static void passed_on(void)
{
	world.sink.extensions = PIPELINING "\nDSN";
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_success);
	CHECK(eventually(world_taken, 1));
	CHECK(sink_heard(&world.sink, "NOTIFY=SUCCESS ORCPT=rfc822;first@one.test"));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world.other.messages, 0);
	world_close();
}

CASE("NOTIFY=SUCCESS, and the peer can")
{
	with_world(passed_on);
}

static const char *never(struct sink *sink, struct slice line)
{
	return slice_starts(line, SLICE("RCPT")) ? "550 5.1.1 who?" : NULL;
}

static void set_null(struct message *message, struct entry *entry)
{
	message->envelope.reverse_path = SLICE_EMPTY;
}

static void set_never(struct message *message, struct entry *entry)
{
	entry->recipients[0].notify = NOTIFY_NEVER;
}

static void no_bounce(void)
{
	world.sink.answer = never;
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_null);
	world_send_as("a@one.test", MESSAGE, set_never);
	CHECK(eventually(bounced, 2));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(world.other.messages, 0);
	world_close();
}

CASE("<> is never bounced, nor what asked for no notice")
{
	with_world(no_bounce);
}

static void set_full(struct message *message, struct entry *entry)
{
	message->envelope.return_set = message->envelope.return_full = true;
}

static void full(void)
{
	world.sink.answer = never;
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_full);
	CHECK(eventually(world_taken_by_other, 1));
	CHECK(sink_got(&world.other, MESSAGE));
	world_close();
}

CASE("RET=FULL: all of it comes back")
{
	with_world(full);
}

static bool gate_is_open;
static unsigned at_gate; /* so many have waited there, or do */

static void wait_at_gate(void)
{
	at_gate++;
	while (!gate_is_open && fiber_sleep(deadline_after_ms(5)))
		continue;
}

static bool is_somebody_there(void *context)
{
	return at_gate >= *(unsigned *)context;
}

static bool have_come(unsigned count)
{
	return eventually_holds(is_somebody_there, &count);
}

static const char *never_after_a_while(struct sink *sink, struct slice line)
{
	if (!slice_starts(line, SLICE("RCPT")))
		return NULL;
	wait_at_gate();
	return "550 5.1.1 who?";
}

static void store_down(void)
{
	world.sink.answer = never_after_a_while;
	world_open("", "");
	gate_is_open = false, at_gate = 0;
	world_send("nobody@one.test", MESSAGE);
	CHECK(have_come(1));
	server_kill(&world.server);
	gate_is_open = true;
	CHECK(eventually(bounced, 1));
	rest_ms(500);
	CHECK_NUMBER(world_events("notified"), 0);
	CHECK_NUMBER(world_in_hand(), 1);
	server_start(&world.server, "");
	CHECK(eventually(world_taken_by_other, 1));
	CHECK(sink_got(&world.other, "nobody@one.test"));
	CHECK(eventually(world_left, 0));
	world_close();
}

CASE("nobody is given up before the sender can be told")
{
	with_world(store_down);
}

/* ---- Connections ---- */

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
	CHECK(eventually(delivered, 3));
	CHECK_NUMBER(deferred(), 1);
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
	CHECK(eventually(delivered, 16));
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
	CHECK_NUMBER(deferred(), 0);
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
	gate_is_open = false, at_gate = 0;
	world_send("a@one.test", MESSAGE);
	CHECK(have_come(1));
	began_us = worker_now_us();
	relay_drain(world.relay, deadline_after_ms(PATIENCE_MS));
	fiber_yield(deadline_none());
	CHECK(worker_now_us() - began_us < 20000000);
	CHECK_NUMBER(world_in_hand(), 0);
	CHECK_NUMBER(deferred(), 0);
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
	gate_is_open = false, at_gate = 0;
	world_open("  connections: 2\n", "");
	for (unsigned i = 0; i < 6; i++)
		world_send("a@one.test", MESSAGE);
	CHECK(have_come(2));
	CHECK(scope_spawn(&world.sink.scope, "gate", open_gate, NULL));
	relay_drain(world.relay, deadline_after_ms(PATIENCE_MS));
	CHECK(delivered() >= 2 && delivered() <= 4);
	CHECK_NUMBER(world_in_hand(), 0);
	CHECK_NUMBER(deferred(), 0);
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
	gate_is_open = false, at_gate = 0;
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
