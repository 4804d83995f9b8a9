/*
 * How fast the queue goes on this machine: commits through many fibers, the CPU
 * time they cost, and what a long queue costs to list, take and recover.
 *
 *	queue_speed [fibers [seconds [body bytes [redis]]]]
 *	queue_speed long [entries]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/ring.h"
#include "queue/queue_core.h"
#include "world.h"

static struct server server;
static struct place place;

static struct {
	unsigned running;
	int64_t until_us, last_us;
	uint64_t entries; /* of the long queue */
	uint64_t safe, refused;
	struct slice content;
} load;

static void send_on(void *arg)
{
	while (clock_monotonic_us() < load.until_us) {
		if (place_send(&place, "someone@destination.test", load.content, NULL,
			    deadline_after_ms(10000)))
			load.safe++;
		else
			load.refused++;
	}
	load.running--;
}

/* CPU seconds of the server so far. */
static double server_cpu(void)
{
	const char *info = server_ask(&server, "INFO cpu");
	const char *system = strstr(info, "used_cpu_sys:");
	const char *user = strstr(info, "used_cpu_user:");

	return atof(system + strlen("used_cpu_sys:")) +
	       atof(user + strlen("used_cpu_user:"));
}

static void wait_settled(void)
{
	while (queue_figures(place.queue).active)
		rest_ms(5);
}

static void measure_commits(const char *what, unsigned fibers, int64_t seconds)
{
	struct queue_figures before = queue_figures(place.queue), after;
	struct ring_figures ring = ring_figures();
	double redis_cpu = server_cpu();
	int64_t cpu_us, start_us;
	double passed, count;

	rest_ms(10);
	cpu_us = clock_thread_cpu_us();
	start_us = clock_monotonic_us();
	load.safe = load.refused = 0;
	load.running = fibers;
	load.until_us = start_us + seconds * 1000000;
	for (unsigned i = 0; i < fibers; i++)
		scope_spawn(&place.scope, "sender", send_on, NULL);
	while (load.running)
		rest_ms(5);
	passed = (double)(clock_monotonic_us() - start_us) / 1e6;
	wait_settled();
	cpu_us = clock_thread_cpu_us() - cpu_us;
	after = queue_figures(place.queue);
	count = (double)load.safe;
	redis_cpu = server_cpu() - redis_cpu;
	printf("%s, %u fibers: %.0f/s, %.1f a commit, %.1f a settle, CPU us a message: "
	       "worker %.1f, Redis %.1f; ring enters %.2f; refused %llu\n",
		what, fibers, count / passed,
		count / (double)(after.commits - before.commits),
		count / (double)(after.settles - before.settles),
		(double)cpu_us / count, redis_cpu * 1e6 / count,
		(double)(ring_figures().enters - ring.enters) / count,
		(unsigned long long)load.refused);
}

static bool count_item(void *context, const struct queue_item *item)
{
	++*(size_t *)context;
	return true;
}

static double since_ms(int64_t start_us)
{
	return (double)(clock_monotonic_us() - start_us) / 1000;
}

static void fill_one(void *arg)
{
	char address[64];

	while (load.safe < load.entries) {
		if (load.safe % 100000 == 0 && load.safe) {
			printf("%llu: %.0f ms for 100000\n",
				(unsigned long long)load.safe, since_ms(load.last_us));
			load.last_us = clock_monotonic_us();
		}
		snprintf(address, sizeof(address), "a@d%llu.test",
			(unsigned long long)(load.safe++ % 5000));
		if (!place_send(&place, address, SLICE("short\r\n"), NULL,
			    deadline_after_ms(20000)))
			load.refused++;
	}
	load.running--;
}

static void measure_long_queue(void)
{
	struct queue_selector all = {0}, domain = {.domain = SLICE("d77.test")};
	struct queue_domain_count largest[10];
	uint64_t by_state[4];
	size_t count = 0, kinds = 10;
	int64_t start_us = clock_monotonic_us();

	place.wanted = 0;
	load.safe = load.refused = 0;
	load.last_us = clock_monotonic_us();
	load.running = 100;
	for (unsigned i = 0; i < 100; i++)
		scope_spawn(&place.scope, "filler", fill_one, NULL);
	while (load.running)
		rest_ms(5);
	printf("%llu entries of 5000 domains that nobody wants: committed in %.0f ms, "
	       "refused %llu\n",
		(unsigned long long)load.entries, since_ms(start_us),
		(unsigned long long)load.refused);
	printf("Redis: %s\n", server_ask(&server, "INFO memory | grep used_memory:"));
	rest_ms(10);
	start_us = clock_monotonic_us();
	queue_each(place.queue, &all, count_item, &count, deadline_after_ms(60000));
	printf("listed %zu in %.0f ms\n", count, since_ms(start_us));
	count = 0;
	start_us = clock_monotonic_us();
	queue_each(place.queue, &domain, count_item, &count, deadline_after_ms(60000));
	printf("listed %zu of a domain in %.1f ms\n", count, since_ms(start_us));
	start_us = clock_monotonic_us();
	queue_count(place.queue, by_state, largest, &kinds, deadline_after_ms(60000));
	printf("counted in %.1f ms\n", since_ms(start_us));
	place_close(&place);
	start_us = clock_monotonic_us();
	place_open(&place);
	printf("opened again in %.0f ms\n", since_ms(start_us));
	for (unsigned i = 0; i < place.queue->shard_count; i++)
		while (!place.queue->shards[i].recovered)
			rest_ms(5);
	printf("recovered in %.0f ms\n", since_ms(start_us));
	place.wanted = 1000;
	place.settles = true;
	start_us = clock_monotonic_us();
	place_wind(&place, 20000);
	while (place.ready_count < load.entries && since_ms(start_us) < 60000)
		rest_ms(5);
	wait_settled();
	printf("took and settled %zu in %.0f ms\n", place.ready_count,
		since_ms(start_us));
}

struct arguments {
	unsigned fibers;
	int64_t seconds;
	bool spool, only_long;
};

static void measure(void *arg)
{
	const struct arguments *arguments = arg;

	place_set(&place, &server, "a", arguments->spool);
	place.settles = true;
	if (!place_open(&place))
		exit(1);
	if (arguments->fibers == 0 && !arguments->only_long) {
		measure_commits("4 KiB", 1, arguments->seconds);
		measure_commits("4 KiB", 20, arguments->seconds);
		measure_commits("4 KiB", 100, arguments->seconds);
		measure_commits("4 KiB", 500, arguments->seconds);
	}
	if (arguments->fibers == 0 || arguments->only_long) {
		measure_long_queue();
	} else {
		measure_commits("bodies", arguments->fibers, arguments->seconds);
	}
	place_close(&place);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.seconds = 3, .spool = argc < 5};
	struct worker *worker;
	size_t size = argc > 3 && atol(argv[3]) > 0 ? (size_t)atol(argv[3]) : 4096;
	char *content = memory_allocate(size);

	load.entries = 100000;
	if (argc > 1 && strcmp(argv[1], "long") == 0) {
		arguments.only_long = true;
		load.entries = argc > 2 ? (uint64_t)atol(argv[2]) : 1000000;
	} else if (argc > 1)
		arguments.fibers = (unsigned)atoi(argv[1]);
	if (argc > 2 && !arguments.only_long)
		arguments.seconds = atol(argv[2]);
	memset(content, 'x', size);
	load.content = slice_make(content, size);
	offload_start(2, 64);
	server_start(&server, NULL);
	worker = worker_create(&(struct worker_options){0});
	worker_run(worker, measure, &arguments);
	worker_destroy(&worker);
	server_finish(&server);
	offload_stop();
	memory_free(content);
	return 0;
}
