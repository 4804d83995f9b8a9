/* Names of mailboxes in IMAP's own UTF-7 (RFC 3501 5.1.3). */
#ifndef RINGPOST_IMAP_UTF7_H
#define RINGPOST_IMAP_UTF7_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

/* As UTF-8, in the arena or TEXT itself. False: it is none, or not in the one
 * form a name may have. */
bool utf7_decode(struct arena *arena, struct slice text, struct slice *name_r);
/* NAME is UTF-8. */
void utf7_encode(struct buffer *out, struct slice name);

#endif
