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
	TIMING_CHECKS,	/* of that, what is found out about its sender and header */
	TIMING_SIGN,	/* … its signatures */
	TIMING_COMMIT,	/* … until Redis and the disk have it */
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

/*
 * The same steps kept beside one message, for who wants to know where its time went
 * (traces).
 */
#define TIMING_STEPS_MAX 32

struct timing_step {
	enum timing timing;
	int code; /* of a reply; 0: none */
	int64_t began_us, ended_us;
};

struct timing_steps {
	struct timing_step list[TIMING_STEPS_MAX];
	unsigned count, lost; /* lost: there was no room for so many */
};

/* Into STEPS alone, unless it is NULL. */
void timing_keep(struct timing_steps *steps, const struct timing_step *step);
/* Recorded, and kept. */
static inline void timing_step(
	struct timing_steps *steps, const struct timing_step *step)
{
	timing_record(step->timing, step->ended_us - step->began_us);
	if (steps)
		timing_keep(steps, step);
}

struct timing_figures {
	uint64_t buckets[TIMING_BOUNDS + 1]; /* each by itself */
	uint64_t count, sum_us;
};
/* Of all threads since the start, those that ended, too. */
void timing_read(enum timing timing, struct timing_figures *figures_r);

#endif
