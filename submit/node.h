/*
 * What the workers of a process share about submission: messages an hour, and
 * the gate's memory. All bounded, all forgotten at the end of the process.
 * Thread safe; nothing here waits.
 */
#ifndef RINGPOST_SUBMIT_NODE_H
#define RINGPOST_SUBMIT_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "submit/submission.h"

struct gate_node;

/* What the gate's share; valid as long as the node. */
struct gate_node *node_gate(struct submission_node *node);

/* --- Messages an hour --- */

#define ALLOWANCES_MAX 100000 /* accounts with a limit that sent of late */

/* Counts a message unless it is one too many in the last 60 minutes: then
 * false, with the seconds until there is room. */
bool node_count_message(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r);

/* The same of those that look like phishing. */
bool node_count_suspicious(struct submission_node *node, struct slice account,
	uint64_t per_hour, int64_t now_us, unsigned *wait_s_r);

#endif
