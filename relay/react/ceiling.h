/*
 * How many connections a site takes, learned from the ones it refuses. Pure:
 * time is an argument.
 *
 * A receiver that counts connections often still counts one that has just
 * ended. So a refusal while others are being made anew says little about how
 * many are open at that moment: what it took a moment ago, less one, is nearer.
 * Afterwards one more is tried now and then; the oftener it is refused the same,
 * the more seldom.
 */
#ifndef RINGPOST_REACT_CEILING_H
#define RINGPOST_REACT_CEILING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CEILING_STEP_US	     (15 * INT64_C(1000000)) /* until one more is tried … */
#define CEILING_STEP_MOST_US (30 * 60 * INT64_C(1000000)) /* … at the most */

/* Zeroed memory: nothing is known. */
struct ceiling {
	size_t most; /* open at a time, lately */
	int64_t most_until_us;
	size_t limit;		   /* the connections it seemed to allow; 0: any */
	int64_t raise_us, step_us; /* one more from then on, each time */
	int64_t pause_until_us;
	unsigned refused; /* with none open, since one was */
};

/* OPEN connections work. */
void ceiling_note_open(struct ceiling *ceiling, size_t open, int64_t now_us);
/* A connection was refused while OPEN others work. True: there are enough of
 * them. False: the site takes none at all. */
bool ceiling_note_refused(struct ceiling *ceiling, size_t open, int64_t now_us);
/* It is to be used with no more than LIMIT for now, whatever it took. */
void ceiling_lower(struct ceiling *ceiling, size_t limit, int64_t now_us);
/* Whether one more may be made beside these CONNECTIONS. */
bool ceiling_allows(const struct ceiling *ceiling, size_t connections, int64_t now_us);
/* The connections it allows now; 0: any number. */
size_t ceiling_limit(const struct ceiling *ceiling, int64_t now_us);

#endif
