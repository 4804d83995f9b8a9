/* Mail that is late or never arrives: until when it is tried, who is told, and what. */
#include "../queue/clock_wound.h"
#include "base/memory.h"
#include "check.h"
#include "relay_gate.h"

static void set_old(struct message *message, struct entry *entry)
{
	message->envelope.created_ms = worker_wall_ms() - 86400000;
	message->envelope.expires_ms = worker_wall_ms() - 1;
}

static void expired(void)
{
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_old);
	CHECK(eventually(world_bounced, 1));
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
	return world_deferred() >= 2;
}

static void expires(void)
{
	world.sink.answer = always_later;
	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually_holds(is_deferred_twice, NULL));
	clock_wind_ms(2 * 86400000); /* place_message gives it one day */
	CHECK(eventually(world_bounced, 1));
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
	CHECK(eventually(world_bounced, 2));
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
	shut_gate();
	world_send("nobody@one.test", MESSAGE);
	CHECK(have_come(1));
	server_kill(&world.server);
	gate_is_open = true;
	CHECK(eventually(world_bounced, 1));
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

int main(void)
{
	return world_main(check_run);
}
