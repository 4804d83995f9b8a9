/*
 * The worker's loop: reap, run, hooks, one enter that submits and waits.
 */
#include "run/worker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/event.h"
#include "run/overflow.h"
#include "run/tick.h"
#include "run/virtual.h"
#include "run/worker_core.h"

#define RING_ENTRIES	4096
#define BUFFER_COUNT	1024
#define BUFFER_SIZE	8192
#define FIBERS_MAX	200000
#define HELD_WARNING_US 20000
/* Fibers that wake each other may not keep the kernel's news out for ever. */
#define ROUNDS_MAX 64

static _Thread_local struct worker *here;
static void (*idle_hook)(int64_t next_timer_us);

/* For the debugger: deploy/gdb/fibers.py starts here. */
struct worker *worker_first;
static pthread_mutex_t first_lock = PTHREAD_MUTEX_INITIALIZER;

static void begin_turn(struct worker *worker);
static void run_turn(struct worker *worker);
static void run_fibers(struct worker *worker);
static void run_hooks(struct worker *worker);
static void end_turn(struct worker *worker);
static int64_t sleep_limit_us(struct worker *worker);
static bool wind_clock(struct worker *worker);
static bool is_finished(const struct worker *worker);
static void finish(struct worker *worker);
static void read_clock(struct worker *worker);
static void report_deadlock(const struct worker *worker) __attribute__((noreturn));

/* Says so once, for the process. */
static void limit_fibers(struct worker *worker)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	size_t most = stack_count_max();

	if (worker->fibers_cap <= most)
		return;
	worker->fibers_cap = most;
	if (!atomic_flag_test_and_set(&said))
		event_note(EVENT_INFO, "fibers_limited",
			"this kernel allows %zu fibers, of all workers together; Linux"
			" 6.13 or a higher vm.max_map_count allows more",
			most);
}

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

struct worker *worker_create(const struct worker_options *options)
{
	struct worker *worker = NEW(struct worker);
	const char *paint = getenv("RINGPOST_PAINT_STACKS");
	struct ring_setup setup = {
		.entries = or_default(options->ring_entries, RING_ENTRIES),
		.buffer_count = or_default(options->buffer_count, BUFFER_COUNT),
		.buffer_size = or_default(options->buffer_size, BUFFER_SIZE),
	};

	worker->index = options->index;
	worker->wake_fd = -1;
	list_init(&worker->runnable);
	list_init(&worker->yielded);
	list_init(&worker->hooks);
	list_init(&worker->fibers);
	list_init(&worker->receivers);
	list_init(&worker->starved);
	list_init(&worker->handing);
	worker->hand_over.run = offload_hand_over;
	stack_pool_init(&worker->stacks, paint && *paint && *paint != '0');
	worker->fibers_cap = options->fibers_max ? options->fibers_max : FIBERS_MAX;
	limit_fibers(worker);
	worker->ring = ring_create(&setup);
	pthread_mutex_lock(&first_lock);
	worker->next = worker_first;
	worker_first = worker;
	pthread_mutex_unlock(&first_lock);
	if (!worker->ring || !worker_letters_open(worker))
		worker_destroy(&worker);
	return worker;
}

void worker_destroy(struct worker **worker)
{
	struct worker *w = *worker;

	if (!w)
		return;
	assert(w->fibers_live == 0 && here != w);
	pthread_mutex_lock(&first_lock);
	for (struct worker **at = &worker_first; *at; at = &(*at)->next) {
		if (*at == w) {
			*at = w->next;
			break;
		}
	}
	pthread_mutex_unlock(&first_lock);
	worker_letters_close(w);
	ring_receivers_finish(w);
	ring_destroy(&w->ring);
	stack_pool_finish(&w->stacks);
	timer_heap_finish(&w->timers);
	memory_free(w);
	*worker = NULL;
}

void worker_run(struct worker *worker, void (*body)(void *arg), void *arg)
{
	bool spawned;

	assert(!here);
	here = worker;
	context_adopt(&worker->context);
	overflow_watch();
	if (!worker->turns)
		ring_enable(worker->ring);
	worker->first_us = worker->window_us = clock_monotonic_us();
	worker->first_tick = worker->window_tick = worker->now_tick = tick_now();
	read_clock(worker);
	worker->ending = false;
	worker_letters_listen(worker);
	scope_init(&worker->root);
	spawned = scope_spawn(&worker->root, "main", body, arg);
	assert(spawned);

	for (;;) {
		begin_turn(worker);
		run_turn(worker);
		if (is_finished(worker))
			break;
		end_turn(worker);
	}
	finish(worker);
	overflow_unwatch();
	here = NULL;
}

struct worker *worker_here(void)
{
	return here;
}

struct worker *worker_self(void)
{
	assert(here);
	return here;
}

unsigned worker_index(void)
{
	return worker_self()->index;
}

int64_t worker_now_us(void)
{
	return here ? here->now_us : clock_monotonic_us();
}

int64_t worker_wall_ms(void)
{
	if (!here)
		return clock_wall_ms();
	if (!here->wall_ms)
		here->wall_ms = clock_wall_ms();
	return here->wall_ms;
}

void worker_at_turn_end(struct turn_hook *hook)
{
	if (!link_is_linked(&hook->link))
		list_append(&worker_self()->hooks, &hook->link);
}

void timer_start(struct timer *timer, struct deadline deadline)
{
	timer_stop(timer);
	timer->at_us = deadline.at_us;
	if (deadline.at_us != INT64_MAX)
		timer_heap_add(&worker_self()->timers, timer);
}

void timer_stop(struct timer *timer)
{
	if (timer->heap_place)
		timer_heap_remove(&worker_self()->timers, timer);
}

struct worker_figures worker_figures(void)
{
	const struct worker *worker = worker_self();
	uint64_t ticks = tick_now() - worker->first_tick;
	int64_t us = clock_monotonic_us() - worker->first_us;

	return (struct worker_figures){
		.busy_percent = worker->busy_percent,
		.turns = worker->turns,
		.switches = worker->switches,
		.longest_hold_us = (int64_t)((double)worker->longest_ticks *
					     (double)us / (double)(ticks ? ticks : 1)),
	};
}

void worker_set_idle(void (*idle)(int64_t next_timer_us))
{
	idle_hook = idle;
}

/*
 * The clock is asked only after some milliseconds by the counter. The time
 * held is then that share of all time since the start, but not more than has
 * passed since the last reading (virtual time may have jumped).
 */
void worker_note_hold(struct worker *worker, const struct fiber *fiber)
{
	uint64_t tick = tick_now(), held = tick - worker->now_tick;
	int64_t last_us = worker->now_us, us;

	worker->now_tick = tick;
	if (held > worker->longest_ticks)
		worker->longest_ticks = held;
	if (held < tick_some_ms())
		return;
	read_clock(worker);
	us = (int64_t)((double)held * (double)(worker->now_us - worker->first_us) /
		       (double)(tick - worker->first_tick));
	if (us > worker->now_us - last_us)
		us = worker->now_us - last_us;
	if (us > HELD_WARNING_US)
		event_note(EVENT_WARNING, "fiber_held_worker",
			"%s held it for %lld ms of real time", fiber->name,
			(long long)us / 1000);
}

static void begin_turn(struct worker *worker)
{
	read_clock(worker);
	worker->now_tick = worker->turn_tick = worker->read_tick;
	worker->turns++;
	if (worker->now_us - worker->window_us >= 1000000) {
		uint64_t all = worker->now_tick - worker->window_tick;

		worker->busy_percent = (unsigned)(worker->busy_ticks * 100 /
						  (all ? all : 1));
		worker->busy_ticks = 0;
		worker->window_us = worker->now_us;
		worker->window_tick = worker->now_tick;
	}
	ring_drain(worker->ring);
	worker_letters_run(worker);
	timer_heap_run(&worker->timers, worker->now_us);
	list_move_all(&worker->runnable, &worker->yielded);
}

static void run_turn(struct worker *worker)
{
	unsigned round = 0;

	do {
		for (; round < ROUNDS_MAX && !list_is_empty(&worker->runnable); round++)
			run_fibers(worker);
		run_hooks(worker);
		round++;
	} while (round < ROUNDS_MAX &&
		 (!list_is_empty(&worker->runnable) || !list_is_empty(&worker->hooks)));
	ring_receivers_rearm(worker);
}

/* Those that are runnable now; whom they wake runs in the next round. */
static void run_fibers(struct worker *worker)
{
	struct list round;
	struct link *next;

	list_init(&round);
	list_move_all(&round, &worker->runnable);
	while ((next = list_take(&round)))
		fiber_resume(worker, CONTAINER_OF(next, struct fiber, run_link));
}

static void run_hooks(struct worker *worker)
{
	struct list round;
	struct link *next;

	list_init(&round);
	list_move_all(&round, &worker->hooks);
	while ((next = list_take(&round))) {
		struct turn_hook *hook = CONTAINER_OF(next, struct turn_hook, link);

		hook->run(hook);
	}
}

static void end_turn(struct worker *worker)
{
	int64_t limit_us = sleep_limit_us(worker);

	if (limit_us && wind_clock(worker))
		limit_us = 0;
	worker->busy_ticks += tick_now() - worker->turn_tick;
	if (limit_us) {
		atomic_store(&worker->asleep, true);
		if (worker_letters_wait(worker))
			limit_us = 0;
	}
	ring_enter(worker->ring, limit_us);
	atomic_store(&worker->asleep, false);
}

/* How long the kernel may keep us: 0 when there is something to do. */
static int64_t sleep_limit_us(struct worker *worker)
{
	int64_t next = timer_heap_next_us(&worker->timers);

	if (!list_is_empty(&worker->runnable) || !list_is_empty(&worker->yielded) ||
		!list_is_empty(&worker->hooks))
		return 0;
	if (next == INT64_MAX)
		return INT64_MAX;
	if (tick_now() - worker->read_tick > tick_some_ms() / 8)
		read_clock(worker);
	return next > worker->now_us ? next - worker->now_us : 0;
}

/* Virtual time: whether it jumped, as nothing else can happen. */
static bool wind_clock(struct worker *worker)
{
	int64_t next = timer_heap_next_us(&worker->timers);

	/* One operation is always there, the read that waits for letters. */
	if (!idle_hook || ring_in_flight(worker->ring) > 1 || worker->offloaded ||
		worker_letters_wait(worker))
		return false;
	if (next == INT64_MAX)
		report_deadlock(worker);
	idle_hook(next);
	return true;
}

static bool is_finished(const struct worker *worker)
{
	return worker->root.count == 0 && list_is_empty(&worker->runnable) &&
	       list_is_empty(&worker->yielded) && list_is_empty(&worker->hooks) &&
	       ring_in_flight(worker->ring) == 1 && !worker_letters_wait(worker);
}

/* All that is left is our own read, and closes nobody waits for. */
static void finish(struct worker *worker)
{
	LIST_EACH (&worker->fibers, link)
		event_note(EVENT_ERROR, "fiber_left_over",
			"%s still runs at the worker's end",
			CONTAINER_OF(link, struct fiber, worker_link)->name);
	assert(list_is_empty(&worker->fibers));
	assert(list_is_empty(&worker->receivers) && list_is_empty(&worker->starved));
	worker->ending = true;
	ring_cancel(worker->ring, &worker->wake);
	while (ring_in_flight(worker->ring)) {
		ring_enter(worker->ring, INT64_MAX);
		ring_drain(worker->ring);
	}
	timer_heap_finish(&worker->timers);
}

static void read_clock(struct worker *worker)
{
	worker->now_us = clock_monotonic_us();
	worker->read_tick = tick_now();
	worker->wall_ms = 0;
}

static void report_deadlock(const struct worker *worker)
{
	LIST_EACH (&worker->fibers, link) {
		const struct fiber *fiber = CONTAINER_OF(
			link, struct fiber, worker_link);

		event_note(EVENT_ERROR, "fiber_stuck", "%s waits for ever (%s)",
			fiber->name, fiber->wait ? fiber->wait->what : "nothing");
	}
	abort();
}
