/* Fibers and scopes on one worker: order, cancelling, caps, stacks. */
#include "base/failure.h"
#include "on_worker.h"

static int steps[64], step_count;

static void note(int step)
{
	if (step_count < 64)
		steps[step_count++] = step;
}

static void check_steps(const int *want, int count)
{
	CHECK_NUMBER(step_count, count);
	for (int i = 0; i < count && i < step_count; i++)
		CHECK_NUMBER(steps[i], want[i]);
	step_count = 0;
}

static void say_twice(void *arg)
{
	int n = *(int *)arg;

	note(n);
	fiber_yield(deadline_none());
	note(n + 10);
}

static void spawn_two(void *arg)
{
	struct scope scope;
	int one = 1, two = 2;

	scope_init(&scope);
	CHECK(scope_spawn(&scope, "one", say_twice, &one));
	CHECK(scope_spawn(&scope, "two", say_twice, &two));
	note(0);
	CHECK(scope_join(&scope, deadline_none()));
	note(9);
	scope_finish(&scope, deadline_none());
}

CASE("fibers run in order, yield to each other, and the scope waits for both")
{
	on_worker(spawn_two, NULL);
	check_steps((const int[]){0, 1, 2, 11, 12, 9}, 6);
}

struct sleeper {
	int64_t ms;
	int number;
};

static void sleep_and_note(void *arg)
{
	struct sleeper *sleeper = arg;

	CHECK(fiber_sleep(deadline_after_ms(sleeper->ms)));
	note(sleeper->number);
}

static void sleep_in_disorder(void *arg)
{
	struct sleeper sleepers[] = {{30, 3}, {10, 1}, {20, 2}, {10, 4}, {0, 0}};
	struct scope scope;

	scope_init(&scope);
	for (size_t i = 0; i < 5; i++)
		scope_spawn(&scope, "sleeper", sleep_and_note, &sleepers[i]);
	scope_finish(&scope, deadline_none());
}

CASE("sleepers wake by time, equal times in order of going to sleep")
{
	on_worker(sleep_in_disorder, NULL);
	check_steps((const int[]){0, 1, 4, 2, 3}, 5);
}

/* Cancelling each kind of wait; the ring's are in ring_test. */

static struct condition never;
static bool child_ended;

static void wait_condition(void *arg)
{
	CHECK(!condition_wait(&never, deadline_after_ms(60000)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CANCELLED);
	CHECK(fiber_is_cancelled());
	note(1);
}

static void wait_sleep(void *arg)
{
	CHECK(!fiber_sleep(deadline_after_ms(60000)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CANCELLED);
	/* And every later wait fails at once. */
	CHECK(!fiber_sleep(deadline_none()));
	CHECK(!condition_wait(&never, deadline_none()));
	fiber_yield(deadline_none());
	note(2);
}

static void sleep_uncancelled(void *arg)
{
	CHECK(!fiber_sleep(deadline_none()));
	child_ended = true;
}

static void wait_finish(void *arg)
{
	struct scope inner;

	scope_init(&inner);
	CHECK(scope_spawn(&inner, "child", sleep_uncancelled, NULL));
	scope_finish(&inner, deadline_none());
	CHECK(child_ended);
	CHECK_NUMBER(inner.count, 0);
	note(3);
}

static void wait_join(void *arg)
{
	struct scope inner;

	scope_init(&inner);
	CHECK(scope_spawn(&inner, "child", sleep_uncancelled, NULL));
	CHECK(!scope_join(&inner, deadline_none()));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CANCELLED);
	CHECK_NUMBER(inner.count, 1);
	scope_finish(&inner, deadline_none());
	CHECK(!scope_spawn(&inner, "late", sleep_uncancelled, NULL));
	CHECK_NUMBER(failure_kind_last(), FAILURE_CANCELLED);
	note(4);
}

static void wait_yield(void *arg)
{
	while (!fiber_is_cancelled())
		fiber_yield(deadline_none());
	note(5);
}

static void cancel_one(void *arg)
{
	void (*body)(void *) = *(void (**)(void *))arg;
	struct scope scope;

	condition_init(&never);
	scope_init(&scope);
	/* Once while it waits, … */
	CHECK(scope_spawn(&scope, "waits", body, NULL));
	fiber_sleep(deadline_after_ms(5));
	CHECK_NUMBER(scope.count, 1);
	scope_cancel(&scope);
	CHECK(scope_join(&scope, deadline_after_ms(60000)));
	CHECK(!condition_has_waiters(&never));
	/* … and once before it ever ran. */
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "waits", body, NULL));
	scope_cancel(&scope);
	CHECK(scope_join(&scope, deadline_after_ms(60000)));
	scope_finish(&scope, deadline_none());
}

CASE("a cancelled fiber's wait ends, whatever it waits for")
{
	static void (*const bodies[])(void *) = {
		wait_condition, wait_sleep, wait_finish, wait_join, wait_yield};

	for (int i = 0; i < 5; i++) {
		void (*body)(void *) = bodies[i];

		on_worker(cancel_one, &body);
		check_steps((const int[]){i + 1, i + 1}, 2);
	}
}

static void cancel_self(void *arg)
{
	scope_cancel(arg);
	CHECK(fiber_is_cancelled());
	CHECK(!fiber_sleep(deadline_none()));
}

static void cancel_from_inside(void *arg)
{
	struct scope scope;

	scope_init(&scope);
	CHECK(scope_spawn(&scope, "other", sleep_uncancelled, NULL));
	CHECK(scope_spawn(&scope, "cancels", cancel_self, &scope));
	CHECK(scope_join(&scope, deadline_after_ms(60000)));
	CHECK(!fiber_is_cancelled());
}

CASE("a fiber may cancel its own scope")
{
	on_worker(cancel_from_inside, NULL);
}

static void nest(void *arg)
{
	int depth = (int)(intptr_t)arg;
	struct scope scope;

	scope_init(&scope);
	if (depth > 0) {
		CHECK(scope_spawn(&scope, "left", nest, (void *)(intptr_t)(depth - 1)));
		CHECK(scope_spawn(
			&scope, "right", nest, (void *)(intptr_t)(depth - 1)));
	} else {
		fiber_sleep(deadline_none());
	}
	scope_finish(&scope, deadline_none());
	CHECK_NUMBER(scope.count, 0);
}

static void cancel_tree(void *arg)
{
	struct scope scope;

	scope_init(&scope);
	CHECK(scope_spawn(&scope, "root", nest, (void *)(intptr_t)7));
	fiber_sleep(deadline_after_ms(20));
	CHECK_NUMBER(fiber_figures().live, 256);
	scope_finish(&scope, deadline_after_ms(10));
	CHECK_NUMBER(fiber_figures().live, 1);
	CHECK_NUMBER(fiber_figures().most, 256);
}

CASE("a tree of nested scopes ends from the top, leaves first")
{
	on_worker(cancel_tree, NULL);
}

static void time_out(void *arg)
{
	struct condition condition;

	condition_init(&condition);
	CHECK(!condition_wait(&condition, deadline_after_ms(5)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	CHECK(!condition_has_waiters(&condition));
	CHECK(!condition_wait(&condition, deadline_after_ms(0)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
	CHECK(fiber_sleep(deadline_after_ms(-5)));
}

CASE("waits end with their deadline, at once when it has passed")
{
	on_worker(time_out, NULL);
}

struct queue {
	struct condition filled;
	int count;
};

static void take_one(void *arg)
{
	struct queue *queue = arg;

	while (queue->count == 0) {
		if (!CHECK(condition_wait(&queue->filled, deadline_after_ms(2000))))
			return;
	}
	queue->count--;
	note(7);
}

static void signal_and_broadcast(void *arg)
{
	struct queue queue = {.count = 0};
	struct scope scope;

	condition_init(&queue.filled);
	scope_init(&scope);
	for (int i = 0; i < 4; i++)
		CHECK(scope_spawn(&scope, "taker", take_one, &queue));
	fiber_yield(deadline_none());
	CHECK(condition_has_waiters(&queue.filled));
	queue.count = 1;
	condition_signal(&queue.filled);
	fiber_yield(deadline_none());
	CHECK_NUMBER(step_count, 1);
	queue.count = 3;
	condition_broadcast(&queue.filled);
	CHECK(!condition_has_waiters(&queue.filled));
	scope_finish(&scope, deadline_none());
	CHECK_NUMBER(step_count, 4);
	step_count = 0;
}

CASE("signal wakes one, broadcast all")
{
	on_worker(signal_and_broadcast, NULL);
}

static void fail_and_look(void *arg)
{
	fail(FAILURE_STORE, "of %s", fiber_name(fiber_self()));
	fiber_yield(deadline_none());
	CHECK_SLICE(slice_of(failure_last()->text), arg);
}

static void failures_apart(void *arg)
{
	struct scope scope;

	failure_clear();
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "one", fail_and_look, "of one"));
	CHECK(scope_spawn(&scope, "two", fail_and_look, "of two"));
	scope_finish(&scope, deadline_none());
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
}

CASE("each fiber has a failure of its own")
{
	on_worker(failures_apart, NULL);
}

static void spawn_too_many(void *arg)
{
	struct scope scope;
	int count = 0;

	scope_init(&scope);
	while (scope_spawn(&scope, "one more", sleep_uncancelled, NULL))
		count++;
	CHECK_NUMBER(count, 9);
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_NUMBER(fiber_figures().cap, 10);
	scope_finish(&scope, deadline_after_ms(0));
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "again", sleep_uncancelled, NULL));
	scope_finish(&scope, deadline_after_ms(0));
}

CASE("the cap of fibers answers with FAILURE_LIMIT, and is free again later")
{
	on_worker_with(
		&(struct worker_options){.fibers_max = 10}, spawn_too_many, NULL);
}

CASE("a worker runs again after its first body ended")
{
	struct worker *worker = worker_create(&(struct worker_options){0});

	for (int i = 0; i < 3; i++)
		worker_run(worker, spawn_two, NULL);
	CHECK_NUMBER(step_count, 18);
	step_count = 0;
	worker_destroy(&worker);
	worker_destroy(&worker);
}

CHECK_MAIN()
