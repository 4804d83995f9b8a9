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
#include "report/value.h"
#include "http/router.h"
#include "metrics/exposition.h"

struct metrics; /* a worker's */

struct metrics *metrics_open(struct daemon_worker *worker);
void metrics_close(struct metrics **metrics);
void metrics_add_routes(struct metrics *metrics, struct http_router *router);

/* metrics_rows.c: RESULTS, what each worker said of itself (status.c), as
 * families and samples. */
void metrics_write_workers(struct exposition *out, const struct value *results);

#endif
