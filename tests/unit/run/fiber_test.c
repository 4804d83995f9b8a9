/* Fibers, scopes, conditions, timers and hooks, on one worker. */
#include <errno.h>

#include "base/failure.h"
#include "on_worker.h"

static int steps[64], step_count;

static void note(int step)
{
	if (step_count < 64)
		steps[step_count++] = step;
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

	(void)arg;
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
	static const int want[] = {0, 1, 2, 11, 12, 9};

	step_count = 0;
	on_worker(spawn_two, NULL);
	CHECK_NUMBER(step_count, 6);
	for (int i = 0; i < 6; i++)
		CHECK_NUMBER(steps[i], want[i]);
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

	(void)arg;
	scope_init(&scope);
	for (size_t i = 0; i < 5; i++)
		scope_spawn(&scope, "sleeper", sleep_and_note, &sleepers[i]);
	scope_finish(&scope, deadline_none());
}

CASE("sleepers wake by time, equal times in order of going to sleep")
{
	static const int want[] = {0, 1, 4, 2, 3};

	step_count = 0;
	on_worker(sleep_in_disorder, NULL);
	CHECK_NUMBER(step_count, 5);
	for (int i = 0; i < 5; i++)
		CHECK_NUMBER(steps[i], want[i]);
}

CHECK_MAIN()
