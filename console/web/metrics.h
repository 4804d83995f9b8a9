/*
 * What monitoring asks over HTTP, on listeners that serve `metrics`:
 *
 *	GET /metrics   figures of the whole process, for Prometheus
 *	GET /healthz   200 as long as the process answers
 *	GET /readyz    200 while mail is accepted, else 503 and why
 */
#ifndef RINGPOST_WEB_METRICS_H
#define RINGPOST_WEB_METRICS_H

#include "daemon/daemon.h"
#include "daemon/fan.h"
#include "report/value.h"
#include "http/router.h"
#include "metrics/exposition.h"

struct metrics; /* a worker's */

struct metrics *metrics_open(struct daemon_worker *worker);
void metrics_close(struct metrics **metrics);
void metrics_add_routes(struct metrics *metrics, struct http_router *router);

/* metrics_job.c: what a worker says of itself. */
extern const struct fan_job metrics_job;
/* metrics_rows.c: RESULTS, what the workers said, as families and samples. */
void metrics_write_workers(struct exposition *out, const struct value *results);
/* metrics_lists.c: the same of what there is a list of. */
void metrics_write_refusals(struct exposition *out, const struct value *results);
void metrics_write_ages(struct exposition *out, const struct value *results);
/* metrics_node.c: what a process has one of. */
void metrics_write_node(struct exposition *out, struct daemon *daemon);

#endif
