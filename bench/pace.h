/*
 * Which message is next, and when it is due: shared by all workers.
 *
 * With a rate, message k is due at start + k / rate, whatever became of those
 * before it (an open loop): who takes it late has made it wait. Without, a
 * message is due when it is taken.
 */
#ifndef RINGPOST_BENCH_PACE_H
#define RINGPOST_BENCH_PACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pace {
	uint64_t messages;	  /* 0: no end */
	double rate;		  /* a second; 0: as fast as it goes */
	int64_t duration_us;	  /* from the start; 0: no end */
	atomic_uint waited_for;	  /* sessions that are still opening */
	_Atomic int64_t start_us; /* 0: not yet */
	_Atomic uint64_t next;
};

enum pace_answer {
	PACE_TAKEN,
	PACE_LATER, /* nothing is due */
	PACE_OVER,  /* nothing will ever be */
};

/*
 * WAITED_FOR sessions open before the clock starts, if there is a rate; else
 * it starts with the first message.
 */
void pace_init(struct pace *pace, unsigned waited_for);
/* A session of those has opened, or will not. */
void pace_ready(struct pace *pace, int64_t now_us);
/*
 * Takes the next message, *number_r, if it is due by NOW_US, or, with AHEAD,
 * also before. *due_us_r: when it is, or for LATER when to ask again.
 */
enum pace_answer pace_take(struct pace *pace, int64_t now_us, bool ahead,
	uint64_t *number_r, int64_t *due_us_r);
bool pace_is_over(struct pace *pace, int64_t now_us);
/* Over because of the duration: nothing may be begun any more. */
bool pace_is_out_of_time(struct pace *pace, int64_t now_us);

#endif
