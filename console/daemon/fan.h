/*
 * One question to all workers: a job that each runs in a fiber of its own, and
 * what they found, gathered in worker 0.
 */
#ifndef RINGPOST_DAEMON_FAN_H
#define RINGPOST_DAEMON_FAN_H

#include <stdbool.h>

#include "base/list.h"

#include "daemon/daemon.h"
#include "report/value.h"

/*
 * What a worker does about REQUEST; its finding goes into *result_r, which is
 * handed over. False with a failure.
 */
struct fan_job {
	bool (*run)(struct daemon_worker *worker, const struct value *request,
		struct value **result_r, struct deadline deadline);
};

/*
 * In worker 0. JOB in every worker; *results_r is a list of what they found,
 * one item for each, in their order. False with the failure of one of them, or
 * TIMEOUT, CANCELLED. FANS holds what is still on its way.
 */
bool fan_out(struct daemon *daemon, struct list *fans, const struct fan_job *job,
	const struct value *request, struct value **results_r,
	struct deadline deadline);
/* When no worker runs any more: frees what never came back. */
void fans_destroy(struct list *fans);

#endif
