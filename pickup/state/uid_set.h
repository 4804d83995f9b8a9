/*
 * Sets of UIDs, or of sequence numbers: ranges in order (RFC 9051 9,
 * sequence-set). Zeroed memory is an empty one.
 */
#ifndef RINGPOST_STATE_UID_SET_H
#define RINGPOST_STATE_UID_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

struct uid_range {
	uint32_t first, last; /* both in it; first <= last */
};

struct uid_set {
	struct uid_range *at; /* in order, apart from each other; in an arena */
	size_t count, room;
};

/* FIRST to LAST, in either order, neither 0. At the end in constant time. */
void uid_set_add(
	struct uid_set *set, struct arena *arena, uint32_t first, uint32_t last);
bool uid_set_has(const struct uid_set *set, uint32_t uid);
/* How many. */
uint64_t uid_set_size(const struct uid_set *set);
/* The Nth, from 0; 0: there are no more. */
uint32_t uid_set_nth(const struct uid_set *set, uint64_t n);
/* "1:3,7"; nothing of an empty one. */
void uid_set_write(const struct uid_set *set, struct buffer *out);
/*
 * Reads "1:3,7,*:12": '*' is LARGEST (0 is taken for 1, as RFC 9051 has "*" stand
 * for some message). False: it is no sequence-set, or has more than RANGES_MAX.
 */
bool uid_set_read(struct slice text, uint32_t largest, struct arena *arena,
	struct uid_set *set_r);

#define UID_RANGES_MAX 100000

#endif
