/*
 * Fibers: their life from spawn to end, and the one way to suspend.
 *
 * The assertions stay on: a fiber that is scheduled twice or resumed after
 * its end would corrupt a session that is not ours to corrupt.
 */
#include "run/fiber.h"

#include <assert.h>
#include <errno.h>

#include "run/fiber_core.h"
#include "run/worker_core.h"

static void fiber_main(void *arg);
static void schedule(struct fiber *fiber, struct list *queue);
static void suspend(struct fiber *self);
static void remove_ended(struct worker *worker, struct fiber *fiber);
static void time_out(struct timer *timer);

bool scope_spawn(
	struct scope *scope, const char *name, void (*body)(void *arg), void *arg)
{
	struct worker *worker = worker_self();
	struct fiber *fiber;
	char *stack;

	if (scope->cancelled)
		return fail(FAILURE_CANCELLED, "the scope of %s is ending", name);
	if (worker->fibers_live >= worker->fibers_cap)
		return fail(FAILURE_LIMIT, "no fiber for %s: %zu run already", name,
			worker->fibers_live);
	stack = stack_take(&worker->stacks);
	if (!stack)
		return fail(FAILURE_LIMIT,
			"no memory for the stack of %s beside %zu others", name,
			worker->fibers_live);

	/* The fiber's own record takes no page of its own. */
	fiber = (struct fiber *)(void *)(stack + STACK_BYTES - FIBER_RECORD_BYTES);
	*fiber = (struct fiber){
		.name = name,
		.body = body,
		.arg = arg,
		.scope = scope,
		.stack = stack,
		.state = FIBER_WAITING,
	};
	context_create(&fiber->context, stack, STACK_BYTES - FIBER_RECORD_BYTES,
		fiber_main, fiber);
	list_append(&scope->fibers, &fiber->scope_link);
	scope->count++;
	list_append(&worker->fibers, &fiber->worker_link);
	if (++worker->fibers_live > worker->fibers_most)
		worker->fibers_most = worker->fibers_live;
	schedule(fiber, &worker->runnable);
	return true;
}

struct fiber *fiber_self(void)
{
	struct worker *worker = worker_here();

	return worker ? worker->running : NULL;
}

void fiber_trim_stack(void)
{
	struct worker *worker = worker_here();

	if (worker && worker->running)
		stack_trim(&worker->stacks, worker->running->stack,
			__builtin_frame_address(0));
}

const char *fiber_name(const struct fiber *fiber)
{
	return fiber->name;
}

bool fiber_is_cancelled(void)
{
	struct fiber *self = fiber_self();

	return self && self->cancelled;
}

void fiber_cancel(struct fiber *fiber)
{
	struct wait *wait = fiber->wait;

	assert(fiber->state != FIBER_ENDED);
	fiber->cancelled = true;
	if (wait && wait->interrupt && !wait->why) {
		wait->why = -ECANCELED;
		wait->interrupt(wait);
	}
}

void fiber_hurry(struct fiber *fiber)
{
	assert(fiber->state != FIBER_ENDED);
	if (fiber->wait)
		time_out(&fiber->wait->timer);
}

bool fiber_sleep(struct deadline deadline)
{
	struct wait wait = {.what = "sleep", .interrupt = wait_end};
	int why = wait_refused(deadline);

	if (!why)
		why = wait_run(&wait, deadline);
	return why == -ECANCELED ? fiber_fail(why) : true;
}

/* The deadline is for the rule that suspending shows: a yield ends by itself,
 * and one that did nothing after it would let a late fiber take all. */
void fiber_yield(struct deadline deadline)
{
	struct worker *worker = worker_self();
	struct fiber *self = worker->running;

	(void)deadline;
	assert(self && self->state == FIBER_RUNNING);
	if (self->cancelled)
		return;
	self->state = FIBER_WAITING;
	schedule(self, &worker->yielded);
	suspend(self);
}

bool fiber_fail(int why)
{
	return why == -ETIME ? fail(FAILURE_TIMEOUT, "the time for this has passed")
			     : fail(FAILURE_CANCELLED, "interrupted, it is ending");
}

struct fiber_figures fiber_figures(void)
{
	const struct worker *worker = worker_self();

	return (struct fiber_figures){
		.live = worker->fibers_live,
		.most = worker->fibers_most,
		.cap = worker->fibers_cap,
		.stack_bytes = STACK_BYTES,
		.stack_deepest = worker->stacks.deepest,
	};
}

int wait_refused(struct deadline deadline)
{
	struct fiber *self = fiber_self();

	assert(self);
	if (self->cancelled)
		return -ECANCELED;
	return deadline_has_passed(deadline) ? -ETIME : 0;
}

int wait_run(struct wait *wait, struct deadline deadline)
{
	struct fiber *self = fiber_self();

	assert(self && self->state == FIBER_RUNNING && !self->wait);
	wait->fiber = self;
	wait->timer = (struct timer){.run = time_out};
	self->wait = wait;
	self->state = FIBER_WAITING;
	if (deadline.at_us != INT64_MAX)
		timer_start(&wait->timer, deadline);
	suspend(self);
	return wait->why;
}

void wait_end(struct wait *wait)
{
	struct fiber *fiber = wait->fiber;

	assert(fiber->wait == wait);
	fiber->wait = NULL;
	timer_stop(&wait->timer);
	schedule(fiber, &worker_self()->runnable);
}

void fiber_resume(struct worker *worker, struct fiber *fiber)
{
	assert(fiber->state == FIBER_RUNNABLE);
	assert(!worker->running);
	fiber->state = FIBER_RUNNING;
	worker->running = fiber;
	worker->switches++;
	failure_use_slot(&fiber->failure);
	context_switch(&worker->context, &fiber->context);
	failure_use_slot(NULL);
	worker->running = NULL;
	worker_note_hold(worker, fiber);
	if (fiber->state == FIBER_ENDED)
		remove_ended(worker, fiber);
}

static void fiber_main(void *arg)
{
	struct fiber *self = arg;
	struct worker *worker = worker_self();
	struct scope *scope = self->scope;

	context_entered(&worker->context);
	self->body(self->arg);

	assert(!self->wait);
	self->state = FIBER_ENDED;
	list_remove(&self->scope_link);
	scope->count--;
	/* Whoever waits may free the scope as soon as it runs. */
	condition_broadcast(&scope->ended);
	context_leave(&self->context, &worker->context);
}

static void schedule(struct fiber *fiber, struct list *queue)
{
	assert(fiber->state == FIBER_WAITING);
	assert(!link_is_linked(&fiber->run_link));
	fiber->state = FIBER_RUNNABLE;
	list_append(queue, &fiber->run_link);
}

static void suspend(struct fiber *self)
{
	struct worker *worker = worker_self();

	context_switch(&self->context, &worker->context);
	assert(self->state == FIBER_RUNNING && worker->running == self);
}

static void remove_ended(struct worker *worker, struct fiber *fiber)
{
	list_remove(&fiber->worker_link);
	worker->fibers_live--;
	context_destroy(&fiber->context);
	stack_give_back(&worker->stacks, fiber->stack);
}

static void time_out(struct timer *timer)
{
	struct wait *wait = CONTAINER_OF(timer, struct wait, timer);

	if (!wait->why && wait->interrupt) {
		wait->why = -ETIME;
		wait->interrupt(wait);
	}
}
