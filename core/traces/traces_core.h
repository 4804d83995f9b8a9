/* The inside of traces: between traces.c and what sends. */
#ifndef RINGPOST_TRACES_TRACES_CORE_H
#define RINGPOST_TRACES_TRACES_CORE_H

#include <stdatomic.h>

#include "base/list.h"
#include "traces/traces.h"

/* Spans that go in one request. */
struct traces_batch {
	struct link link;
	struct buffer body;
	size_t size; /* of the spans alone */
	unsigned count;
};

struct traces {
	struct config *config; /* held */
	struct dns *dns;
	struct scope scope;
	bool running; /* the fiber that sends */
	bool closing;
	struct list batches;	   /* the oldest first; the last one may be open */
	struct traces_batch *open; /* being filled, or NULL */
	size_t bytes;		   /* of all of them */
	struct condition work;
	int64_t wall_offset_us;
	int64_t told_us;
};

/* Of the process. */
struct traces_counts {
	_Atomic uint64_t made, sent, dropped, refused, failures, waiting_bytes;
};
extern struct traces_counts traces_counts;

static inline void traces_count(_Atomic uint64_t *to, uint64_t more)
{
	atomic_fetch_add_explicit(to, more, memory_order_relaxed);
}

/* The first of the list is over. */
void traces_forget_first(struct traces *traces);

/* traces_send.c: the fiber. */
void traces_run(void *traces);

#endif
