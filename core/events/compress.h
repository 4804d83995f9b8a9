/* A file compressed (zstd), in parts, so that whoever does it can do other
 * things in between. Blocks while it reads and writes. */
#ifndef RINGPOST_EVENTS_COMPRESS_H
#define RINGPOST_EVENTS_COMPRESS_H

#include <stdbool.h>

struct compress;

/* FROM becomes FROM.zst. NULL with FAILURE_FILE. */
struct compress *compress_open(const char *from);
/* One part. True: there is more to do. */
bool compress_step(struct compress *compress);
/* Behind the last part: true when all of it went well; FROM is removed then. Before
 * it: what was written is removed, FROM stays. */
bool compress_close(struct compress **compress);

#endif
