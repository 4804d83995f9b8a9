/*
 * The inside of a worker, for the parts of run/ that make it up.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_WORKER_CORE_H
#define RINGPOST_RUN_WORKER_CORE_H

#include <stdatomic.h>

#include "run/fiber_core.h"
#include "run/ring_core.h"
#include "run/stack.h"
#include "run/timer.h"
#include "run/worker.h"

/* struct fiber, rounded so that the stack below it is aligned. */
#define FIBER_RECORD_BYTES ((sizeof(struct fiber) + 63) / 64 * 64)

struct worker {
	struct worker *next; /* all of this process, for the debugger */
	unsigned index;

	struct context context; /* the stack the loop runs on */
	struct fiber *running;
	struct list runnable, yielded; /* yielded: from the next turn on */
	struct list hooks;
	struct list fibers; /* all that live */
	size_t fibers_live, fibers_most, fibers_cap;
	struct stack_pool stacks;
	struct scope root;

	struct timer_heap timers;
	struct ring *ring;
	struct list receivers; /* open */
	struct list starved;   /* receivers that found no buffer */
	struct chunk *records; /* of received bytes, to be used again */
	size_t offloaded;      /* fibers that wait for a job */
	struct list handing;   /* jobs of this turn, for the threads */
	struct turn_hook hand_over;

	int64_t now_us, wall_ms; /* of this turn; wall_ms 0: not read yet */
	uint64_t now_tick;	 /* when the running fiber was resumed */
	uint64_t turn_tick;	 /* when the turn began */
	uint64_t read_tick;	 /* when now_us was read */
	uint64_t longest_ticks;
	uint64_t first_tick;
	int64_t first_us;
	uint64_t busy_ticks, window_tick;
	int64_t window_us;
	unsigned busy_percent;
	uint64_t turns, switches;

	_Atomic(struct letter *) letters; /* newest first */
	atomic_bool asleep;		  /* in the kernel, or about to be */
	atomic_uint posting;		  /* threads inside worker_post */
	int wake_fd;
	uint64_t wake_count;
	struct operation wake; /* the read of wake_fd */
	bool ending;
};

/* NULL on threads that are no worker. */
struct worker *worker_here(void);
/* Accounts for the time since now_tick, and warns when FIBER held too long. */
void worker_note_hold(struct worker *worker, const struct fiber *fiber);

/* offload.c: the hook that hands over. */
void offload_hand_over(struct turn_hook *hook);

/* letter.c */
bool worker_letters_open(struct worker *worker);
void worker_letters_close(struct worker *worker);
void worker_letters_listen(struct worker *worker);
void worker_letters_run(struct worker *worker);
bool worker_letters_wait(const struct worker *worker);

#endif
