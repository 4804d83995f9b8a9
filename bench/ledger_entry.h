/*
 * A line of a ledger: fields apart by one space.
 *
 *	TIME OUTCOME ID SIZE CRC COUNT RECIPIENTS REST
 *	1790000000.123 acked r4k2m-17 3711 9f3a11c0 1 user18@d1.test 250 4ABCD
 *
 * TIME is seconds since 1970, SIZE and CRC (CRC32C) are of the body, behind
 * the header: that is what a relay may not change. COUNT recipients follow,
 * apart by commas, with their own commas, spaces and % as %2C %20 %25; "-":
 * none. Lines that begin with '#' are remarks.
 */
#ifndef RINGPOST_BENCH_LEDGER_ENTRY_H
#define RINGPOST_BENCH_LEDGER_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

struct ledger_entry {
	int64_t wall_ms;
	struct slice outcome, id; /* words without spaces */
	uint64_t size;
	uint32_t crc;
	uint64_t count;
	struct slice recipients; /* encoded */
	struct slice rest;	 /* to the line's end */
};

/* Appends the line, its control bytes made '?'. */
void ledger_entry_write(struct buffer *buffer, const struct ledger_entry *entry);
/* LINE without its LF; false: it is none. Slices are of LINE. */
bool ledger_entry_read(struct slice line, struct ledger_entry *entry_r);

/* Appends ADDRESS, encoded, behind a comma unless LIST is empty. */
void ledger_recipient_add(struct buffer *list, struct slice address);
/* The id in a local part "…+ID": how envelopes carry it. Empty: none. */
struct slice ledger_id_of_local(struct slice local);

#endif
