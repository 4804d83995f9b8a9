/* Virtual time: a worker whose clock the test winds. */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
	CHECK(real_ms() - before < 60000);
}

static void take_real_time(void *arg)
{
	struct timespec time = {.tv_nsec = 20 * 1000000};

	nanosleep(&time, NULL);
	*(bool *)arg = true;
}

static void offload_beside_sleeper(void *arg)
{
	int64_t hours = 1;
	struct scope scope;
	bool done = false;

	scope_init(&scope);
	CHECK(scope_spawn(&scope, "sleeper", sleep_hours, &hours));
	CHECK(offload(take_real_time, &done, deadline_after_ms(1000)));
	CHECK(done);
	CHECK_NUMBER(worker_now_us(), 0);
	scope_finish(&scope, deadline_none());
	CHECK_NUMBER(worker_now_us(), 3600ll * 1000000);
}

CASE("the clock stands while a thread works for a fiber")
{
	clock_us = 0;
	clock_virtual_set(0, 0);
	worker_set_idle(wind);
	CHECK(offload_start(1, 1));
	on_worker(offload_beside_sleeper, NULL);
	offload_stop();
	worker_set_idle(NULL);
}

static void wait_for_nobody(void *arg)
{
	struct condition condition;

	condition_init(&condition);
	condition_wait(&condition, deadline_none());
}

CASE("fibers that all wait for each other are named, and the process ends")
{
	char text[2048];
	int ends[2], status = 0;
	ssize_t got;
	pid_t pid;

	CHECK(!pipe(ends));
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 2);
		worker_set_idle(wind);
		on_worker(wait_for_nobody, NULL);
		_exit(0);
	}
	close(ends[1]);
	waitpid(pid, &status, 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	got = read(ends[0], text, sizeof(text) - 1);
	text[got > 0 ? got : 0] = '\0';
	CHECK(strstr(text, "main waits for ever (condition)") != NULL);
	close(ends[0]);
}

CHECK_MAIN()
