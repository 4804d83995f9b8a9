/*
 * The queue on a real Redis: every way an entry can go.
 */
#include "world.h"

#include "base/failure.h"
#include "check.h"

static struct server server;

static void on_worker(void (*body)(void *arg))
{
	struct worker *worker = worker_create(&(struct worker_options){0});

	worker_run(worker, body, NULL);
	worker_destroy(&worker);
}

static uint64_t entries_in_redis(void)
{
	uint64_t count = 0;
	char text[64];

	for (unsigned i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "HLEN '{rp:%02u}:entries'", i);
		count += strtoull(server_ask(&server, text), NULL, 10);
	}
	return count;
}

/* Whether COUNT() becomes WANT within some seconds. */
static bool eventually(uint64_t (*count)(void), uint64_t want)
{
	for (int i = 0; i < 40; i++) {
		if (count() == want)
			return true;
		rest_ms(200);
	}
	return false;
}

static void commit_and_settle(void *arg)
{
	struct place place;
	struct message_id id;
	struct entry *entry;

	place_set(&place, &server, "a", true);
	if (!CHECK(place_open(&place)))
		return;
	CHECK(place_send(&place, "a@x.test b@x.test", SLICE("hello\r\n"), &id,
		deadline_after_ms(5000)));
	CHECK(place_await(&place, 1));
	CHECK_NUMBER(entries_in_redis(), 1);
	entry = place_take(&place);
	if (CHECK(entry != NULL)) {
		CHECK_NUMBER(entry->recipient_count, 2);
		CHECK_SLICE(entry->domain, "x.test");
		queue_settle(place.queue, entry);
	}
	CHECK(eventually(entries_in_redis, 0));
	place_close(&place);
}

CASE("Q0 to Q3 to Q0: committed, delivered, gone")
{
	on_worker(commit_and_settle);
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
