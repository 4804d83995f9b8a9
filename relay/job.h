/*
 * A job: one entry being delivered over one connection, in one transaction or,
 * when the peer takes fewer recipients at a time, in several.
 */
#ifndef RINGPOST_RELAY_JOB_H
#define RINGPOST_RELAY_JOB_H

#include "relay/relay_core.h"
#include "relay/sender.h"

#define JOB_RECIPIENTS_MAX 100 /* in one transaction, where LIMITS says nothing */

struct job {
	struct link link;    /* of its connection: in flight, or spare */
	struct entry *entry; /* NULL: none */
	struct smtp_delivery delivery;
	struct sender sender;
	struct arena arena;
	struct verdict *verdicts;     /* of each of the entry's recipients */
	struct recipient *recipients; /* the entry's, as this peer is told */
	struct recipient *batch;      /* those of the transaction, and … */
	size_t *places;		      /* … where they stand; NULL: all in order */
	struct envelope envelope;     /* as this peer is told, where it differs */
	struct buffer converted;      /* the message, made 7-bit */
	unsigned transactions;	      /* begun */
	int64_t taken_us;	      /* when limits were asked for it */
};

/*
 * Whether ENTRY can be sent to the peer just as it is, in one transaction:
 * what may travel behind another message.
 */
bool job_is_simple(const struct site *site, const struct entry *entry,
	const struct capabilities *peer);
/* Makes the first transaction of a simple one. */
void job_begin(struct job *job, const struct site *site, struct entry *entry);
/*
 * The same for any entry: recodes what the peer could not take. False: there
 * is nothing to send, for VERDICTS say it all.
 */
bool job_prepare(struct job *job, const struct site *site, struct entry *entry,
	const struct capabilities *peer, struct deadline deadline);
/* After a transaction: its answers as verdicts. */
void job_judge(struct job *job);
/* Whether there are recipients beyond those of the transaction at hand. */
bool job_has_more(const struct job *job);
/* Makes the next transaction, of those not tried and those to be tried again
 * at once. False: there are none. */
bool job_continue(struct job *job, const struct capabilities *peer);
/* The entry is elsewhere now. */
void job_clear(struct job *job);
void job_finish(struct job *job);

#endif
