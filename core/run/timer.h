/*
 * The timers of one worker: a binary heap, equal times in order of starting.
 *
 * Private to run/.
 */
#ifndef RINGPOST_RUN_TIMER_H
#define RINGPOST_RUN_TIMER_H

#include <stddef.h>
#include <stdint.h>

#include "run/worker.h"

struct timer_entry {
	int64_t at_us;
	uint64_t sequence;
	struct timer *timer;
};

/* Zeroed memory is an empty heap. */
struct timer_heap {
	struct timer_entry *entries; /* entries[0] is not used */
	size_t count, capacity;
	uint64_t sequence;
};

void timer_heap_add(struct timer_heap *heap, struct timer *timer);
void timer_heap_remove(struct timer_heap *heap, struct timer *timer);
/* When the next one is due; INT64_MAX: there is none. */
int64_t timer_heap_next_us(const struct timer_heap *heap);
/* Runs what is due at NOW_US, but not what these start meanwhile. */
void timer_heap_run(struct timer_heap *heap, int64_t now_us);
/* Forgets them all, as stopped, and frees the memory. */
void timer_heap_finish(struct timer_heap *heap);

#endif
