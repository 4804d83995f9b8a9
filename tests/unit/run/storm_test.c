/*
 * A storm: hundreds of fibers that wait for everything there is, with short
 * deadlines, while whole scopes are cancelled at any moment. What it checks is
 * that all ends: the assertions inside run/ and the sanitizers do the rest.
 */
#include <poll.h>
#include <unistd.h>

#include "on_worker.h"

#define ACTORS 60
#define GROUPS 4

static struct condition conditions[8];
static int sockets[ACTORS][2];
static uint64_t seed = 1, done;

static unsigned roll(unsigned sides)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % sides;
}

static struct deadline soon(void)
{
	return deadline_after_ms(roll(4));
}

static void compute(void *arg)
{
	for (unsigned i = 0; i < 1000; i++)
		*(volatile unsigned *)arg += i;
}

static void wait_for_something(unsigned actor)
{
	static char bytes[200000];
	char text[256];
	unsigned sum = 0;
	int *pair = sockets[actor];

	switch (roll(8)) {
	case 0:
		condition_wait(&conditions[roll(8)], soon());
		break;
	case 1:
		fiber_sleep(soon());
		break;
	case 2:
		ring_receive(pair[0], text, sizeof(text), soon());
		break;
	case 3:
		ring_send(sockets[roll(ACTORS)][1],
			slice_make(bytes, roll(sizeof(bytes))), soon());
		break;
	case 4:
		offload(compute, &sum, soon());
		break;
	case 5:
		ring_poll(pair[roll(2)], POLLIN, soon());
		break;
	case 6:
		condition_signal(&conditions[roll(8)]);
		condition_broadcast(&conditions[roll(8)]);
		break;
	default:
		fiber_yield(soon());
		break;
	}
	done++;
}

static void receive_some(unsigned actor)
{
	struct ring_receiver *receiver = ring_receiver_open(dup(sockets[actor][0]));

	for (unsigned i = roll(5); i; i--) {
		if (ring_receiver_wait(receiver, soon()) == 1)
			ring_receiver_consume(
				receiver, ring_receiver_peek(receiver).size);
	}
	ring_receiver_close(&receiver);
}

static void act(void *arg);

static void act_with_children(unsigned actor, unsigned depth)
{
	struct scope scope;

	scope_init(&scope);
	for (unsigned i = roll(4); i; i--)
		scope_spawn(&scope, "child", act,
			(void *)(uintptr_t)(actor | (depth + 1) << 16));
	wait_for_something(actor);
	if (roll(2))
		scope_cancel(&scope);
	scope_finish(&scope, soon());
}

static void act(void *arg)
{
	unsigned actor = (unsigned)(uintptr_t)arg & 0xffff;
	unsigned depth = (unsigned)((uintptr_t)arg >> 16);

	for (unsigned step = roll(20) + 1; step && !fiber_is_cancelled(); step--) {
		wait_for_something(actor);
		if (depth < 3 && roll(6) == 0)
			act_with_children(actor, depth);
		if (roll(10) == 0)
			receive_some(actor);
	}
	/* A cancelled fiber tries again, as careless code would. */
	for (unsigned i = 0; i < 8; i++)
		wait_for_something(actor);
}

static void storm(void *arg)
{
	struct scope groups[GROUPS];
	struct deadline end = deadline_after_ms((int64_t)(intptr_t)arg);

	for (unsigned i = 0; i < 8; i++)
		condition_init(&conditions[i]);
	for (unsigned i = 0; i < ACTORS; i++)
		CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets[i]));
	for (unsigned i = 0; i < GROUPS; i++)
		scope_init(&groups[i]);
	while (!deadline_has_passed(end)) {
		for (unsigned i = 0; i < GROUPS; i++) {
			while (groups[i].count < ACTORS &&
				scope_spawn(&groups[i], "actor", act,
					(void *)(uintptr_t)roll(ACTORS)))
				continue;
		}
		fiber_sleep(deadline_after_ms(roll(4)));
		if (roll(4) == 0) {
			unsigned i = roll(GROUPS);

			scope_finish(&groups[i], soon());
			scope_init(&groups[i]);
		}
	}
	for (unsigned i = 0; i < GROUPS; i++)
		scope_finish(&groups[i], deadline_after_ms(0));
	CHECK_NUMBER(fiber_figures().live, 1);
	for (unsigned i = 0; i < ACTORS; i++) {
		ring_close(sockets[i][0]);
		ring_close(sockets[i][1]);
	}
}

CASE("everything is waited for, and cancelled at any moment")
{
	const char *ms = getenv("RINGPOST_STORM_MS");
	const char *from = getenv("RINGPOST_STORM_SEED");

	if (from)
		seed = (uint64_t)strtoull(from, NULL, 10);
	CHECK(offload_start(2, 20));
	on_worker_with(&(struct worker_options){.ring_entries = 64,
			       .buffer_count = 16,
			       .buffer_size = 256,
			       .fibers_max = 2000},
		storm, (void *)(intptr_t)(ms ? atoi(ms) : 400));
	offload_stop();
	CHECK(done > 1000);
}

CHECK_MAIN()
