/*
 * The workers of a run: a thread each, and the calling thread, which hears
 * signals, ticks each second, and waits for the end.
 *
 * SIGINT and SIGTERM ask for an end in order; one more, half a second later,
 * ends the process as it is.
 */
#ifndef RINGPOST_BENCH_CREW_H
#define RINGPOST_BENCH_CREW_H

#include <stdbool.h>

#include "run/worker.h"

#define CREW_WORKERS_MAX 64

struct crew_plan {
	unsigned workers;
	struct worker_options options; /* of each; index is filled in */
	/* The first fiber of worker INDEX; the worker ends with it. */
	void (*body)(void *context, unsigned index);
	/* On worker INDEX's own stack, once, when the end was asked for, which
	 * may be before its first fiber has run. */
	void (*stop)(void *context, unsigned index);
	/* On the calling thread, when all run and signals are heard; or NULL. */
	void (*ready)(void *context);
	void *context;
	/* On the calling thread, each second. */
	void (*tick)(void *tick_context);
	void *tick_context;
};

struct crew;

/* Runs it to its end; false with a failure when workers cannot be had. */
bool crew_run(const struct crew_plan *plan, struct crew **crew_r);
/* Asks for the end, from any of the crew's threads; once is enough. */
void crew_stop(struct crew *crew);

#endif
