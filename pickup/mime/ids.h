/* Message-IDs in header fields (RFC 5322 3.6.4), as threads compare them. */
#ifndef RINGPOST_MIME_IDS_H
#define RINGPOST_MIME_IDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/slice.h"

/* The next one in *VALUE, without brackets, quotes and space, in the arena; VALUE
 * becomes what follows. False: there is no more. */
bool ids_next(struct arena *arena, struct slice *value, struct slice *id_r);

#endif
