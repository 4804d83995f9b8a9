/* Mail that stays here: handed over, settled as it is said, told as it is. */
#include "check.h"
#include "relay/probe.h"
#include "relay_world.h"

#include "base/buffer.h"
#include "base/failure.h"
#include "run/fiber.h"

static unsigned calls, at_once, most_at_once;
static struct buffer said;

/* Answers by the first letter of each address. */
static bool deliver(void *context, const struct entry *entry,
	const struct config_capture *capture, struct arena *arena,
	struct local_answer *answers, struct deadline deadline)
{
	calls++;
	if (++at_once > most_at_once)
		most_at_once = at_once;
	if (!fiber_sleep(deadline_after_ms(20))) {
		at_once--;
		return false;
	}
	at_once--;
	buffer_append_format(&said, "%s%s;", capture ? capture->account : "",
		capture && capture->mailbox ? capture->mailbox : "");
	for (size_t i = 0; i < entry->recipient_count; i++) {
		char first = entry->recipients[i].address.at[0];

		answers[i] = (struct local_answer){.kind = first == 'l' ? LOCAL_LATER
							   : first == 'n'
								   ? LOCAL_NEVER
								   : LOCAL_DELIVERED,
			.status = first == 'l'	 ? "4.2.2"
				  : first == 'n' ? "5.1.1"
						 : "2.0.0",
			.reason = arena_format(arena, "because of %c", first)};
	}
	return true;
}

static bool knows(
	void *context, struct slice address, bool *known_r, struct deadline deadline)
{
	*known_r = slice_starts(address, SLICE("a"));
	return !slice_starts(address, SLICE("x")) || fail(FAILURE_STORE, "not now");
}

static void begin(void)
{
	calls = most_at_once = 0;
	buffer_clear(&said);
	world.local = (struct local_delivery){deliver, knows, NULL};
	world_open("", "");
}

/* Not those that were sent, as notifications are. */
static uint64_t delivered(void)
{
	return world_said_times("\"reply\":\"2.0.0 because of a\"");
}

static uint64_t notified(void)
{
	return world_events("notified");
}

static void story(void)
{
	begin();
	world_send("a@here.test n@here.test l@here.test", MESSAGE);
	CHECK(eventually(delivered, 1));
	CHECK(eventually(notified, 1));
	CHECK(world_said("\"reply\":\"5.1.1 because of n\""));
	CHECK(world_said("\"reply\":\"4.2.2 because of l\""));
	CHECK(world_said("\"host\":\"local\""));
	CHECK_NUMBER(world_events("bounced"), 1);
	CHECK(world_events("deferred") >= 1);
	/* Who waits comes again. */
	for (int i = 0; i < 1000 && calls < 2; i++)
		(void)fiber_sleep(deadline_after_ms(20));
	CHECK(calls >= 2);
	CHECK_NUMBER(delivered(), 1);
	world_close();
}

CASE("some of an entry delivered, refused, put off")
{
	with_world(story);
	buffer_finish(&said);
}

static void captured(void)
{
	begin();
	world_send("a@all.test", MESSAGE);
	CHECK(eventually(delivered, 1));
	CHECK_SLICE(buffer_contents(&said), "cd;");
	CHECK_NUMBER(world.sink.connections, 0);
	world_close();
}

CASE("a route that captures")
{
	with_world(captured);
	buffer_finish(&said);
}

static void of_tenant(struct message *message, struct entry *entry)
{
	message->envelope.tenant = SLICE("staging");
}

static void tenant(void)
{
	world.more = "tenants: [{ name: staging, capture: { account: stage } }]\n";
	begin();
	world_send_as("a@one.test", MESSAGE, of_tenant);
	world_send_as("a@gone.test", MESSAGE, of_tenant);
	CHECK(eventually(delivered, 2));
	CHECK_SLICE(buffer_contents(&said), "stage;stage;");
	CHECK_NUMBER(world.sink.connections, 0);
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_taken, 1));
	world_close();
}

CASE("a tenant whose mail is captured, wherever it goes")
{
	with_world(tenant);
	buffer_finish(&said);
}

static void many(void)
{
	begin();
	for (unsigned i = 0; i < 2500; i++)
		world_send("a@here.test", MESSAGE);
	CHECK(eventually(delivered, 2500));
	CHECK(eventually(world_left, 0));
	CHECK_NUMBER(calls, 2500);
	CHECK(most_at_once > 1 && most_at_once <= 64);
	world_close();
}

CASE("more than may wait at once")
{
	with_world(many);
	buffer_finish(&said);
}

static bool never_ends(void *context, const struct entry *entry,
	const struct config_capture *capture, struct arena *arena,
	struct local_answer *answers, struct deadline deadline)
{
	calls++;
	return fiber_sleep(deadline);
}

static uint64_t called(void)
{
	return calls;
}

static void stopped(void)
{
	calls = 0;
	world.local = (struct local_delivery){never_ends, knows, NULL};
	world_open("", "");
	for (unsigned i = 0; i < 100; i++)
		world_send("a@here.test", MESSAGE);
	CHECK(eventually(called, 64));
	relay_drain(world.relay, deadline_after_ms(100));
	CHECK_NUMBER(world_in_hand(), 0);
	CHECK_NUMBER(calls, 64);
	CHECK_NUMBER(world_events("delivered"), 0);
	world_close();
}

CASE("what is under way at the end goes back to the queue")
{
	with_world(stopped);
}

/* Another configuration sends it on. */
static void elsewhere(void)
{
	struct config *config;

	begin();
	world_send("l@here.test", MESSAGE);
	CHECK(eventually(called, 1));
	world.more = "";
	config = world_config("", "");
	for (size_t i = 0; i < config->route_count; i++)
		config->routes[i].mailbox = false;
	relay_reload(world.relay, config, NULL, NULL, world.tls);
	for (int i = 0; i < 1000 && world_events("deferred") == 0; i++)
		(void)fiber_sleep(deadline_after_ms(20));
	config_release(&config);
	world_close();
}

CASE("a reload in the middle of a delivery")
{
	with_world(elsewhere);
	buffer_finish(&said);
}

static void none(void)
{
	world_open("", "");
	world_send("a@here.test", MESSAGE);
	for (int i = 0; i < 1000 && world_events("deferred") == 0; i++)
		(void)fiber_sleep(deadline_after_ms(20));
	CHECK(world_said("\"reply\":\"4.3.5 no mailboxes are kept by this process\""));
	world_close();
}

CASE("where nobody has mailboxes, it waits")
{
	with_world(none);
}

static void asked(void)
{
	struct arena arena = {0};
	struct reply reply;

	begin();
	CHECK(relay_probe(world.relay, SLICE("here.test"), SLICE("a@here.test"), &arena,
		&reply, deadline_after_ms(20000)));
	CHECK_NUMBER(reply.code, 250);
	CHECK(relay_probe(world.relay, SLICE("here.test"), SLICE("b@here.test"), &arena,
		&reply, deadline_after_ms(20000)));
	CHECK_NUMBER(reply.code, 550);
	CHECK(!relay_probe(world.relay, SLICE("here.test"), SLICE("x@here.test"),
		&arena, &reply, deadline_after_ms(20000)));
	CHECK(relay_probe(world.relay, SLICE("all.test"), SLICE("b@all.test"), &arena,
		&reply, deadline_after_ms(20000)));
	CHECK_NUMBER(reply.code, 250);
	arena_finish(&arena);
	world_close();
}

CASE("port 25 is told who there is")
{
	with_world(asked);
	buffer_finish(&said);
}

int main(void)
{
	return world_main(check_run);
}
