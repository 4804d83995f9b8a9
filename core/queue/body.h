/*
 * Message bodies: where the octets are, behind one header.
 *
 * A body here is the whole message, header included, dot-unstuffed: a head
 * (set last, when Received and signatures are known) and the content behind
 * it. Small ones stay in memory until committed and relayed; beyond
 * BODY_MEMORY_MAX the content moves to the store in pieces as it comes, and
 * only the head and the last piece are in memory.
 *
 * Stores: `spool` (segment files of this node, written through the ring with
 * one sync for all that a batch holds) and `redis` (plain keys in the
 * message's shard). Pieces are durable only after bodies_sync.
 */
#ifndef RINGPOST_QUEUE_BODY_H
#define RINGPOST_QUEUE_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "run/deadline.h"

#define BODY_PIECE_SIZE (256u << 10)
#define BODY_MEMORY_MAX (256u << 10)

struct body;
struct bodies; /* a worker's store */
struct redis;
struct spool;

/* Where a worker keeps bodies: the process's spool, or Redis. */
struct bodies *bodies_create_spool(struct spool *spool, unsigned worker);
struct bodies *bodies_create_redis(struct redis *redis);
void bodies_destroy(struct bodies **bodies);

/* A body to be filled. ID names its keys in Redis, its records in the spool;
 * it may be given late, before the first piece leaves memory (see _set_id). */
struct body *body_create(struct bodies *bodies);
void body_destroy(struct body **body);
void body_set_id(struct body *body, unsigned shard, struct slice id);
/*
 * Content, copied. Suspends only when a full piece has to leave for the store.
 * False: FAILURE_STORE (no space, Redis down), TIMEOUT, CANCELLED.
 */
bool body_append(struct body *body, struct slice bytes, struct deadline deadline);
/* The head, in pieces, put in front of the content; copied. Once. */
void body_set_head(struct body *body, const struct slice *pieces, size_t count);
uint64_t body_size(const struct body *body);
/* Bytes it holds in memory now. */
size_t body_memory(const struct body *body);
/* True when the whole of it is in memory, as two slices: head and content. */
bool body_in_memory(const struct body *body, struct slice pieces_r[2]);
/*
 * Makes COUNT bodies durable, in one write and one sync where the store can.
 * Afterwards body_reference works. On failure none may be used. Pieces
 * stored ahead (of large bodies) are durable already.
 */
bool bodies_sync(struct bodies *bodies, struct body *const *list, size_t count,
	struct deadline deadline);

/*
 * The reference that goes into the packed entry, and back. References are
 * length-checked data: a bad one is FAILURE_DATA. body_open'ed bodies have
 * nothing in memory, and need body_set_id before they are read. One that lies in another node's spool opens, but cannot
 * be read here: body_is_elsewhere says whose it is.
 */
bool body_reference(const struct body *body, struct buffer *into);
struct body *body_open(struct bodies *bodies, struct slice reference);
bool body_is_elsewhere(const struct body *body, struct slice *node_r);
/* Drops what is in memory of a stored body: it is read back when needed. */
void body_let_go(struct body *body);
/* The keys it has in Redis (0 for the spool), which a commit adopts and the
 * settlement of its last entry deletes. TEXT has 64 bytes. */
size_t body_key_count(const struct body *body);
struct slice body_key(const struct body *body, size_t index, char text[64]);
/* The same octets appended anew, durable, for compaction; NULL on failure. */
struct body *body_copy(const struct body *body, struct deadline deadline);

/*
 * Accounting of what is alive: SHARE of a body's bytes (1 / entries of the
 * message) is added at commit and at recovery, taken away at settlement. A
 * spool segment with nothing alive is recycled. For the redis store the keys
 * are deleted by queue.lua; this does nothing.
 */
void body_count(struct bodies *bodies, const struct body *body, unsigned entries);
void body_uncount(struct bodies *bodies, const struct body *body, unsigned entries);

/* Reads it front to back. Slices are valid until the next read. */
struct body_reader {
	const struct body *body;
	size_t piece; /* next piece */
	char *loaded; /* a piece read from the store */
};
void body_reader_open(struct body_reader *reader, const struct body *body);
/* The next part; empty at the end. False: FAILURE_STORE, FAILURE_DATA (a
 * record whose checksum is wrong), TIMEOUT, CANCELLED. */
bool body_reader_next(
	struct body_reader *reader, struct slice *part_r, struct deadline deadline);
void body_reader_close(struct body_reader *reader);

#endif
