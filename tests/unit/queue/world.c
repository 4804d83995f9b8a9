/* A private redis-server and queues on it, for the tests of the queue. */
#include "world.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"
#include "queue/queue_parts.h"

int64_t place_timeout_ms = 10000;

static void must(bool held)
{
	assert(held);
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void run_server(const struct server *server, const char *more)
{
	char command[1024];

	snprintf(command, sizeof(command),
		"exec redis-server --port 0 --unixsocket %s --dir %s --save '' "
		"--appendonly yes --appendfsync always --loglevel warning --logfile "
		"%s/redis.log %s",
		server->address + 5, server->directory, server->directory, more);
	/* It does not outlive a test that crashed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

void server_start(struct server *server, const char *more)
{
	if (!server->directory[0]) {
		strcpy(server->directory, "/tmp/ringpost-queue-XXXXXX");
		must(mkdtemp(server->directory) != NULL);
		snprintf(server->address, sizeof(server->address), "unix:%s/redis.sock",
			server->directory);
	}
	server->pid = fork();
	if (server->pid == 0)
		run_server(server, more ? more : "");
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		if (strcmp(server_ask(server, "PING 2>&1"), "PONG") == 0)
			return;
		nap();
	}
	fprintf(stderr, "redis-server does not start\n");
	exit(1);
}

void server_kill(struct server *server)
{
	if (server->pid <= 0)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

void server_finish(struct server *server)
{
	char command[128];

	server_kill(server);
	snprintf(command, sizeof(command), "rm -rf %s", server->directory);
	must(system(command) == 0);
	server->directory[0] = '\0';
}

const char *server_ask(const struct server *server, const char *arguments)
{
	static char answer[65536];
	char command[4096];
	FILE *pipe;
	size_t size;

	snprintf(command, sizeof(command), "redis-cli -s %s %s", server->address + 5,
		arguments);
	pipe = popen(command, "r");
	size = fread(answer, 1, sizeof(answer) - 1, pipe);
	pclose(pipe);
	while (size && answer[size - 1] == '\n')
		size--;
	answer[size] = '\0';
	return answer;
}

uint64_t server_sum(const struct server *server, const char *command, const char *key,
	unsigned shards)
{
	char arguments[2048];
	size_t size = 0;
	struct slice rest;
	uint64_t sum = 0, number;

	size = (size_t)snprintf(arguments, sizeof(arguments), "<<'END'\n");
	for (unsigned i = 0; i < shards; i++)
		size += (size_t)snprintf(arguments + size, sizeof(arguments) - size,
			"%s {rp:%02u}:%s\n", command, i, key);
	snprintf(arguments + size, sizeof(arguments) - size, "END\n");
	rest = slice_of(server_ask(server, arguments));
	while (rest.at)
		if (slice_to_u64(slice_cut(&rest, '\n'), &number))
			sum += number;
	return sum;
}

/* ---- A node ---- */

static size_t wanted(void *context, struct slice domain, struct slice flow,
	struct taker_room *room_r)
{
	struct place *place = context;

	room_r->list = place->room;
	if (place->flow && !slice_equal(slice_of(place->flow), flow))
		return 0;
	return place->wanted;
}

static void ready(void *context, struct entry *entry)
{
	struct place *place = context;

	if (place->settles)
		queue_settle(place->queue, entry);
	else
		list_append(&place->ready, &entry->link);
	place->ready_count++;
	condition_broadcast(&place->came);
}

void place_set(
	struct place *place, const struct server *server, const char *name, bool spool)
{
	*place = (struct place){.wanted = 1000000};
	snprintf(place->directory, sizeof(place->directory), "%s/%s", server->directory,
		name);
	place->config.state_directory = place->directory;
	place->config.queue.redis = (char *)server->address;
	place->config.queue.bodies = spool ? (char *)"spool" : (char *)"redis";
	place->config.queue.shards = 8;
	place->config.queue.memory_limit = 256u << 20;
	place->config.queue.segment_size = 8u << 20;
}

static bool place_accepts(struct place *place)
{
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		if (queue_accepts(place->queue))
			return true;
		if (queue_node_refusal(place->node))
			return false;
		fiber_sleep(deadline_after_ms(10));
	}
	return false;
}

bool place_start(struct place *place)
{
	struct redis_options options = {.address = place->config.queue.redis,
		.timeout_ms = place_timeout_ms,
		.user = place->user,
		.password = place->user ? "any" : NULL,
		.prepare = queue_prepare};
	struct queue_taker taker = {wanted, ready, place};

	place->node = queue_node_open(&place->config, 1);
	if (!place->node)
		return false;
	options.context = place->node;
	list_init(&place->ready);
	place->ready_count = 0;
	condition_init(&place->came);
	scope_init(&place->scope);
	place->redis = redis_open(&options, &place->scope);
	must(place->redis != NULL);
	place->queue = queue_open(place->node, &place->config, place->redis);
	must(place->queue != NULL);
	queue_set_taker(place->queue, &taker);
	return true;
}

bool place_open(struct place *place)
{
	return place_start(place) && place_accepts(place);
}

void place_close(struct place *place)
{
	struct entry *entry;

	while (place->queue && (entry = place_take(place)))
		queue_put_back(place->queue, entry, worker_wall_ms());
	queue_close(&place->queue, deadline_after_ms(PATIENCE_MS));
	redis_close(&place->redis);
	scope_finish(&place->scope, deadline_after_ms(0));
	queue_node_close(&place->node);
}

bool place_await(struct place *place, size_t count)
{
	struct deadline deadline = deadline_after_ms(PATIENCE_MS);

	while (place->ready_count < count)
		if (!condition_wait(&place->came, deadline))
			return false;
	return true;
}

struct entry *place_take(struct place *place)
{
	struct link *link = list_take(&place->ready);

	return link ? CONTAINER_OF(link, struct entry, link) : NULL;
}

/* ---- Messages ---- */

static size_t group_by_domain(struct slice addresses, struct slice *domains,
	struct recipient (*recipients)[16], size_t *counts)
{
	size_t count = 0;

	while (addresses.at) {
		struct slice address = slice_cut(&addresses, ' '), domain = address;
		size_t at = 0;

		slice_cut(&domain, '@');
		while (at < count && !slice_equal(domains[at], domain))
			at++;
		domains[at] = domain;
		if (at == count)
			counts[count++] = 0;
		recipients[at][counts[at]++] = (struct recipient){.address = address};
	}
	return count;
}

struct message *place_message(struct place *place, const char *addresses,
	struct slice content, struct entry **entries, size_t *count_r)
{
	struct message *message = message_create();
	struct slice domains[16], head = SLICE("Received: from test\r\n");
	struct recipient recipients[16][16];
	size_t counts[16];
	size_t count = group_by_domain(
		slice_of(addresses), domains, recipients, counts);

	message->envelope.id = queue_new_id(place->queue);
	message->envelope.reverse_path = arena_copy(
		&message->arena, SLICE("sender@example.test"));
	message->envelope.created_ms = worker_wall_ms();
	message->envelope.expires_ms = worker_wall_ms() + 86400000;
	message->body = body_create(queue_bodies(place->queue));
	body_set_id(message->body, message_id_shard(&message->envelope.id),
		message_id_slice(&message->envelope.id));
	must(body_append(message->body, content, deadline_after_ms(PATIENCE_MS)));
	body_set_head(message->body, &head, 1);
	message->envelope.size = body_size(message->body);
	for (size_t i = 0; i < count; i++)
		entries[i] = entry_create(
			message, (unsigned)i, domains[i], recipients[i], counts[i]);
	*count_r = count;
	return message;
}

bool place_send(struct place *place, const char *addresses, struct slice content,
	struct message_id *id_r, struct deadline deadline)
{
	struct entry *entries[16];
	size_t count;
	struct message *message = place_message(
		place, addresses, content, entries, &count);
	bool safe;

	if (id_r)
		*id_r = message->envelope.id;
	safe = queue_commit(place->queue, message, entries, count, deadline);
	message_release(&message);
	return safe;
}

struct visit {
	struct place *place;
	void (*body)(void);
};

static void run_visit(void *arg)
{
	struct visit *visit = arg;

	must(place_open(visit->place));
	visit->body();
	place_close(visit->place);
}

void on_worker_with_place(
	struct place *place, const struct server *server, void (*body)(void))
{
	server_ask(server, "FLUSHALL");
	with_place_as_it_is(place, server, body);
}

void with_place_as_it_is(
	struct place *place, const struct server *server, void (*body)(void))
{
	struct visit visit = {place, body};
	struct worker *worker = worker_create(&(struct worker_options){0});

	must(worker != NULL);
	place_set(place, server, "a", true);
	worker_run(worker, run_visit, &visit);
	worker_destroy(&worker);
}

void rest_ms(int64_t ms)
{
	/* The turn may be old: a child process was waited for in it. */
	fiber_yield(deadline_none());
	fiber_sleep(deadline_after_ms(1));
	fiber_sleep(deadline_after_ms(ms));
}

bool eventually(uint64_t (*count)(void), uint64_t want)
{
	for (int i = 0; i < PATIENCE_MS / 50; i++) {
		if (count() == want) {
			/* It may have been Redis that was asked: what it answered us
			 * before that is still to be read. */
			rest_ms(20);
			return true;
		}
		rest_ms(50);
	}
	return false;
}

bool eventually_holds(bool (*holds)(void *context), void *context)
{
	for (int i = 0; i < PATIENCE_MS / 10; i++) {
		if (holds(context))
			return true;
		rest_ms(10);
	}
	return false;
}
