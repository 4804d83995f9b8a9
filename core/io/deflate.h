/*
 * Compression (raw DEFLATE, RFC 1951) as a stream over a stream, as IMAP's COMPRESS
 * has it (RFC 4978).
 */
#ifndef RINGPOST_IO_DEFLATE_H
#define RINGPOST_IO_DEFLATE_H

#include "io/stream.h"

/*
 * Takes over *STREAM, which becomes NULL. All that is written from now on is
 * compressed, all that is read was; so must be what has arrived already. What was
 * written before is in the outbox below and goes first, as it is.
 *
 * Each send ends so that the peer can read all of it. Nothing is allocated before
 * there are bytes; who says nothing for some seconds has given back what his history
 * allows: all of ours, and of the peer's all but the text it may refer to.
 */
struct stream *stream_deflate(struct stream **stream);

#endif
