/*
 * How many messages a second a receiver takes, learned from the ones it puts
 * off. Pure: time is an argument.
 *
 * Nothing is held back until a receiver says that it is too fast. Then there is a
 * pause, longer each time until a message goes through again; and what it took
 * from one such moment to the next, divided by that time, is what it takes: that
 * holds for buckets that refill as well as for so many an hour. From a little
 * below, the rate comes near to that quickly, stays there, and then grows faster
 * and faster, until the receiver complains again or takes whatever there is. This
 * goes by messages, so that a slow receiver is not asked for more any oftener
 * than a fast one; by seconds where they are many; and where it stopped for long
 * (so many an hour), by what it took until then.
 */
#ifndef RINGPOST_REACT_TEMPO_H
#define RINGPOST_REACT_TEMPO_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed memory: as fast as one can. */
struct tempo {
	double rate;	    /* messages a second; 0: any */
	double wall;	    /* the rate it seems to take */
	double near;	    /* so many messages after a refusal it is tried again */
	int64_t next_us;    /* when the next message may begin */
	int64_t cycle_us;   /* it has been counted since */
	uint64_t accepted;  /* since then */
	bool blocked;	    /* nothing has gone through since … */
	int64_t blocked_us; /* … this refusal */
	int64_t pause_us;   /* between messages that try it */
	int64_t lowered_us; /* the rate holds since */
};

/* How long until a message may begin; 0: now. */
int64_t tempo_wait_us(const struct tempo *tempo, int64_t now_us);
/* One message now, if it may begin. */
bool tempo_take(struct tempo *tempo, int64_t now_us);
/* A message begun at BEGAN_US was taken. True: the rate is known anew. */
bool tempo_note_accepted(struct tempo *tempo, int64_t began_us, int64_t now_us);
/* … was put off for coming too fast. True: nothing goes through now. */
bool tempo_note_refused(struct tempo *tempo, int64_t began_us, int64_t now_us);

#endif
