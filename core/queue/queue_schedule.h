/*
 * Schedules: what waits in Redis, waits in the schedule of its domain and flow.
 * Inside the queue layer only.
 */
#ifndef RINGPOST_QUEUE_QUEUE_SCHEDULE_H
#define RINGPOST_QUEUE_QUEUE_SCHEDULE_H

#include "queue/message.h"

#define SCHEDULE_SIZE_MAX (DOMAIN_SIZE_MAX + 1 + FLOW_SIZE_MAX)

struct schedule {
	struct slice domain, flow; /* the flow may be empty */
};

/* As queue.lua names it: "domain" or "domain flow"; in TEXT where it has a flow. */
struct slice schedule_name(
	const struct schedule *schedule, char text[SCHEDULE_SIZE_MAX + 1]);
/* The parts of NAME, which stay in it. */
struct schedule schedule_of_name(struct slice name);
/* Where ENTRY belongs; its flow is in TEXT. */
struct schedule schedule_of_entry(
	const struct entry *entry, char text[FLOW_SIZE_MAX + 1]);

#endif
