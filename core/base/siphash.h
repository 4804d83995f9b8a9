/* SipHash (Aumasson and Bernstein, 2012): a keyed hash for hash tables. */
#ifndef RINGPOST_BASE_SIPHASH_H
#define RINGPOST_BASE_SIPHASH_H

#include <stdint.h>

#include "base/slice.h"

struct siphash_key {
	uint64_t low, high; /* the 16 bytes of the key, little endian */
};

/* One round a word, three at the end: for tables. */
uint64_t siphash_13(struct siphash_key key, struct slice bytes);
/* Two and four: what the paper gives test vectors for. */
uint64_t siphash_24(struct siphash_key key, struct slice bytes);

#endif
