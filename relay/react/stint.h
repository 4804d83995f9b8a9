/*
 * How many messages a receiver takes on a connection, learned from connections
 * it ended in the middle of its work. Pure: time is an argument.
 */
#ifndef RINGPOST_REACT_STINT_H
#define RINGPOST_REACT_STINT_H

#include <stdint.h>

/* Zeroed memory: nothing is known. */
struct stint {
	uint64_t messages;  /* it ended some after just so many */
	unsigned times;	    /* so often in a row */
	uint64_t most;	    /* messages on a connection; 0: any number */
	int64_t until_us;   /* that is believed */
	unsigned confirmed; /* how often it was so again */
};

/* It ended a connection that had carried MESSAGES when there was more to come. */
void stint_note_cut(struct stint *stint, uint64_t messages, int64_t now_us);
/* A connection has carried so many and goes on. */
void stint_note_carried(struct stint *stint, uint64_t messages);
/* How many a connection is to carry now; 0: any number. */
uint64_t stint_most(const struct stint *stint, int64_t now_us);

#endif
