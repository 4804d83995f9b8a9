/* gzip (RFC 1952), both ways: bodies of requests undone, of answers made small. */
#ifndef RINGPOST_HTTP_GZIP_H
#define RINGPOST_HTTP_GZIP_H

#include <stdbool.h>

#include "base/buffer.h"
#include "run/deadline.h"

/* BYTES behind what OUT holds; a large one is done on the pool. False: it cannot be
 * done now. */
bool gzip_pack(struct slice bytes, struct buffer *out, struct deadline deadline);

struct gzip_reader; /* one stream of bytes being undone */

enum gzip_state { GZIP_MORE, GZIP_DONE, GZIP_BROKEN, GZIP_TOO_BIG };

struct gzip_reader *gzip_reader_create(void);
void gzip_reader_destroy(struct gzip_reader **reader);
/*
 * The next BYTES undone, handed to TAKE in runs of no more than 32 KiB, whose false
 * is TOO_BIG: so a bomb is known when the cap is reached, not when it went off.
 * Nothing may be behind the end.
 */
enum gzip_state gzip_reader_feed(struct gzip_reader *reader, struct slice bytes,
	bool (*take)(void *context, struct slice run), void *context);

#endif
