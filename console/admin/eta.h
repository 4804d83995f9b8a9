/* `eta`: between its files. */
#ifndef RINGPOST_ADMIN_ETA_H
#define RINGPOST_ADMIN_ETA_H

#include "daemon/fan.h"

/* eta_count.c: what is queued of the request's selection, in each worker: {"domains":
 * {"x.test": {"ready", "deferred", "held", "last_due_ms", "suspended_until_ms",
 * "tenants": {"acme": {"ready", "deferred"}}}}, "more"}. */
extern const struct fan_job eta_count_job;

#endif
