/*
 * Who owns what on a real Redis: a shard taken by another, two nodes, mail in
 * another node's spool, a process killed with its memory full.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/map.h"
#include "check.h"
#include "queue/queue_core.h"
#include "world.h"

static struct server server;
static const char *forbidding;
static struct place place;

static void with_place(void (*body)(void))
{
	on_worker_with_place(&place, &server, body);
}

static uint64_t entries(void)
{
	return server_sum(&server, "HLEN", "entries", 8);
}

static bool send(const char *addresses, int64_t limit_ms)
{
	return place_send(&place, addresses, SLICE("hello\r\n"), NULL,
		deadline_after_ms(limit_ms));
}

static void settle_all(void)
{
	struct entry *entry;

	while ((entry = place_take(&place)))
		queue_settle(place.queue, entry);
}

/* ---- Leases ---- */

static void overtaken(void)
{
	struct shard *shards = place.queue->shards;
	struct message_id id;
	struct entry *entry;
	char command[128];
	unsigned index;

	CHECK(place_send(&place, "a@x.test", SLICE("1\r\n"), &id,
		deadline_after_ms(PATIENCE_MS)));
	CHECK(place_await(&place, 1));
	index = message_id_shard(&id);
	/* So that our commit meets it, and not a renewal. */
	CHECK(place_hold_leases(&place));
	snprintf(command, sizeof(command),
		"HSET '{rp:%02u}:lease' epoch 1000 owner other/x/0 until "
		"99999999999999",
		index);
	server_ask(&server, command);
	place.queue->current = index;
	place.queue->current_until_us = INT64_MAX;
	CHECK(!send("b@x.test", PATIENCE_MS));
	CHECK(!shards[index].owned);
	entry = place_take(&place);
	CHECK(entry->marks.lost);
	queue_settle(place.queue, entry);
	rest_ms(200);
	CHECK_NUMBER(entries(), 1); /* the other's now */
	CHECK_NUMBER(queue_figures(place.queue).active, 0);
	CHECK_NUMBER(queue_figures(place.queue).shards, 7);
	CHECK(send("c@x.test", PATIENCE_MS)); /* in another shard */
	place_free_leases(&place);
	snprintf(command, sizeof(command), "HSET '{rp:%02u}:lease' until 1", index);
	server_ask(&server, command);
	condition_broadcast(&place.queue->lease_now);
	CHECK(place_await(&place, 3)); /* recovered */
	CHECK(shards[index].epoch == 1001);
}

CASE("a shard another has taken: refused by its epoch, found again when it is free")
{
	with_place(overtaken);
}

static bool is_refused(void *context)
{
	condition_broadcast(&place.queue->lease_now);
	return !queue_accepts(place.queue) &&
	       strstr(failure_last()->text, "NOPERM") != NULL;
}

static bool accepts(void *context)
{
	return queue_accepts(place.queue);
}

static void forbidden(void)
{
	place_close(&place);
	place_set(&place, &server, "a", true);
	place.user = "ring";
	server_ask(&server, "ACL SETUSER ring on nopass '~*' '&*' +@all");
	server_ask(&server, forbidding);
	CHECK(place_start(&place));
	CHECK(eventually_holds(is_refused, NULL));
	server_ask(&server, "ACL SETUSER ring '~*' +@all");
	CHECK(eventually_holds(accepts, NULL));
	CHECK(!*place.queue->lease_trouble);
}

CASE("a lease that Redis forbids: said, and taken when it is allowed")
{
	forbidding = "ACL SETUSER ring resetkeys '~rp:*'";
	with_place(forbidden);
	forbidding = "ACL SETUSER ring -zadd";
	with_place(forbidden);
}

/* Names decide who gets what: of the two used here the second gets three of
 * eight shards. Of names made by chance one in 128 pairs leaves a node none. */
static void set_name(const struct place *owner, const char *name)
{
	char path[128];
	FILE *file;

	CHECK(mkdir(owner->directory, 0700) == 0);
	snprintf(path, sizeof(path), "%s/node", owner->directory);
	file = fopen(path, "w");
	CHECK(file && fputs(name, file) >= 0 && fclose(file) == 0);
}

struct share {
	struct place *one, *other;
	uint64_t of_one, of_other;
};

/* Lets both look again; never may both have the same. */
static void poke(struct place *one, struct place *other)
{
	condition_broadcast(&one->queue->lease_now);
	if (!other->queue)
		return;
	condition_broadcast(&other->queue->lease_now);
	for (unsigned i = 0; i < 8; i++)
		CHECK(!one->queue->shards[i].owned || !other->queue->shards[i].owned);
}

static bool is_shared(void *context)
{
	const struct share *share = context;

	poke(share->one, share->other);
	if (queue_figures(share->one->queue).shards != share->of_one)
		return false;
	return !share->other->queue ||
	       queue_figures(share->other->queue).shards == share->of_other;
}

static bool has_counted(void *context)
{
	const struct share *share = context;

	poke(share->one, share->other);
	return atomic_load(&share->other->node->shards_counted) == share->of_other;
}

static void two_nodes(void)
{
	struct place other;
	struct share share = {&place, &other, 8, 0};

	place_close(&place);
	place_set(&place, &server, "one", true);
	set_name(&place, "111111111111");
	place_set(&other, &server, "other", true);
	set_name(&other, "666666666666");
	CHECK(place_open(&place));
	CHECK(send("a@x.test", PATIENCE_MS));
	CHECK(place_await(&place, 1));
	CHECK(eventually_holds(is_shared, &share));
	CHECK(place_start(&other));
	other.queue->opened_us = INT64_MAX; /* others may still give it shards */
	for (int i = 0; i < 5; i++) {
		rest_ms(100);
		poke(&place, &other);
	}
	settle_all();
	share.of_one = 5;
	share.of_other = 3;
	CHECK(eventually_holds(is_shared, &share));
	CHECK(eventually_holds(has_counted, &share));
	for (int i = 0; i < 5; i++)
		CHECK((rest_ms(100), has_counted(&share)));
	/* What is not its own it looks at once, too: its spool may be named. */
	other.queue->opened_us = -INT64_C(1000000000);
	share.of_other = 8;
	CHECK(eventually_holds(has_counted, &share));
	place_close(&other);
	share.of_one = 8;
	CHECK(eventually_holds(is_shared, &share));
}

CASE("two nodes share the shards, and one gets all when the other leaves")
{
	with_place(two_nodes);
}

static char note[300];

static bool see_note(void *context, const struct queue_item *item)
{
	const struct entry *entry = item->entry;

	CHECK(entry->note_count <= 1);
	if (item->state == QUEUE_DEFERRED && entry->note_count)
		slice_to_text(entry->notes[0].answer, note, sizeof(note));
	return true;
}

static bool is_noted(void *context)
{
	struct queue_selector all = {0};

	place_wind(&place, 1000);
	note[0] = '\0';
	return queue_each(place.queue, &all, see_note, NULL,
		       deadline_after_ms(PATIENCE_MS)) &&
	       note[0];
}

static void elsewhere(void)
{
	struct entry *entry;
	struct body_reader reader;
	struct slice part;
	char name[16];

	place.wanted = 0;
	CHECK(send("a@x.test", PATIENCE_MS));
	slice_to_text(spool_node(queue_node_spool(place.node)), name, sizeof(name));
	place_close(&place);
	place_set(&place, &server, "b", true);
	CHECK(place_open(&place));
	CHECK(eventually_holds(is_noted, NULL));
	for (int round = 0; round < 3; round++) {
		place_wind(&place, 61000);
		rest_ms(300);
	}
	CHECK_NUMBER(place.ready_count, 0);
	CHECK(is_noted(NULL));
	CHECK(strstr(note, name) != NULL);
	place_close(&place);
	place_set(&place, &server, "a", true);
	CHECK(place_open(&place));
	place_wind(&place, 61000);
	CHECK(place_await(&place, 1));
	entry = place_take(&place);
	body_reader_open(&reader, entry->message->body);
	CHECK(body_reader_next(&reader, &part, deadline_after_ms(PATIENCE_MS)));
	CHECK_SLICE(part, "Received: from test\r\nhello\r\n");
	body_reader_close(&reader);
	queue_settle(place.queue, entry);
	CHECK(eventually(entries, 0));
}

CASE("mail in another node's spool waits for it, and says so once")
{
	with_place(elsewhere);
}

/* ---- The process killed ---- */

static void commit_and_stay(void *arg)
{
	unsigned sent = 0;

	place_set(&place, &server, "a", true);
	if (!place_open(&place))
		_exit(1);
	for (int i = 0; i < 50; i++)
		sent += send("a@x.test b@y.test", PATIENCE_MS);
	printf("%u\n", sent);
	fflush(stdout);
	for (;;)
		rest_ms(1000);
}

/* This program again, as the process that dies. */
static int be_child(const char *directory)
{
	struct worker *worker;

	snprintf(server.directory, sizeof(server.directory), "%s", directory);
	snprintf(server.address, sizeof(server.address), "unix:%s/redis.sock",
		directory);
	offload_start(2, 64);
	worker = worker_create(&(struct worker_options){0});
	worker_run(worker, commit_and_stay, NULL);
	return 0;
}

static unsigned run_child_and_kill_it(void)
{
	int pipes[2];
	char text[16] = {0};
	pid_t child;

	if (pipe(pipes) != 0)
		return 0;
	child = fork();
	if (child == 0) {
		dup2(pipes[1], 1);
		execl("/proc/self/exe", "queue_lease_test", server.directory, NULL);
		_exit(1);
	}
	close(pipes[1]);
	CHECK(read(pipes[0], text, sizeof(text) - 1) > 0);
	close(pipes[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return (unsigned)atoi(text);
}

static void recovered(void)
{
	struct map seen = {0};
	struct entry *entry;

	CHECK(place_await(&place, 100));
	rest_ms(500);
	CHECK_NUMBER(place.ready_count, 100);
	while ((entry = place_take(&place))) {
		char text[32];
		struct body_reader reader;
		struct slice part;

		CHECK(!map_set(&seen, entry_key(entry, text), entry));
		body_reader_open(&reader, entry->message->body);
		CHECK(body_reader_next(&reader, &part, deadline_after_ms(PATIENCE_MS)));
		CHECK_SLICE(part, "Received: from test\r\nhello\r\n");
		body_reader_close(&reader);
		queue_settle(place.queue, entry);
	}
	map_finish(&seen);
	CHECK(eventually(entries, 0));
	CHECK_NUMBER(spool_figures(queue_node_spool(place.node)).bytes_alive, 0);
}

CASE("kill -9 with 100 entries in memory: the next process has them all, once")
{
	server_ask(&server, "FLUSHALL");
	CHECK_NUMBER(run_child_and_kill_it(), 50);
	with_place_as_it_is(&place, &server, recovered);
}

int main(int argc, char **argv)
{
	int result;

	if (argc > 1)
		return be_child(argv[1]);
	offload_start(2, 64);
	server_start(&server, NULL);
	result = check_run();
	server_finish(&server);
	offload_stop();
	return result;
}
