/* A worker with little memory, for one errand. */
#include "client/small_worker.h"

#include "base/event.h"
#include "run/worker.h"

bool small_worker_run(void (*body)(void *arg), void *arg)
{
	struct worker *worker = worker_create(&(struct worker_options){
		.ring_entries = 64,
		.buffer_count = 64,
		.fibers_max = 64,
	});

	if (!worker)
		return false;
	/* Whoever waits is told what came of it, and not in the form of a log. */
	event_set_level(EVENT_ERROR);
	/* Looking up a host's name is a job of the pool. */
	if (!offload_start(1, 16)) {
		worker_destroy(&worker);
		return false;
	}
	worker_run(worker, body, arg);
	offload_stop();
	worker_destroy(&worker);
	return true;
}
