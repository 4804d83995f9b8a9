/*
 * What the sink keeps of a message as it streams past: its id, how many DKIM
 * signatures it has, size and CRC of its body; all of it only where wanted.
 */
#ifndef RINGPOST_BENCH_CONTENT_H
#define RINGPOST_BENCH_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

/* Of a header line only so much is looked at. */
#define CONTENT_LINE_MAX 128
#define CONTENT_ID_MAX	 64

struct content {
	uint64_t size; /* of the message, without dots */
	uint64_t body_size;
	uint32_t body_crc;
	char id[CONTENT_ID_MAX]; /* X-Ledger-Id */
	size_t id_size;
	unsigned signatures;
	bool sum;	/* the CRC is wanted */
	bool keep, cut; /* cut: more than fits was to be kept */
	struct buffer whole;
	bool in_body;
	char line[CONTENT_LINE_MAX]; /* private: begun, not ended yet */
	size_t line_size;
};

/* For a new message. KEEP bytes of it at the most, in whole; 0: none. SUM: the
 * CRC is wanted. */
void content_begin(struct content *content, size_t keep, bool sum);
/* The next bytes, without dots doubled, cut anywhere. */
void content_add(struct content *content, struct slice bytes);
void content_finish(struct content *content);

#endif
