/*
 * The spool's inside, shared by spool.c and spool_visit.c.
 */
#ifndef RINGPOST_QUEUE_SPOOL_CORE_H
#define RINGPOST_QUEUE_SPOOL_CORE_H

#include "queue/spool_write.h"

#define SPARES_MAX    8
#define NODE_DIGITS   8
#define WORKERS_MAX   256
#define SEGMENT_LEAST (4u << 20)

struct spool {
	char *directory;
	char node[NODE_DIGITS + 1];
	uint64_t segment_size;
	unsigned workers;
	bool direct;
	_Atomic bool recovered;
	_Atomic uint32_t next_number;
	struct segment *current[WORKERS_MAX]; /* each its worker's own */
	struct segment *_Atomic spares[SPARES_MAX];
	struct segment *_Atomic table[SEGMENTS_MAX];
	_Atomic uint64_t writes, recycled, removed;
	struct segment *gone; /* retired, oldest first: the sweep's alone */
};

#endif
