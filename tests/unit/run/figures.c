/*
 * What the run layer costs, for people: `meson test --benchmark run-figures`.
 */
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "on_worker.h"
#include "run/switch.h"

#define SWITCHES (4 * 1000 * 1000)

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct context outer, inner;

static void switch_back(void *arg)
{
	(void)arg;
	context_entered(&outer);
	for (;;)
		context_switch(&inner, &outer);
}

static void measure_switch(void)
{
	static char stack[65536] __attribute__((aligned(64)));
	double start;

	context_adopt(&outer);
	context_create(&inner, stack, sizeof(stack), switch_back, NULL);
	start = now_s();
	for (int i = 0; i < SWITCHES / 2; i++)
		context_switch(&outer, &inner);
	printf("switch                     %6.1f ns\n",
		(now_s() - start) * 1e9 / SWITCHES);
	context_destroy(&inner);
}

#define FIBERS 100

static struct condition turns[FIBERS];
static bool stop;

static void pass_on(void *arg)
{
	size_t place = (size_t)(uintptr_t)arg;

	while (!stop && condition_wait(&turns[place], deadline_none()))
		condition_signal(&turns[place]);
}

static void signal_all(void *arg)
{
	struct scope scope;
	double start = 0;
	uint64_t first = 0;

	(void)arg;
	scope_init(&scope);
	for (size_t i = 0; i < FIBERS; i++) {
		condition_init(&turns[i]);
		scope_spawn(&scope, "one", pass_on, (void *)(uintptr_t)i);
		scope_spawn(&scope, "two", pass_on, (void *)(uintptr_t)i);
	}
	fiber_yield(deadline_none());
	for (size_t i = 0; i < FIBERS; i++)
		condition_signal(&turns[i]);
	start = now_s();
	first = worker_figures().switches;
	while (worker_figures().switches - first < SWITCHES / 2)
		fiber_yield(deadline_none());
	printf("wait, wake, resume         %6.1f ns\n",
		(now_s() - start) * 1e9 / (double)(worker_figures().switches - first));
	stop = true;
	scope_finish(&scope, deadline_after_ms(0));
}

static void do_nothing(void *arg)
{
	(void)arg;
}

static void spawn_many(void *arg)
{
	double start = now_s();

	(void)arg;
	for (int i = 0; i < 1000; i++) {
		struct scope scope;

		scope_init(&scope);
		for (int j = 0; j < 100; j++)
			scope_spawn(&scope, "short", do_nothing, NULL);
		scope_finish(&scope, deadline_none());
	}
	printf("spawn and end              %6.1f ns\n",
		(now_s() - start) * 1e9 / 100000);
}

static long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (!file || fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file)
		fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void sleep_long(void *arg)
{
	(void)arg;
	fiber_sleep(deadline_after_ms(3600 * 1000));
}

static void many_idle(void *arg)
{
	const int count = 100000;
	struct scope scope;
	long before = resident_bytes();
	double start = now_s();

	(void)arg;
	scope_init(&scope);
	for (int i = 0; i < count; i++)
		if (!scope_spawn(&scope, "idle", sleep_long, NULL))
			break;
	fiber_sleep(deadline_after_ms(1));
	printf("an idle fiber              %6ld bytes, of %zu; %.0f ns to start\n",
		(resident_bytes() - before) / (long)scope.count, scope.count,
		(now_s() - start) * 1e9 / (double)scope.count);
	scope_finish(&scope, deadline_after_ms(0));
}

struct echo {
	struct sockaddr_in address;
	struct ring_acceptor *acceptor;
	struct scope scope;
	unsigned connections, rounds;
};

static void echo_back(void *arg)
{
	struct ring_receiver *receiver = ring_receiver_open((int)(intptr_t)arg);

	while (ring_receiver_wait(receiver, deadline_none()) == 1) {
		struct slice bytes = ring_receiver_peek(receiver);

		if (ring_send(ring_receiver_fd(receiver), bytes,
			    deadline_after_ms(300000)) < 0)
			break;
		ring_receiver_consume(receiver, bytes.size);
	}
	ring_receiver_close(&receiver);
}

static void call_and_hear(void *arg)
{
	struct echo *echo = arg;
	struct ring_receiver *receiver = ring_receiver_open(connect_to(&echo->address));

	for (unsigned i = 0; i < echo->rounds; i++) {
		ring_send(ring_receiver_fd(receiver),
			SLICE("MAIL FROM:<a@example.org>\r\n"),
			deadline_after_ms(300000));
		if (ring_receiver_wait(receiver, deadline_after_ms(300000)) != 1)
			break;
		ring_receiver_consume(receiver, ring_receiver_peek(receiver).size);
	}
	ring_receiver_close(&receiver);
}

static void measure_echo(void *arg)
{
	struct echo *echo = arg;
	struct scope clients;
	struct ring_figures before, after;
	double start, trips, seconds;
	struct rusage cpu, cpu_after;

	scope_init(&echo->scope);
	scope_init(&clients);
	echo->acceptor = ring_acceptor_open(listen_on_loopback(4096, &echo->address));
	before = ring_figures();
	getrusage(RUSAGE_SELF, &cpu);
	start = now_s();
	for (unsigned i = 0; i < echo->connections; i++)
		scope_spawn(&clients, "client", call_and_hear, echo);
	for (unsigned i = 0; i < echo->connections; i++) {
		int fd = ring_acceptor_wait(echo->acceptor, deadline_none());

		scope_spawn(&echo->scope, "session", echo_back, (void *)(intptr_t)fd);
	}
	scope_finish(&clients, deadline_none());
	seconds = now_s() - start;
	after = ring_figures();
	getrusage(RUSAGE_SELF, &cpu_after);
	trips = (double)echo->connections * echo->rounds;
	printf("echo, %4u connections     %6.0f round trips/s, %.2f enters each, both "
	       "ends"
	       " %.2f µs CPU (%.2f user)\n",
		echo->connections, trips / seconds,
		(double)(after.enters - before.enters) / trips,
		((double)(cpu_after.ru_utime.tv_usec - cpu.ru_utime.tv_usec) +
			(double)(cpu_after.ru_stime.tv_usec - cpu.ru_stime.tv_usec) +
			1e6 * (double)(cpu_after.ru_utime.tv_sec -
				       cpu.ru_utime.tv_sec) +
			1e6 * (double)(cpu_after.ru_stime.tv_sec -
				       cpu.ru_stime.tv_sec)) /
			trips,
		((double)(cpu_after.ru_utime.tv_usec - cpu.ru_utime.tv_usec) +
			1e6 * (double)(cpu_after.ru_utime.tv_sec -
				       cpu.ru_utime.tv_sec)) /
			trips);
	ring_acceptor_close(&echo->acceptor);
	scope_finish(&echo->scope, deadline_after_ms(1000));
}

CASE("figures")
{
	struct rlimit files = {16384, 16384};
	static const unsigned connections[] = {1, 20, 100, 1000};

	setrlimit(RLIMIT_NOFILE, &files);
	measure_switch();
	on_worker(signal_all, NULL);
	on_worker(spawn_many, NULL);
	on_worker_with(&(struct worker_options){0}, many_idle, NULL);
	for (size_t i = 0; i < 4; i++) {
		struct echo echo = {
			.connections = connections[i],
			.rounds = 400000 / (connections[i] + 3),
		};

		on_worker(measure_echo, &echo);
	}
}

CHECK_MAIN()
