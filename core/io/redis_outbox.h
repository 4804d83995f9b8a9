/*
 * Commands on their way to Redis: small ones gathered in chunks, large ones
 * kept where they were formatted. Pure.
 */
#ifndef RINGPOST_IO_REDIS_OUTBOX_H
#define RINGPOST_IO_REDIS_OUTBOX_H

#include "base/list.h"
#include "base/slice.h"

/* A chunk of small commands; a command from a quarter of that on is large. */
#define REDIS_CHUNK_BYTES (64u << 10)
/* What may wait to be sent; a call beyond it fails. */
#define REDIS_OUTBOX_MAX (64u << 20)

struct redis_outbox {
	struct list pieces;
	struct redis_piece *spare; /* an empty chunk for the next turn */
	size_t bytes;
};

void redis_outbox_init(struct redis_outbox *outbox);
void redis_outbox_finish(struct redis_outbox *outbox);
/* Takes over *COMMAND (of resp_format), which becomes empty. False with
 * FAILURE_STORE, and it was freed: too much waits. */
bool redis_outbox_put(struct redis_outbox *outbox, struct slice *command);
/* The first piece, to be given back when it was sent; NULL when empty. */
struct redis_piece *redis_outbox_take(struct redis_outbox *outbox);
struct slice redis_piece_bytes(const struct redis_piece *piece);
void redis_outbox_give_back(struct redis_outbox *outbox, struct redis_piece *piece);

#endif
