/*
 * Fibers from inside run/: their state, and the one way to suspend.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_FIBER_CORE_H
#define RINGPOST_RUN_FIBER_CORE_H

#include "base/failure.h"
#include "run/fiber.h"
#include "run/switch.h"
#include "run/worker.h"

enum fiber_state { FIBER_RUNNABLE, FIBER_RUNNING, FIBER_WAITING, FIBER_ENDED };

/* Lives at the top of the fiber's own stack. */
struct fiber {
	struct link run_link;	 /* runnable or yielded of the worker */
	struct link scope_link;	 /* fibers of the scope */
	struct link worker_link; /* fibers of the worker */
	struct context context;
	enum fiber_state state;
	bool cancelled;
	const char *name;
	void (*body)(void *arg);
	void *arg;
	struct scope *scope;
	struct wait *wait; /* what it waits for, while it does */
	char *stack;	   /* lowest address */
	struct failure failure;
};

/*
 * One suspension, on the waiting fiber's stack. INTERRUPT is called, on
 * another stack, when the deadline passes or the fiber is cancelled, with
 * .why saying which: it sees to it that wait_end is called soon, or clears
 * .why when the wait cannot be given up. NULL: nothing interrupts it.
 */
struct wait {
	const char *what; /* for people */
	void (*interrupt)(struct wait *wait);
	struct fiber *fiber;
	struct timer timer;
	int why; /* 0, -ETIME or -ECANCELED */
};

/* Why a wait may not even begin: 0, -ECANCELED, -ETIME. */
int wait_refused(struct deadline deadline);
/* Suspends the running fiber until wait_end; returns .why. */
int wait_run(struct wait *wait, struct deadline deadline);
/* Makes its fiber runnable; once for each wait_run. */
void wait_end(struct wait *wait);

/* condition_wait without a failure text: 0, -ETIME, -ECANCELED. */
int condition_wait_code(struct condition *condition, struct deadline deadline);
/* For ends that must be waited for, also by a cancelled fiber. */
void condition_wait_always(struct condition *condition);

/* Runs it on this thread until it suspends or ends. */
void fiber_resume(struct worker *worker, struct fiber *fiber);
/* Sets FAILURE_TIMEOUT or FAILURE_CANCELLED; returns false. */
bool fiber_fail(int why);

#endif
