/*
 * Workers: a thread each, with its own ring, run queue and timers, sharing
 * nothing. A turn is: reap completions, run every runnable fiber, run the
 * turn-end hooks, submit, wait.
 */
#ifndef RINGPOST_RUN_WORKER_H
#define RINGPOST_RUN_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "run/deadline.h"

struct worker;

struct worker_options {
	unsigned index;	       /* 0 … */
	unsigned ring_entries; /* 0: 4096 */
	unsigned buffer_count; /* provided receive buffers, power of two; 0: 1024 */
	unsigned buffer_size;  /* 0: 8192 */
	size_t fibers_max;     /* 0: 200,000 or what the kernel allows */
};

/*
 * Makes a worker; it runs when some thread calls worker_run. NULL with
 * FAILURE_RESOURCE.
 */
struct worker *worker_create(const struct worker_options *options);
/*
 * Runs BODY(ARG) as the first fiber on the calling thread and the loop until
 * that fiber has ended and every operation is reaped.
 */
void worker_run(struct worker *worker, void (*body)(void *arg), void *arg);
void worker_destroy(struct worker **worker);

/* Inside a worker: itself, its index, the clock of this turn (one read). */
struct worker *worker_self(void);
unsigned worker_index(void);
int64_t worker_now_us(void);
/* The wall clock of this turn, milliseconds since 1970. */
int64_t worker_wall_ms(void);

/*
 * A hook runs once, on the worker's own stack, when this turn's fibers have
 * run and before the turn's operations are submitted: the place to gather
 * what the turn produced into one call. It may wake and spawn fibers and
 * append to streams, it may not suspend. Adding one that waits is a no-op.
 */
struct turn_hook {
	struct link link;
	void (*run)(struct turn_hook *hook);
};
void worker_at_turn_end(struct turn_hook *hook);

/* A one-shot timer, run on the worker's own stack; same rules as a hook. */
struct timer {
	int64_t at_us;	   /* set by timer_start */
	size_t heap_place; /* 0: not running */
	void (*run)(struct timer *timer);
};
/* (Re)starts it. Zeroed memory with .run set is a stopped timer. */
void timer_start(struct timer *timer, struct deadline deadline);
void timer_stop(struct timer *timer);

/*
 * Letters: the only way to reach another worker (with atomics). RUN is called
 * on the receiving worker's own stack, same rules as a hook; the letter then
 * belongs to the receiver. Letters of one sender arrive in order. May be
 * posted from any thread, as long as the worker surely runs.
 */
struct letter {
	struct letter *next;
	void (*run)(struct letter *letter);
};
void worker_post(struct worker *to, struct letter *letter);

/*
 * Runs JOB(ARG) on a thread of the pool (hashing, signing, blocking files) and
 * returns when it has run. False, and it did not run, with FAILURE_TIMEOUT
 * when no thread was free before DEADLINE, FAILURE_LIMIT when the pool's queue
 * is full, FAILURE_CANCELLED. A job that has begun is always waited for, so
 * ARG may live on the caller's stack.
 */
bool offload(void (*job)(void *arg), void *arg, struct deadline deadline);
/* The same for a job of well under a millisecond (a signature): several may be
 * done before the first returns, for the price of one wake-up. */
bool offload_short(void (*job)(void *arg), void *arg, struct deadline deadline);
/* Once, before workers: THREADS in the pool, at most QUEUED waiting. */
bool offload_start(unsigned threads, unsigned queued);
void offload_stop(void);

/* Share of the last second this worker was busy, in percent; turns so far;
 * longest time one fiber held it, in microseconds (warned above 20 ms). */
struct worker_figures {
	unsigned busy_percent;
	uint64_t turns, switches;
	int64_t longest_hold_us;
};
struct worker_figures worker_figures(void);

#endif
