/*
 * Offloading: what would hold a worker runs on a few threads of the process.
 *
 * A job lives on the stack of the fiber that waits for it. Until a thread has
 * taken it, it can be taken back; from then on it is waited for.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "run/worker_core.h"

struct offload_job {
	struct letter done;
	struct wait wait;
	struct link link; /* in the queue; unlinked: a thread has it */
	struct worker *worker;
	void (*run)(void *arg);
	void *arg;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct list queue;
	unsigned queued, queued_max;
	pthread_t *threads;
	unsigned thread_count;
	bool stopping;
} pool = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static bool add_to_queue(struct offload_job *job);
static void take_back(struct wait *wait);
static void *serve(void *unused);
static void deliver(struct letter *letter);
static void block_signals(sigset_t *before_r);

bool offload(void (*job)(void *arg), void *arg, struct deadline deadline)
{
	struct worker *worker = worker_self();
	struct offload_job task = {
		.done = {.run = deliver},
		.wait = {.what = "offloaded job", .interrupt = take_back},
		.worker = worker,
		.run = job,
		.arg = arg,
	};
	int why = wait_refused(deadline);

	if (why)
		return fiber_fail(why);
	if (!add_to_queue(&task))
		return fail(FAILURE_LIMIT, "%u jobs wait for a thread already",
			pool.queued_max);
	worker->offloaded++;
	why = wait_run(&task.wait, deadline);
	worker->offloaded--;
	return why ? fiber_fail(why) : true;
}

bool offload_start(unsigned threads, unsigned queued)
{
	sigset_t before;
	int error = 0;

	assert(!pool.threads && threads);
	list_init(&pool.queue);
	pool.queued = 0;
	pool.queued_max = queued;
	pool.stopping = false;
	pool.threads = memory_allocate_array(threads, sizeof(*pool.threads));
	block_signals(&before);
	for (pool.thread_count = 0; pool.thread_count < threads; pool.thread_count++) {
		error = pthread_create(
			&pool.threads[pool.thread_count], NULL, serve, NULL);
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
	assert(list_is_empty(&pool.queue));
	memory_free(pool.threads);
	pool.threads = NULL;
}

static bool add_to_queue(struct offload_job *job)
{
	bool added;

	pthread_mutex_lock(&pool.lock);
	assert(pool.threads && !pool.stopping);
	added = pool.queued < pool.queued_max;
	if (added) {
		list_append(&pool.queue, &job->link);
		pool.queued++;
		pthread_cond_signal(&pool.changed);
	}
	pthread_mutex_unlock(&pool.lock);
	return added;
}

static void take_back(struct wait *wait)
{
	struct offload_job *job = CONTAINER_OF(wait, struct offload_job, wait);
	bool taken_back;

	pthread_mutex_lock(&pool.lock);
	taken_back = link_is_linked(&job->link);
	if (taken_back) {
		list_remove(&job->link);
		pool.queued--;
	}
	pthread_mutex_unlock(&pool.lock);
	if (taken_back)
		wait_end(wait);
	else
		wait->why = 0;
}

static void *serve(void *unused)
{
	pthread_mutex_lock(&pool.lock);
	for (;;) {
		struct link *first = list_take(&pool.queue);
		struct offload_job *job;

		if (!first) {
			if (pool.stopping)
				break;
			pthread_cond_wait(&pool.changed, &pool.lock);
			continue;
		}
		pool.queued--;
		pthread_mutex_unlock(&pool.lock);
		job = CONTAINER_OF(first, struct offload_job, link);
		job->run(job->arg);
		worker_post(job->worker, &job->done);
		pthread_mutex_lock(&pool.lock);
	}
	pthread_mutex_unlock(&pool.lock);
	return unused;
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
