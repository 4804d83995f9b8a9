/*
 * How fast the relay goes on this machine: messages from the commit to the
 * settlement, over connections to a server in a process of its own, and the
 * CPU time they cost this worker, with the queue's part told apart.
 *
 *	relay_speed [fibers [seconds [body bytes [extensions]]]]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "base/memory.h"
#include "relay_world.h"
#include "run/ring.h"

/* 60 bytes each */
#define HEADER "Subject: 0123456789012345678901234567890123456789012345\r\n\r\n"
#define LINE   "0123456789012345678901234567890123456789012345678901234567\r\n"

static struct {
	unsigned fibers, running;
	int64_t until_us, seconds;
	uint64_t sent;
	struct slice content;
} load;

static void send_on(void *arg)
{
	while (clock_monotonic_us() < load.until_us) {
		place_send(&world.place, "someone@one.test", load.content, NULL,
			deadline_after_ms(10000));
		load.sent++;
		while (relay_figures(world.relay).waiting > 5000)
			fiber_sleep(deadline_after_ms(1));
	}
	load.running--;
}

static void measure(const char *what)
{
	struct relay_figures before = relay_figures(world.relay), after;
	struct ring_figures ring = ring_figures(), ring_after;
	int64_t cpu_us = clock_thread_cpu_us(), start_us = clock_monotonic_us();
	double passed, count;

	load.sent = 0;
	load.running = load.fibers;
	load.until_us = start_us + load.seconds * 1000000;
	for (unsigned i = 0; i < load.fibers; i++)
		scope_spawn(&world.place.scope, "sender", send_on, NULL);
	while (load.running || relay_figures(world.relay).waiting)
		rest_ms(1);
	passed = (double)(clock_monotonic_us() - start_us) / 1e6;
	cpu_us = clock_thread_cpu_us() - cpu_us;
	after = relay_figures(world.relay);
	ring_after = ring_figures();
	count = (double)load.sent;
	printf("%-24s %8.0f/s  %5.1f µs CPU  %llu delivered  %llu connections  "
	       "%.2f sends, %.2f receives, %.2f enters each\n",
		what, count / passed, (double)cpu_us / count,
		(unsigned long long)(after.delivered - before.delivered),
		(unsigned long long)(after.connects - before.connects),
		(double)(ring_after.sends - ring.sends) / count,
		(double)(ring_after.receives - ring.receives) / count,
		(double)(ring_after.enters - ring.enters) / count);
}

static void run(void)
{
	struct queue_taker none = {NULL, NULL, NULL};

	world_open("", "");
	measure("delivered");
	measure("delivered, warm");
	queue_set_taker(world.place.queue, &none);
	measure("committed only");
	world_close();
}

/* ---- The server ---- */

static int port_pipe[2];

static void serve(void *extensions)
{
	struct sink sink = {.extensions = extensions};

	sink_open(&sink, "127.0.0.1");
	if (write(port_pipe[1], &sink.port, sizeof(sink.port)) < 0)
		exit(1);
	fiber_sleep(deadline_none());
}

static pid_t start_server(const char *extensions)
{
	pid_t pid;

	if (pipe(port_pipe) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		struct worker *worker = worker_create(&(struct worker_options){0});

		worker_run(worker, serve, (void *)(uintptr_t)extensions);
		exit(0);
	}
	return pid;
}

static int run_all(void)
{
	with_world(run);
	return 0;
}

int main(int argc, char **argv)
{
	char *content;
	size_t size = argc > 3 ? (size_t)atoi(argv[3]) : 4096;
	pid_t pid = start_server(argc > 4 ? argv[4] : PIPELINING);
	int result;

	load.fibers = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
	load.seconds = argc > 2 ? atoi(argv[2]) : 3;
	content = memory_allocate(size + 100);
	for (size_t at = 0; at < size; at += 60)
		memcpy(content + at, at ? LINE : HEADER, 60);
	load.content = slice_of(content);
	if (read(port_pipe[0], &world.sink_port, sizeof(world.sink_port)) < 0)
		return 1;
	result = world_main(run_all);
	memory_free(content);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return result;
}
