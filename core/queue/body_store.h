/*
 * What stands behind a body: the store's calls, and a body's inside. For the
 * files that implement stores, not for those that use bodies.
 */
#ifndef RINGPOST_QUEUE_BODY_STORE_H
#define RINGPOST_QUEUE_BODY_STORE_H

#include "queue/body.h"
#include "queue/message.h"
#include "queue/segment.h"

/* A stored part of a body, in the order they are read. */
struct body_piece {
	struct segment *segment; /* spool: pinned; NULL: not stored yet */
	uint64_t offset;
	uint32_t size;
	uint32_t number; /* in keys and records; the head has 0 */
};

struct body {
	struct bodies *bodies;
	unsigned shard;
	char id[MESSAGE_ID_SIZE + 1];
	struct buffer head, content; /* what is still in memory */
	struct body_piece *pieces;   /* content pieces stored; after the sync all */
	size_t piece_count;
	uint64_t size;
	bool stored;		 /* the sync is done */
	struct buffer elsewhere; /* the whole reference, when it lies in another
				    node's spool */
};

struct body_write {
	struct body *body;
	struct slice parts[2];
	struct body_piece piece; /* number and size set; the rest filled in */
};

struct body_store {
	char kind; /* in references */
	/* Stores COUNT parts of memory, each (body, number, two slices) a record,
	 * durably; fills each piece. */
	bool (*write)(struct bodies *bodies, struct body_write *writes, size_t count,
		struct deadline deadline);
	/* Reads a piece into memory of its own (*at_r, to be freed); the bytes
	 * are *part_r in it. */
	bool (*read)(const struct body *body, const struct body_piece *piece,
		char **at_r, struct slice *part_r, struct deadline deadline);
	/* A piece's place in a reference, written and read. */
	bool (*refer)(const struct body_piece *piece, struct buffer *into);
	bool (*resolve)(
		struct bodies *bodies, struct slice *rest, struct body_piece *piece_r);
	/* Adds BYTES to what is alive where the piece lies. */
	void (*count)(const struct body_piece *piece, int64_t bytes);
	void (*release)(struct body_piece *piece);
	void (*destroy)(struct bodies *bodies);
};

struct bodies {
	const struct body_store *store;
	struct slice node; /* who can read it; empty: everyone */
};

/* Varints as in packed entries. */
bool body_get_number(struct slice *rest, uint64_t *value_r);

#endif
