/* Virtual time: a worker whose clock the test winds. */
#include <time.h>

#include "clock_virtual.h"
#include "on_worker.h"
#include "run/virtual.h"

static int64_t clock_us;

static void wind(int64_t next_timer_us)
{
	CHECK(next_timer_us > clock_us);
	clock_virtual_advance_us(next_timer_us - clock_us);
	clock_us = next_timer_us;
}

static void sleep_hours(void *arg)
{
	int64_t hours = *(int64_t *)arg;

	for (int64_t hour = 1; hour <= hours; hour++) {
		CHECK(fiber_sleep(deadline_after_ms(3600 * 1000)));
		CHECK_NUMBER(worker_now_us(), hour * 3600 * 1000000);
	}
}

static void ten_sleepers(void *arg)
{
	int64_t hours[10];
	struct scope scope;

	(void)arg;
	scope_init(&scope);
	for (int i = 0; i < 10; i++) {
		hours[i] = 24 + i;
		CHECK(scope_spawn(&scope, "sleeper", sleep_hours, &hours[i]));
	}
	CHECK(scope_join(&scope, deadline_none()));
	scope_finish(&scope, deadline_none());
}

static int64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

CASE("ten fibers sleep for days in milliseconds")
{
	int64_t before = real_ms();

	clock_us = 0;
	clock_virtual_set(0, 0);
	worker_set_idle(wind);
	on_worker(ten_sleepers, NULL);
	worker_set_idle(NULL);
	CHECK_NUMBER(clock_us, 33ll * 3600 * 1000000);
	CHECK(real_ms() - before < 1000);
}

CHECK_MAIN()
