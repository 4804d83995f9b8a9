/*
 * The queue on a real Redis: every way an entry can go, Q0 to Q5.
 */
#include <stdio.h>

#include "base/failure.h"
#include "check.h"
#include "world.h"

#define HOUR_MS 3600000

static struct server server;
static struct place place;

/* Runs BODY in a worker of its own with `place` open on an empty Redis. */
static void with_place(void (*body)(void))
{
	on_worker_with_place(&place, &server, body);
}

static uint64_t entries(void)
{
	return server_sum(&server, "HLEN", "entries", 8);
}

static uint64_t domains(void)
{
	return server_sum(&server, "ZCARD", "domains", 8);
}

static uint64_t held(void)
{
	return server_sum(&server, "ZCARD", "held", 8);
}

static bool send(const char *addresses)
{
	return place_send(&place, addresses, SLICE("hello\r\n"), NULL,
		deadline_after_ms(PATIENCE_MS));
}

static void settled(void)
{
	struct entry *entry;
	struct slice parts[2];

	CHECK(send("a@x.test b@x.test"));
	CHECK(place_await(&place, 1));
	CHECK_NUMBER(entries(), 1);
	CHECK_NUMBER(domains(), 0);
	entry = place_take(&place);
	CHECK_NUMBER(entry->recipient_count, 2);
	CHECK_SLICE(entry->domain, "x.test");
	CHECK_SLICE(entry->recipients[1].address, "b@x.test");
	CHECK(body_in_memory(entry->message->body, parts));
	CHECK_SLICE(parts[1], "hello\r\n");
	queue_settle(place.queue, entry);
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(queue_figures(place.queue).settled, 1);
	CHECK_NUMBER(queue_figures(place.queue).active, 0);
	CHECK_NUMBER(queue_figures(place.queue).active_bytes, 0);
}

CASE("Q0 to Q3 to Q0: committed straight to the taker, delivered, gone")
{
	with_place(settled);
}

static void deferred(void)
{
	struct entry *entry;
	struct attempt_note note = {
		1, SLICE("mx.x.test[192.0.2.1]:25"), SLICE("451 later")};

	CHECK(send("a@x.test b@x.test"));
	CHECK(place_await(&place, 1));
	entry = place_take(&place);
	entry->recipient_count = 1; /* a@ got it */
	entry->recipients[0] = entry->recipients[1];
	entry->attempts = 1;
	entry_add_note(entry, &note);
	queue_defer(place.queue, entry, worker_wall_ms() + HOUR_MS);
	CHECK(eventually(domains, 1));
	CHECK_NUMBER(entries(), 1);
	CHECK_NUMBER(queue_figures(place.queue).active, 0);
	place_wind(&place, HOUR_MS - 600000);
	rest_ms(100);
	CHECK_NUMBER(place.ready_count, 1);
	place_wind(&place, 600000);
	CHECK(place_await(&place, 2));
	entry = place_take(&place);
	CHECK_NUMBER(entry->recipient_count, 1);
	CHECK_SLICE(entry->recipients[0].address, "b@x.test");
	CHECK_NUMBER(entry->attempts, 1);
	CHECK_SLICE(entry->notes[0].answer, "451 later");
	CHECK_NUMBER(domains(), 0);
	queue_settle(place.queue, entry);
	CHECK(eventually(entries, 0));
}

CASE("Q3 to Q4 to Q3: deferred with what is left to do, taken when due")
{
	with_place(deferred);
}

static void put_back(void)
{
	struct entry *entry;

	CHECK(send("a@x.test"));
	CHECK(place_await(&place, 1));
	entry = place_take(&place);
	entry->attempts = 7; /* not written: it was not tried */
	queue_put_back(place.queue, entry, worker_wall_ms());
	CHECK(place_await(&place, 2));
	entry = place_take(&place);
	CHECK_NUMBER(entry->attempts, 0);
	queue_settle(place.queue, entry);
}

CASE("Q3 to Q2: put back as it was")
{
	with_place(put_back);
}

static void unwanted(void)
{
	struct slice part;
	struct body_reader reader;
	struct entry *entry;

	place.wanted = 1;
	CHECK(send("a@x.test a@y.test"));
	CHECK(place_await(&place, 2));
	place.wanted = 0;
	CHECK(send("a@z.test"));
	CHECK_NUMBER(entries(), 3);
	CHECK_NUMBER(domains(), 1);
	CHECK_NUMBER(queue_figures(place.queue).active, 2);
	rest_ms(300);
	CHECK_NUMBER(place.ready_count, 2);
	place.wanted = 5;
	queue_want(place.queue, SLICE("z.test"));
	CHECK(place_await(&place, 3));
	queue_settle(place.queue, place_take(&place));
	queue_settle(place.queue, place_take(&place));
	entry = place_take(&place);
	CHECK_SLICE(entry->domain, "z.test");
	body_reader_open(&reader, entry->message->body);
	CHECK(body_reader_next(&reader, &part, deadline_after_ms(PATIENCE_MS)));
	CHECK_SLICE(part, "Received: from test\r\nhello\r\n");
	body_reader_close(&reader);
	queue_settle(place.queue, entry);
	CHECK(eventually(entries, 0));
}

CASE("Q0 to Q2 to Q3: what the taker does not want waits until it does")
{
	with_place(unwanted);
}

static void postponed(void)
{
	queue_postpone(place.queue, SLICE("x.test"), worker_wall_ms() + HOUR_MS);
	CHECK(send("a@x.test"));
	CHECK(send("a@y.test"));
	CHECK(place_await(&place, 1));
	rest_ms(300);
	CHECK_NUMBER(place.ready_count, 1);
	queue_postpone(place.queue, SLICE("x.test"), 0);
	CHECK(place_await(&place, 2));
}

CASE("a postponed domain is left where it is, and found at once when it is not")
{
	with_place(postponed);
}

static void postponed_by_one_that_is_no_more(void)
{
	queue_postpone(place.queue, SLICE("x.test"), worker_wall_ms() + HOUR_MS);
	CHECK(send("a@x.test"));
	place_close(&place);
	CHECK(place_open(&place));
	CHECK(place_await(&place, 1));
}

CASE("what an earlier process postponed is looked at anew")
{
	with_place(postponed_by_one_that_is_no_more);
}

/* More domains than are asked for in one call, and more of one than it brings. */
static void backlogs(void)
{
	enum { DOMAINS = 150, OF_ONE = 450 };
	char text[64];

	place.wanted = 0;
	place.settles = true;
	for (int i = 0; i < DOMAINS; i++) {
		snprintf(text, sizeof(text), "a@d%d.test", i);
		CHECK(send(text));
	}
	for (int i = 0; i < OF_ONE; i++)
		CHECK(send("a@one.test"));
	CHECK_NUMBER(entries(), DOMAINS + OF_ONE);
	place.wanted = 300;
	queue_want(place.queue, SLICE("one.test"));
	for (int i = 0; i < DOMAINS; i++) {
		snprintf(text, sizeof(text), "d%d.test", i);
		queue_want(place.queue, slice_of(text));
	}
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(domains(), 0);
}

CASE("backlogs of many domains, and a long one, come when they are wanted")
{
	with_place(backlogs);
}

static void held_and_released(void)
{
	struct queue_selector selector = {.domain = SLICE("x.test")};
	uint64_t changed;

	CHECK(send("a@x.test"));
	CHECK(place_await(&place, 1));
	queue_hold(place.queue, place_take(&place));
	CHECK(eventually(held, 1));
	CHECK_NUMBER(entries(), 1);
	CHECK(queue_act(place.queue, &(struct queue_wish){.action = QUEUE_RETRY},
		&selector, &changed, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(changed, 0);
	CHECK(queue_act(place.queue, &(struct queue_wish){.action = QUEUE_RELEASE},
		&selector, &changed, deadline_after_ms(PATIENCE_MS)));
	CHECK_NUMBER(changed, 1);
	CHECK(place_await(&place, 2));
	CHECK_NUMBER(held(), 0);
}

CASE("Q3 to Q5 to Q3: held by hand, released by hand")
{
	with_place(held_and_released);
}

static void released_in_time(void)
{
	struct entry *list[16];
	size_t count;
	struct message *message = place_message(
		&place, "a@x.test", SLICE("later\r\n"), list, &count);

	list[0]->due_ms = worker_wall_ms() + HOUR_MS;
	CHECK(queue_commit(
		place.queue, message, list, count, deadline_after_ms(PATIENCE_MS)));
	message_release(&message);
	CHECK_NUMBER(held(), 1);
	CHECK_NUMBER(place.ready_count, 0);
	place_wind(&place, HOUR_MS);
	CHECK(place_await(&place, 1));
	CHECK_NUMBER(held(), 0);
}

CASE("RFC 4865: Q0 to Q5 to Q3: committed for later, released by time")
{
	with_place(released_in_time);
}

static void many_entries(void)
{
	enum { MANY = 5000 };
	struct entry **list = calloc(MANY, sizeof(*list));
	struct recipient recipient = {.address = SLICE("a@x.test")};
	struct entry *none[16], *entry;
	struct message *message;
	size_t count;

	message = place_message(&place, "a@x.test", SLICE("x\r\n"), none, &count);
	entry_destroy(&none[0]);
	for (unsigned i = 0; i < MANY; i++) {
		char domain[32];
		int size = snprintf(domain, sizeof(domain), "d%u.test", i);

		list[i] = entry_create(
			message, i, slice_make(domain, (size_t)size), &recipient, 1);
	}
	place.wanted = 0;
	CHECK(queue_commit(
		place.queue, message, list, MANY, deadline_after_ms(PATIENCE_MS)));
	message_release(&message);
	free(list);
	CHECK_NUMBER(entries(), MANY);
	CHECK_NUMBER(domains(), MANY);
	place.wanted = 1000;
	place_wind(&place, PATIENCE_MS);
	CHECK(place_await(&place, MANY));
	while ((entry = place_take(&place)))
		queue_settle(place.queue, entry);
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(server_sum(&server, "HLEN", "refs", 8), 0);
	CHECK_NUMBER(domains(), 0);
}

CASE("a message of 5000 entries")
{
	with_place(many_entries);
}

static void second_node(void)
{
	struct place other;

	place_set(&other, &server, "a", true);
	CHECK(queue_node_open(&other.config, 1) == NULL);
	CHECK(slice_find(slice_of(failure_last()->text), SLICE("another ringpost")) ==
		0);
}

CASE("a second process with the same state directory hears so")
{
	with_place(second_node);
}

int main(void)
{
	int result;

	offload_start(2, 64);
	server_start(&server, NULL);
	result = check_run();
	server_finish(&server);
	offload_stop();
	return result;
}
