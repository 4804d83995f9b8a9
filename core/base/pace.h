/* How long the slowest of something took in the last minute, kept by spans of
 * time. Zeroed memory has seen nothing. */
#ifndef RINGPOST_BASE_PACE_H
#define RINGPOST_BASE_PACE_H

#include <stdint.h>

#define PACE_SPANS   12
#define PACE_SPAN_US 5000000

struct pace {
	struct {
		int64_t number, longest_us;
	} spans[PACE_SPANS];
};

/* Something that ended at NOW_US took so long. */
void pace_note(struct pace *pace, int64_t now_us, int64_t took_us);
/* 0: nothing was noted. */
int64_t pace_longest_us(const struct pace *pace, int64_t now_us);

#endif
