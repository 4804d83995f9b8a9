/* The worker's turn: hooks, timers, and that nobody is kept out. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "on_worker.h"
#include "run/timer.h"

struct gather {
	struct turn_hook hook;
	unsigned runs, produced, gathered;
	struct condition done;
};

static void gather_run(struct turn_hook *hook)
{
	struct gather *gather = CONTAINER_OF(hook, struct gather, hook);

	CHECK(!fiber_self());
	gather->runs++;
	gather->gathered += gather->produced;
	gather->produced = 0;
	condition_broadcast(&gather->done);
}

static void produce(void *arg)
{
	struct gather *gather = arg;

	gather->produced++;
	worker_at_turn_end(&gather->hook);
	worker_at_turn_end(&gather->hook);
	CHECK(condition_wait(&gather->done, deadline_after_ms(1000)));
}

static void produce_many(void *arg)
{
	struct gather gather = {.hook.run = gather_run};
	struct scope scope;

	condition_init(&gather.done);
	scope_init(&scope);
	for (int i = 0; i < 50; i++)
		scope_spawn(&scope, "producer", produce, &gather);
	scope_finish(&scope, deadline_none());
	CHECK_NUMBER(gather.runs, 1);
	CHECK_NUMBER(gather.gathered, 50);
}

CASE("a hook gathers once what all fibers of the turn produced")
{
	on_worker(produce_many, NULL);
}

static unsigned again_runs;

static void again(struct turn_hook *hook)
{
	if (++again_runs < 1000)
		worker_at_turn_end(hook);
}

static void hook_again(void *arg)
{
	struct turn_hook hook = {.run = again};

	again_runs = 0;
	worker_at_turn_end(&hook);
	CHECK(fiber_sleep(deadline_after_ms(1)));
	while (again_runs < 1000)
		fiber_yield(deadline_none());
	CHECK_NUMBER(again_runs, 1000);
}

CASE("a hook that adds itself again does not keep the turn from ending")
{
	on_worker(hook_again, NULL);
}

struct ping {
	struct condition ping, pong;
	bool stop;
};

static void play(void *arg)
{
	struct ping *ping = arg;

	while (!ping->stop) {
		condition_signal(&ping->ping);
		condition_wait(&ping->pong, deadline_after_ms(100));
	}
	condition_signal(&ping->ping);
}

static void play_back(void *arg)
{
	struct ping *ping = arg;

	while (!ping->stop) {
		condition_signal(&ping->pong);
		condition_wait(&ping->ping, deadline_after_ms(100));
	}
	condition_signal(&ping->pong);
}

static void read_beside(void *arg)
{
	struct ping ping = {.stop = false};
	struct scope scope;
	uint64_t value = 5;
	int fd = eventfd(0, EFD_CLOEXEC);

	condition_init(&ping.ping);
	condition_init(&ping.pong);
	scope_init(&scope);
	scope_spawn(&scope, "play", play, &ping);
	scope_spawn(&scope, "play back", play_back, &ping);
	CHECK_NUMBER(write(fd, &value, sizeof(value)), sizeof(value));
	CHECK_NUMBER(
		ring_read(fd, &value, sizeof(value), 0, deadline_after_ms(1000)), 8);
	CHECK(fiber_sleep(deadline_after_ms(2)));
	ping.stop = true;
	scope_finish(&scope, deadline_none());
	ring_close(fd);
}

CASE("two fibers that wake each other for ever keep neither ring nor timers out")
{
	on_worker(read_beside, NULL);
}

struct alarm {
	struct timer timer;
	int number;
};

static int rung[16], rung_count;
static struct condition rang;

static void ring_alarm(struct timer *timer)
{
	struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);

	CHECK(!fiber_self());
	CHECK_NUMBER(timer->heap_place, 0);
	rung[rung_count++] = alarm->number;
	condition_signal(&rang);
}

static void set_alarms(void *arg)
{
	struct alarm alarms[5] = {0};
	static const int64_t after_ms[5] = {30, 10, 20, 10, 0};
	static const int want[] = {4, 1, 2};

	condition_init(&rang);
	for (int i = 0; i < 5; i++) {
		alarms[i].number = i;
		alarms[i].timer.run = ring_alarm;
		timer_start(&alarms[i].timer, deadline_after_ms(after_ms[i]));
	}
	/* Restarted as never, and stopped twice. */
	timer_start(&alarms[0].timer, deadline_none());
	timer_stop(&alarms[3].timer);
	timer_stop(&alarms[3].timer);
	while (rung_count < 3)
		condition_wait(&rang, deadline_after_ms(1000));
	fiber_sleep(deadline_after_ms(30));
	CHECK_NUMBER(rung_count, 3);
	for (int i = 0; i < 3; i++)
		CHECK_NUMBER(rung[i], want[i]);
}

CASE("timers ring in order, restarted and stopped ones as told")
{
	on_worker(set_alarms, NULL);
}

static unsigned repeated;

static void repeat(struct timer *timer)
{
	repeated++;
	timer_start(timer, deadline_after_ms(0));
}

static void repeat_beside(void *arg)
{
	struct timer timer = {.run = repeat};

	timer_start(&timer, deadline_after_ms(0));
	while (repeated < 100)
		fiber_yield(deadline_none());
	timer_stop(&timer);
	CHECK(fiber_sleep(deadline_after_ms(1)));
}

CASE("a timer that restarts itself at once keeps nobody out")
{
	on_worker(repeat_beside, NULL);
	CHECK(repeated >= 100);
}

static int64_t last_us;
static unsigned due_count;

static void in_order(struct timer *timer)
{
	CHECK(timer->at_us >= last_us);
	last_us = timer->at_us;
	due_count++;
}

CASE("a heap of a thousand timers, half of them taken out, gives the rest in order")
{
	static struct timer timers[1000];
	struct timer_heap heap = {0};
	unsigned seed = 1;

	for (size_t i = 0; i < 1000; i++) {
		seed = seed * 1103515245 + 12345;
		timers[i] = (struct timer){.at_us = seed >> 16 & 0xff, .run = in_order};
		timer_heap_add(&heap, &timers[i]);
	}
	for (size_t i = 0; i < 1000; i += 2)
		timer_heap_remove(&heap, &timers[(i * 7) % 1000]);
	timer_heap_run(&heap, 100);
	CHECK(timer_heap_next_us(&heap) > 100);
	timer_heap_run(&heap, 1000);
	CHECK_NUMBER(due_count, 500);
	CHECK_NUMBER(timer_heap_next_us(&heap), INT64_MAX);
	timer_heap_finish(&heap);
}

static void deadlines(void *arg)
{
	struct deadline soon = deadline_after_ms(1500), later = deadline_after_ms(2500);

	CHECK_NUMBER(deadline_left_ms(soon), 1500);
	CHECK_NUMBER(deadline_left_ms(deadline_none()), INT64_MAX);
	CHECK_NUMBER(deadline_left_ms(deadline_after_ms(-3)), 0);
	CHECK_NUMBER(deadline_left_ms((struct deadline){worker_now_us() + 1}), 1);
	CHECK_NUMBER(deadline_left_ms((struct deadline){worker_now_us() - 1}), 0);
	CHECK(deadline_has_passed(deadline_after_ms(0)));
	CHECK(!deadline_has_passed(soon));
	CHECK(!deadline_has_passed(deadline_none()));
	CHECK_NUMBER(deadline_earlier(soon, later).at_us, soon.at_us);
	CHECK_NUMBER(deadline_earlier(deadline_none(), later).at_us, later.at_us);
	CHECK_NUMBER(deadline_after_ms(INT64_MAX).at_us, INT64_MAX);
	CHECK_NUMBER(deadline_after_ms(INT64_MAX / 1000).at_us, INT64_MAX);
}

CASE("deadlines")
{
	on_worker(deadlines, NULL);
	CHECK(deadline_left_ms(deadline_after_ms(1000)) > 900);
}

CHECK_MAIN()
