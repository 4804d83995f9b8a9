/*
 * Bytes that have arrived and are not yet read, in the pieces they came in: what
 * streams that make bytes of others' keep.
 */
#ifndef RINGPOST_IO_PIECES_H
#define RINGPOST_IO_PIECES_H

#include "base/list.h"
#include "base/slice.h"

/* BYTES are copied, as one piece behind the others. */
void pieces_add(struct list *pieces, struct slice bytes);
/* What of a piece stands behind the first SKIP bytes; empty: nothing. */
struct slice pieces_peek(const struct list *pieces, size_t skip);
/* SIZE bytes, all of the first piece. */
void pieces_consume(struct list *pieces, size_t size);
void pieces_clear(struct list *pieces);

#endif
