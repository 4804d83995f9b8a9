/*
 * How long the steps of a message's way take: a histogram for each, filled by every
 * thread without a lock, read by whoever asks. A record costs some ten instructions.
 *
 *	int64_t began_us = worker_now_us();
 *	…
 *	timing_record(TIMING_CONNECT, worker_now_us() - began_us);
 */
#ifndef RINGPOST_METRICS_TIMING_H
#define RINGPOST_METRICS_TIMING_H

#include <stddef.h>
#include <stdint.h>

enum timing {
	TIMING_ACCEPT,	/* from the end of a message to its reply, 250 or not */
	TIMING_COMMIT,	/* of that, until Redis and the disk have it */
	TIMING_QUEUE,	/* from then to the end of an entry's first attempt */
	TIMING_DNS,	/* a question that went out */
	TIMING_CONNECT, /* to a receiver: TCP, … */
	TIMING_TLS,	/* … the handshake, */
	/* How long a receiver's reply to each was waited for. Where commands were sent
	 * together, for all but the first it is what was left of the wait. */
	TIMING_GREETING,
	TIMING_EHLO,
	TIMING_MAIL,
	TIMING_RCPT,
	TIMING_DATA,
	TIMING_FINAL, /* to the whole message */
	TIMING_REDIS, /* a call of a worker's, answer and all */
	TIMING_FSYNC, /* a write of the spool, down to the disk */
	TIMING_LOGIN, /* an attempt to log in, without the wait for failures */
	TIMING_STORE, /* a change of a mailbox, until it is on the disk */
	TIMING_HTTP,  /* a request's handler */
	TIMINGS
};

#define TIMING_BOUNDS 20 /* buckets; one more for what is longer */

/* "accept", for labels. */
const char *timing_name(enum timing timing);
/* What it is, in a few words, for people. */
const char *timing_meaning(enum timing timing);
/* In microseconds, growing. */
extern const int64_t timing_bounds_us[TIMING_BOUNDS];

/* On any thread. Less than 0 counts as 0. */
void timing_record(enum timing timing, int64_t us);

struct timing_figures {
	uint64_t buckets[TIMING_BOUNDS + 1]; /* each by itself */
	uint64_t count, sum_us;
};
/* Of all threads since the start, those that ended, too. */
void timing_read(enum timing timing, struct timing_figures *figures_r);

#endif
