/*
 * Sets of sequence numbers or UIDs as commands write them (RFC 9051 9,
 * sequence-set): ranges, in which '*' is the largest, whatever that will be.
 */
#ifndef RINGPOST_IMAP_SET_H
#define RINGPOST_IMAP_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

#define IMAP_STAR 0 /* in a range */

struct imap_range {
	uint32_t first, last;
};

struct imap_set {
	const struct imap_range *at;
	size_t count;
	bool saved; /* "$": what the last search saved (RFC 9051 6.4.4.1) */
};

/* "1:3,7,*:12" or "$". In the arena; as written, in any order. */
bool imap_set_read(struct arena *arena, struct slice text, struct imap_set *set_r);
/*
 * The same without '*', in order, no range touching another. With nothing there
 * (LARGEST 0) '*' is left out.
 */
struct imap_set imap_set_resolve(
	struct arena *arena, const struct imap_set *set, uint32_t largest);
/* Of a resolved set. */
bool imap_set_has(const struct imap_set *set, uint32_t number);
uint64_t imap_set_size(const struct imap_set *set);
/* Adds one behind all others of a set whose ranges are in the arena. */
void imap_set_add(struct arena *arena, struct imap_set *set, uint32_t number);
/* "1:3,7"; nothing of an empty one. */
void imap_set_write(struct buffer *out, const struct imap_set *set);

#endif
