/*
 * Bytes on their way over a distance, in one direction: what is put in at one
 * time may be taken out a delay later, in order, the end of all bytes as well.
 *
 * Time is an argument; nothing here waits.
 */
#ifndef RINGPOST_BENCH_DELAY_LINE_H
#define RINGPOST_BENCH_DELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/list.h"
#include "base/slice.h"

#define DELAY_NEVER INT64_MAX

struct delay_line {
	int64_t delay_us;
	uint64_t bits_per_second; /* 0: any number of bytes at once */
	size_t window;		  /* most bytes held */

	/* private */
	struct list pieces;
	size_t held;
	int64_t free_us; /* when the line has taken up what was put in */
	int64_t end_us;	 /* when the end is due */
	bool ended;
};

/* With .delay_us, .bits_per_second and .window filled in. Bytes put in before
 * OPEN_US count from there. */
void delay_line_init(struct delay_line *line, int64_t open_us);
void delay_line_finish(struct delay_line *line);

/* How many bytes may be put in now. */
size_t delay_line_room(const struct delay_line *line);
/* BYTES (within the room) are copied. */
void delay_line_put(struct delay_line *line, struct slice bytes, int64_t now_us);
/* Nothing follows; this news travels as long as bytes do. */
void delay_line_end(struct delay_line *line, int64_t now_us);
bool delay_line_has_ended(const struct delay_line *line);

/* When something may be taken out, the end included; DELAY_NEVER: nothing is
 * on its way. */
int64_t delay_line_due_us(const struct delay_line *line);
/* The pieces due at NOW_US, at most MOST, valid until they are dropped; 0:
 * none. *size_r is the sum of their sizes. */
size_t delay_line_peek(const struct delay_line *line, int64_t now_us,
	struct iovec *pieces, size_t most, size_t *size_r);
/* Drops the first COUNT pieces. */
void delay_line_drop(struct delay_line *line, size_t count);

#endif
