/* A process with fibers in known places, for gdb_fibers.sh to look at. */
#include <signal.h>
#include <unistd.h>

#include "run/ring.h"
#include "run/worker.h"

static int ends[2];

/* Optimizers may not merge what the backtrace is to show. */
__attribute__((noinline)) static void read_for_ever(void *arg)
{
	char byte;

	(void)arg;
	ring_read(ends[0], &byte, 1, 0, deadline_after_ms(3600 * 1000));
}

__attribute__((noinline)) static void sleep_for_ever(void *arg)
{
	(void)arg;
	while (fiber_sleep(deadline_none()))
		continue;
}

static void look_here(void *arg)
{
	struct scope scope;

	(void)arg;
	scope_init(&scope);
	scope_spawn(&scope, "reader", read_for_ever, NULL);
	scope_spawn(&scope, "sleeper", sleep_for_ever, NULL);
	fiber_sleep(deadline_after_ms(1));
	raise(SIGTRAP);
	scope_finish(&scope, deadline_after_ms(0));
}

int main(void)
{
	struct worker *worker = worker_create(&(struct worker_options){0});

	if (!worker || pipe(ends))
		return 1;
	worker_run(worker, look_here, NULL);
	worker_destroy(&worker);
	return 0;
}
