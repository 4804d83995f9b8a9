/*
 * Reports: what the sender of a message is to be told about an attempt (RFC
 * 3461 5.2, 6.1), and what becomes of the entry when it was told.
 */
#ifndef RINGPOST_RELAY_REPORT_H
#define RINGPOST_RELAY_REPORT_H

#include "mail/dsn.h"
#include "relay/outcome.h"

struct report {
	struct link link;
	struct entry *entry; /* in the relay's hands */
	struct arena arena;
	struct dsn_recipient *recipients;
	size_t count;
	struct recipient *waiting; /* those of the entry that are tried again */
	size_t waiting_count;
	struct recipient *failed; /* those the sender has to be told of */
	size_t failed_count;
	int64_t due_ms;
};

/* Never about a message from <>; as NOTIFY says, else of failures only. */
bool report_is_due(const struct relay *relay, const struct entry *entry,
	const struct recipient *recipient, const struct verdict *verdict,
	const struct attempt *attempt);
/* Takes the entry over. */
struct report *report_create(struct relay *relay, struct entry *entry,
	const struct verdict *verdicts, const struct attempt *attempt, int64_t due_ms);
/* The sender was told: settles the entry, or puts it off for those who wait. */
void report_told(struct relay *relay, struct report **report);
/* He could not be told now: those who failed are kept with the others, and all
 * of it is tried again soon. */
void report_failed(struct relay *relay, struct report **report);

/* bounce.c: tells him, in a fiber of its own; takes the report over. */
void bounce_add(struct relay *relay, struct report *report);

#endif
