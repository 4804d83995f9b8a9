/*
 * Conditions: fibers that wait in line for a signal.
 */
#include <errno.h>

#include "run/fiber_core.h"

struct waiter {
	struct wait wait;
	struct link link;
};

static int wait_in_line(struct condition *condition, struct deadline deadline,
	void (*interrupt)(struct wait *wait));
static void leave_line(struct wait *wait);

void condition_init(struct condition *condition)
{
	list_init(&condition->waiters);
}

bool condition_wait(struct condition *condition, struct deadline deadline)
{
	int why = condition_wait_code(condition, deadline);

	return why ? fiber_fail(why) : true;
}

int condition_wait_code(struct condition *condition, struct deadline deadline)
{
	int refused = wait_refused(deadline);

	return refused ? refused : wait_in_line(condition, deadline, leave_line);
}

void condition_wait_always(struct condition *condition)
{
	wait_in_line(condition, deadline_none(), NULL);
}

void condition_signal(struct condition *condition)
{
	struct link *first = list_take(&condition->waiters);

	if (first)
		wait_end(&CONTAINER_OF(first, struct waiter, link)->wait);
}

void condition_broadcast(struct condition *condition)
{
	while (!list_is_empty(&condition->waiters))
		condition_signal(condition);
}

bool condition_has_waiters(const struct condition *condition)
{
	return !list_is_empty(&condition->waiters);
}

static int wait_in_line(struct condition *condition, struct deadline deadline,
	void (*interrupt)(struct wait *wait))
{
	struct waiter waiter = {
		.wait = {.what = "condition", .interrupt = interrupt},
	};

	list_append(&condition->waiters, &waiter.link);
	return wait_run(&waiter.wait, deadline);
}

static void leave_line(struct wait *wait)
{
	list_remove(&CONTAINER_OF(wait, struct waiter, wait)->link);
	wait_end(wait);
}
