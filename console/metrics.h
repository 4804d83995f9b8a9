/*
 * What monitoring asks over HTTP, on listeners that serve `metrics`:
 *
 *	GET /metrics   figures of the whole process, for Prometheus
 *	GET /healthz   200 as long as the process answers
 *	GET /readyz    200 while mail is accepted, else 503 and why
 */
#ifndef RINGPOST_CONSOLE_METRICS_H
#define RINGPOST_CONSOLE_METRICS_H

#include "console/daemon.h"
#include "console/value.h"
#include "http/router.h"
#include "metrics/exposition.h"

struct metrics; /* a worker's */

struct metrics *metrics_open(struct daemon_worker *worker);
void metrics_close(struct metrics **metrics);
void metrics_add_routes(struct metrics *metrics, struct http_router *router);

/* metrics_rows.c: RESULTS, what each worker said of itself (admin_status.c), as
 * families and samples. */
void metrics_write_workers(struct exposition *out, const struct value *results);

#endif
