/* Between the files of the delay: the run, a worker's part, what it counts. */
#ifndef RINGPOST_BENCH_DELAY_CORE_H
#define RINGPOST_BENCH_DELAY_CORE_H

#include "base/histogram.h"
#include "run/fiber.h"
#include "run/worker.h"

#include "bench/crew.h"
#include "bench/delay_options.h"
#include "bench/endpoint.h"

enum delay_number {
	DELAY_CONNECTIONS,
	DELAY_UNREACHED, /* of those: the target could not be connected to */
	DELAY_RESET,	 /* of those: broken by one of the two */
	DELAY_OPEN,	 /* now */
	DELAY_OPEN_MOST,
	DELAY_BYTES_THERE, /* passed on to the target */
	DELAY_BYTES_BACK,
	DELAY_SENDS,
	DELAY_NUMBERS,
};

struct delay {
	struct delay_options options;
	struct endpoints endpoints; /* where to listen, the target */
	struct crew *crew;
	struct delay_worker *workers;
	int64_t began_us, ended_us;
	uint64_t shown_bytes;
};

struct delay_worker {
	struct delay *delay;
	int fd; /* listening */
	struct scope acceptor, sessions;
	struct condition stopped;
	bool stopping;
	struct timer duration;
	uint64_t numbers[DELAY_NUMBERS]; /* this worker alone writes */
	/* How long after it was due a piece was given to the kernel, us. */
	struct histogram late;
};

void delay_count(struct delay_worker *worker, enum delay_number number, int64_t by);

/* delay_session.c: a fiber for one connection; ARG is what
 * delay_session_create returned, and freed at the end. */
struct delay_session *delay_session_create(struct delay_worker *worker, int fd);
void delay_session_destroy(struct delay_session **session);
void delay_session_run(void *arg);

/* delay_report.c */
void delay_report_tick(void *arg);
/* When every worker has ended. */
bool delay_report(const struct delay *delay);

#endif
