/*
 * Sets of sequence numbers or UIDs as commands write them (RFC 9051 9,
 * sequence-set): ranges, in which '*' is the largest, whatever that will be.
 */
#ifndef RINGPOST_IMAP_SET_H
#define RINGPOST_IMAP_SET_H

#include "state/uid_set.h"

#define IMAP_STAR 0 /* in a range */

struct imap_set {
	const struct uid_range *at; /* as written: in any order, either way round */
	size_t count;
	bool saved; /* "$": what the last search saved (RFC 9051 6.4.4.1) */
};

/* "1:3,7,*:12" or "$". In the arena. */
bool imap_set_read(struct arena *arena, struct slice text, struct imap_set *set_r);
/* The numbers it means. With nothing there (LARGEST 0) '*' is left out. */
struct uid_set imap_set_resolve(
	struct arena *arena, const struct imap_set *set, uint32_t largest);

#endif
