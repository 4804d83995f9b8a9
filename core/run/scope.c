/*
 * Scopes: a fiber belongs to one and ends before it does.
 */
#include <assert.h>
#include <errno.h>

#include "run/fiber_core.h"

void scope_init(struct scope *scope)
{
	*scope = (struct scope){0};
	list_init(&scope->fibers);
	condition_init(&scope->ended);
}

void scope_cancel(struct scope *scope)
{
	scope->cancelled = true;
	LIST_EACH (&scope->fibers, link)
		fiber_cancel(CONTAINER_OF(link, struct fiber, scope_link));
}

bool scope_join(struct scope *scope, struct deadline deadline)
{
	while (scope->count) {
		if (!condition_wait(&scope->ended, deadline))
			return false;
	}
	return true;
}

void scope_finish(struct scope *scope, struct deadline deadline)
{
	while (scope->count && !condition_wait_code(&scope->ended, deadline))
		continue;
	if (scope->count)
		scope_cancel(scope);
	while (scope->count)
		condition_wait_always(&scope->ended);
	assert(list_is_empty(&scope->fibers));
}
