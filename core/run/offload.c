/*
 * Offloading: what would hold a worker runs on a few threads of the process.
 *
 * A job lives on the stack of the fiber that waits for it. Until a thread has
 * taken it, it can be taken back; from then on it is waited for. What a worker
 * hands over in a turn it hands over at the turn's end, with one lock; and
 * short jobs are given back a few at a time while others wait, so that a
 * worker is not woken for each.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "run/worker_core.h"

/* Of short jobs: how many may be done before the first is given back. */
#define BATCH_MAX 4

struct offload_job {
	struct letter done;
	struct wait wait;
	struct link link; /* in the worker's list, in a queue, or in no list */
	struct worker *worker;
	void (*run)(void *arg);
	void *arg;
	bool is_short;
	bool given; /* to the threads */
	bool taken; /* by one of them */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct list short_jobs, long_jobs;
	unsigned idle; /* threads that wait for `changed` */
	bool stopping;
	pthread_t *threads;
	unsigned thread_count, waiting_max;
	/* Jobs that no thread has taken, those not given yet included. */
	_Alignas(64) atomic_uint waiting;
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

/* Done, and not yet given back to their workers. */
struct batch {
	struct offload_job *jobs[BATCH_MAX];
	unsigned count;
};

static bool offload_any(
	void (*job)(void *arg), void *arg, bool is_short, struct deadline deadline);
static bool add(struct offload_job *job);
static void take_back(struct wait *wait);
static void *serve(void *arg);
static struct offload_job *take_job(bool long_first);
static void give_back(struct batch *batch);
static void deliver(struct letter *letter);
static void block_signals(sigset_t *before_r);

bool offload(void (*job)(void *arg), void *arg, struct deadline deadline)
{
	return offload_any(job, arg, false, deadline);
}

bool offload_short(void (*job)(void *arg), void *arg, struct deadline deadline)
{
	return offload_any(job, arg, true, deadline);
}

bool offload_start(unsigned threads, unsigned queued)
{
	sigset_t before;
	int error = 0;

	assert(!pool.threads && threads);
	list_init(&pool.short_jobs);
	list_init(&pool.long_jobs);
	atomic_store(&pool.waiting, 0);
	pool.waiting_max = queued;
	pool.stopping = false;
	pool.threads = memory_allocate_array(threads, sizeof(*pool.threads));
	block_signals(&before);
	for (pool.thread_count = 0; pool.thread_count < threads; pool.thread_count++) {
		error = pthread_create(&pool.threads[pool.thread_count], NULL, serve,
			(void *)(uintptr_t)pool.thread_count);
		if (error)
			break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		offload_stop();
		return fail_errno(
			FAILURE_RESOURCE, error, "cannot start %u threads", threads);
	}
	return true;
}

void offload_stop(void)
{
	if (!pool.threads)
		return;
	pthread_mutex_lock(&pool.lock);
	pool.stopping = true;
	pthread_cond_broadcast(&pool.changed);
	pthread_mutex_unlock(&pool.lock);
	for (unsigned i = 0; i < pool.thread_count; i++)
		pthread_join(pool.threads[i], NULL);
	assert(list_is_empty(&pool.short_jobs) && list_is_empty(&pool.long_jobs));
	memory_free(pool.threads);
	pool.threads = NULL;
}

void offload_hand_over(struct turn_hook *hook)
{
	struct worker *worker = CONTAINER_OF(hook, struct worker, hand_over);
	unsigned given = 0, wake;
	struct link *next;

	pthread_mutex_lock(&pool.lock);
	assert(pool.threads && !pool.stopping);
	while ((next = list_take(&worker->handing))) {
		struct offload_job *job = CONTAINER_OF(next, struct offload_job, link);

		job->given = true;
		list_append(
			job->is_short ? &pool.short_jobs : &pool.long_jobs, &job->link);
		given++;
	}
	wake = given < pool.idle ? given : pool.idle;
	pthread_mutex_unlock(&pool.lock);
	while (wake--)
		pthread_cond_signal(&pool.changed);
}

static bool offload_any(
	void (*job)(void *arg), void *arg, bool is_short, struct deadline deadline)
{
	struct worker *worker = worker_self();
	struct offload_job task = {
		.done = {.run = deliver},
		.wait = {.what = "offloaded job", .interrupt = take_back},
		.worker = worker,
		.run = job,
		.arg = arg,
		.is_short = is_short,
	};
	int why = wait_refused(deadline);

	if (why)
		return fiber_fail(why);
	if (!add(&task))
		return fail(FAILURE_LIMIT, "%u jobs wait for a thread already",
			pool.waiting_max);
	worker->offloaded++;
	why = wait_run(&task.wait, deadline);
	worker->offloaded--;
	return why ? fiber_fail(why) : true;
}

static bool add(struct offload_job *job)
{
	struct worker *worker = job->worker;

	assert(pool.threads);
	if (atomic_fetch_add(&pool.waiting, 1) >= pool.waiting_max) {
		atomic_fetch_sub(&pool.waiting, 1);
		return false;
	}
	list_append(&worker->handing, &job->link);
	worker_at_turn_end(&worker->hand_over);
	return true;
}

static void take_back(struct wait *wait)
{
	struct offload_job *job = CONTAINER_OF(wait, struct offload_job, wait);
	bool taken = false;

	if (job->given) {
		pthread_mutex_lock(&pool.lock);
		taken = job->taken;
		if (!taken)
			list_remove(&job->link);
		pthread_mutex_unlock(&pool.lock);
	} else {
		list_remove(&job->link);
	}
	if (taken) {
		wait->why = 0;
		return;
	}
	atomic_fetch_sub(&pool.waiting, 1);
	wait_end(wait);
}

/* The first thread prefers long jobs, the others short ones: neither kind
 * waits for all there is of the other. */
static void *serve(void *arg)
{
	bool long_first = arg == NULL;
	struct batch batch = {.count = 0};
	struct offload_job *job;

	pthread_mutex_lock(&pool.lock);
	for (;;) {
		job = take_job(long_first);
		if (!job && !batch.count && pool.stopping)
			break;
		if (!job && !batch.count) {
			pool.idle++;
			pthread_cond_wait(&pool.changed, &pool.lock);
			pool.idle--;
			continue;
		}
		pthread_mutex_unlock(&pool.lock);
		if (batch.count && (!job || !job->is_short || batch.count == BATCH_MAX))
			give_back(&batch);
		if (job) {
			job->run(job->arg);
			batch.jobs[batch.count++] = job;
			if (!job->is_short)
				give_back(&batch);
		}
		pthread_mutex_lock(&pool.lock);
	}
	pthread_mutex_unlock(&pool.lock);
	return NULL;
}

static struct offload_job *take_job(bool long_first)
{
	struct link *first = list_take(long_first ? &pool.long_jobs : &pool.short_jobs);
	struct offload_job *job;

	if (!first)
		first = list_take(long_first ? &pool.short_jobs : &pool.long_jobs);
	if (!first)
		return NULL;
	job = CONTAINER_OF(first, struct offload_job, link);
	job->taken = true;
	atomic_fetch_sub(&pool.waiting, 1);
	return job;
}

/* A job is gone once its worker has its letter. */
static void give_back(struct batch *batch)
{
	for (unsigned i = 0; i < batch->count; i++)
		worker_post(batch->jobs[i]->worker, &batch->jobs[i]->done);
	batch->count = 0;
}

static void deliver(struct letter *letter)
{
	wait_end(&CONTAINER_OF(letter, struct offload_job, done)->wait);
}

/* Process-wide signals belong to the workers' signalfd; faults of the job's
 * own stay deliverable. */
static void block_signals(sigset_t *before_r)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
	sigset_t blocked;

	sigfillset(&blocked);
	for (size_t i = 0; i < ARRAY_COUNT(faults); i++)
		sigdelset(&blocked, faults[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, before_r);
}
