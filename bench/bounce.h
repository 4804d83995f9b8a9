/*
 * What a notification (RFC 3464) says: about which message of a source, and
 * which recipients failed.
 */
#ifndef RINGPOST_BENCH_BOUNCE_H
#define RINGPOST_BENCH_BOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

struct bounce {
	struct slice id; /* of the message returned, from its X-Ledger-Id; empty:
			    none, ask the envelope */
	uint64_t failed, delayed; /* recipients */
	struct buffer recipients; /* failed ones, as a ledger lists them */
};

/*
 * Reads a whole message; *bounce_r has slices of it. False: it reports on no
 * recipient.
 */
bool bounce_read(struct slice message, struct bounce *bounce_r);
void bounce_finish(struct bounce *bounce);

#endif
