/*
 * Fibers and scopes: who runs, and whose end they wait for.
 *
 * A fiber is a stackful coroutine of one worker; it never moves to another.
 * It belongs to a scope and ends before the scope does; nothing is detached.
 * A cancelled fiber's waits all fail at once with FAILURE_CANCELLED: it may
 * close what it holds, it may not wait.
 *
 * Stacks are 64 KiB (256 KiB under ASan) with a guard. Buffers therefore live
 * in streams and arenas, not on the stack.
 */
#ifndef RINGPOST_RUN_FIBER_H
#define RINGPOST_RUN_FIBER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/slice.h"
#include "run/deadline.h"

struct fiber;

/* A wait for something another fiber does. Zero-cost to embed; initialise. */
struct condition {
	struct list waiters;
};

void condition_init(struct condition *condition);
/*
 * Waits for a signal. A wake is a hint: check again in a loop. False with
 * FAILURE_TIMEOUT or FAILURE_CANCELLED. With a deadline that has passed it
 * returns at once.
 */
bool condition_wait(struct condition *condition, struct deadline deadline);
/* Wakes the one that has waited longest / everyone. Never switches. */
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);
bool condition_has_waiters(const struct condition *condition);

struct scope {
	struct list fibers;
	struct condition ended; /* broadcast at each fiber's end */
	size_t count;
	bool cancelled;
};

void scope_init(struct scope *scope);
/*
 * Starts BODY(ARG) in a new fiber, which runs from the next turn on (or later
 * in this one); the caller goes on. NAME must outlive the fiber (a literal).
 * False with FAILURE_LIMIT at the worker's cap of fibers, FAILURE_CANCELLED
 * when the scope is cancelled.
 */
bool scope_spawn(
	struct scope *scope, const char *name, void (*body)(void *arg), void *arg);
/* Cancels all its fibers, now and those spawned before it ended. */
void scope_cancel(struct scope *scope);
/* Waits until every fiber has ended; false with TIMEOUT or CANCELLED. */
bool scope_join(struct scope *scope, struct deadline deadline);
/*
 * Waits until DEADLINE for the fibers to end by themselves, then cancels them
 * and waits until they have ended (which is soon: they cannot wait any more).
 * Afterwards the scope may be freed. Works in a cancelled fiber, too.
 */
void scope_finish(struct scope *scope, struct deadline deadline);

/* Waits until DEADLINE; false only with FAILURE_CANCELLED. */
bool fiber_sleep(struct deadline deadline);
/* Lets every other runnable fiber run once. Does nothing when cancelled. */
void fiber_yield(struct deadline deadline);
bool fiber_is_cancelled(void);
/* Cancels one fiber, e.g. from a timer; a no-op when it has ended is the
 * caller's duty: keep the pointer only while the fiber surely lives. */
void fiber_cancel(struct fiber *fiber);
/* What the fiber waits for, if it waits, ends now as if its deadline had
 * passed; for waits whose time-out does no harm (condition_wait, stream_wait).
 * The same care with the pointer. */
void fiber_hurry(struct fiber *fiber);
/* Gives back the memory of the running fiber's stack below the caller: after
 * deep calls, before a wait that may be long. A system call, and the next deep
 * call has its pages zeroed anew. */
void fiber_trim_stack(void);
/* NULL on the worker's own stack. */
struct fiber *fiber_self(void);
const char *fiber_name(const struct fiber *fiber);

/* How many live now, how many may, on this worker; deepest stack use seen in
 * bytes (0 unless painted: RINGPOST_PAINT_STACKS=1 in the environment). */
struct fiber_figures {
	size_t live, most, cap, stack_bytes, stack_deepest;
};
struct fiber_figures fiber_figures(void);

#endif
