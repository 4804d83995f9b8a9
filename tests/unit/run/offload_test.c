/* Offloading: many fibers, few threads; queues, deadlines, cancelling. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/failure.h"
#include "on_worker.h"

static void nap_ms(long ms)
{
	struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

struct sum {
	uint64_t from, to, result;
	struct worker *not_on;
};

static void add_up(void *arg)
{
	struct sum *sum = arg;

	CHECK(worker_now_us() > 0); /* there is no worker here, but a clock */
	for (uint64_t i = sum->from; i < sum->to; i++)
		sum->result += i;
}

static void add_up_elsewhere(void *arg)
{
	uint64_t from = (uintptr_t)arg;

	for (uint64_t round = 0; round < 5; round++) {
		struct sum sum = {.from = from, .to = from + 1000};

		if (!CHECK(offload(add_up, &sum, deadline_after_ms(20000))))
			return;
		CHECK_NUMBER(sum.result, 1000 * from + 999 * 1000 / 2);
	}
}

static void add_up_many(void *arg)
{
	struct scope scope;

	scope_init(&scope);
	for (size_t i = 0; i < 500; i++)
		CHECK(scope_spawn(
			&scope, "adds", add_up_elsewhere, (void *)(uintptr_t)i));
	scope_finish(&scope, deadline_none());
}

CASE("five hundred fibers, two threads")
{
	CHECK(offload_start(2, 1000));
	on_worker(add_up_many, NULL);
	offload_stop();
	offload_stop();
}

static void *run_worker(void *arg)
{
	on_worker(add_up_many, NULL);
	return arg;
}

CASE("two workers share the pool")
{
	pthread_t threads[2];

	CHECK(offload_start(3, 2000));
	for (int i = 0; i < 2; i++)
		CHECK(!pthread_create(&threads[i], NULL, run_worker, NULL));
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	offload_stop();
}

static atomic_int begun, ended;

static void take_long(void *arg)
{
	atomic_fetch_add(&begun, 1);
	nap_ms(100);
	atomic_fetch_add(&ended, 1);
}

static void keep_busy(void *arg)
{
	*(bool *)arg = offload(take_long, NULL, deadline_after_ms(10));
}

static void interrupt_jobs(void *arg)
{
	bool first = false, second = true, third = true;
	struct scope scope;

	/* One begins and is waited for beyond its deadline, one waits in the
	 * queue and is given up, for one there is no room. */
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "first", keep_busy, &first));
	while (atomic_load(&begun) < 1)
		fiber_sleep(deadline_after_ms(1));
	CHECK(scope_spawn(&scope, "second", keep_busy, &second));
	fiber_yield(deadline_none());
	CHECK(!offload(take_long, NULL, deadline_after_ms(1000)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	scope_finish(&scope, deadline_none());
	CHECK(first);
	CHECK(!second);
	CHECK_NUMBER(atomic_load(&begun), 1);
	CHECK_NUMBER(atomic_load(&ended), 1);

	/* The same by cancelling. */
	scope_init(&scope);
	first = false;
	CHECK(scope_spawn(&scope, "first", keep_busy, &first));
	while (atomic_load(&begun) < 2)
		fiber_sleep(deadline_after_ms(1));
	CHECK(scope_spawn(&scope, "third", keep_busy, &third));
	fiber_yield(deadline_none());
	scope_cancel(&scope);
	scope_finish(&scope, deadline_none());
	CHECK(first);
	CHECK(!third);
	CHECK_NUMBER(atomic_load(&begun), 2);
	CHECK_NUMBER(atomic_load(&ended), 2);
	CHECK(!offload(take_long, NULL, deadline_after_ms(0)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_TIMEOUT);
}

CASE("a job in the queue can be given up, one that has begun is waited for")
{
	CHECK(offload_start(1, 1));
	on_worker(interrupt_jobs, NULL);
	offload_stop();
}

struct short_job {
	bool ran;
};

static void run_short(void *arg)
{
	((struct short_job *)arg)->ran = true;
}

static void run_shorts(void *arg)
{
	(void)arg;
	for (unsigned round = 0; round < 3; round++) {
		struct short_job job = {false};

		if (!CHECK(offload_short(run_short, &job, deadline_after_ms(20000))))
			return;
		CHECK(job.ran);
	}
}

static atomic_bool may_end;

static void take_until_told(void *arg)
{
	(void)arg;
	atomic_fetch_add(&begun, 1);
	while (!atomic_load(&may_end))
		nap_ms(1);
}

static void run_long(void *arg)
{
	CHECK(offload(take_until_told, arg, deadline_after_ms(20000)));
}

/* Longer jobs fill one thread and wait for it; the short ones pass them by. */
static void pass_long_jobs(void *arg)
{
	struct scope longs, shorts;

	(void)arg;
	atomic_store(&begun, 0);
	atomic_store(&may_end, false);
	scope_init(&longs);
	scope_init(&shorts);
	CHECK(scope_spawn(&longs, "long", run_long, NULL));
	while (atomic_load(&begun) == 0)
		fiber_sleep(deadline_after_ms(1));
	for (unsigned i = 0; i < 101; i++)
		CHECK(scope_spawn(&shorts, "short", run_shorts, NULL));
	CHECK(scope_join(&shorts, deadline_after_ms(20000)));
	atomic_store(&may_end, true);
	scope_finish(&shorts, deadline_none());
	scope_finish(&longs, deadline_none());
}

CASE("short jobs are done beside long ones, and the last of them comes back")
{
	CHECK(offload_start(2, 1000));
	on_worker(pass_long_jobs, NULL);
	offload_stop();
}

static void cancel_before_the_turn_ends(void *arg)
{
	bool done = true;
	struct scope scope;

	(void)arg;
	scope_init(&scope);
	CHECK(scope_spawn(&scope, "early", keep_busy, &done));
	fiber_yield(deadline_none());
	scope_cancel(&scope);
	scope_finish(&scope, deadline_none());
	CHECK(!done || atomic_load(&begun) > 0);
}

CASE("a job may be taken back before it was handed over")
{
	atomic_store(&begun, 0);
	CHECK(offload_start(1, 1));
	on_worker(cancel_before_the_turn_ends, NULL);
	offload_stop();
}

CHECK_MAIN()
