/*
 * Keys seen before, and when first: a fixed table that all workers share
 * without a lock.
 */
#ifndef RINGPOST_BENCH_SEEN_H
#define RINGPOST_BENCH_SEEN_H

#include <stdatomic.h>
#include <stdint.h>

/* Keys it has room for; when it is full, every new key counts as long seen. */
#define SEEN_MAX (1u << 22)

struct seen_place {
	_Atomic uint64_t key;	  /* 0: free */
	_Atomic int64_t first_us; /* 0: being set */
};

/* Zeroed memory is an empty table without room yet. */
struct seen {
	struct seen_place *places;
	_Atomic uint32_t count;
};

/* Before workers run. */
void seen_init(struct seen *seen);
void seen_finish(struct seen *seen);
/* How long ago KEY was first asked for; 0: now, and it is noted. */
int64_t seen_since(struct seen *seen, uint64_t key, int64_t now_us);

#endif
