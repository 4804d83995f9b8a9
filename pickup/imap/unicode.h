/*
 * Text compared as people compare it: i;unicode-casemap (RFC 5051), and names in
 * their composed form (NFC).
 */
#ifndef RINGPOST_IMAP_UNICODE_H
#define RINGPOST_IMAP_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"

/* What of TEXT is compared, byte by byte: titlecase, decomposed. What is no UTF-8
 * stands for itself. In the arena. */
struct slice unicode_key(struct arena *arena, struct slice text);
/* The same, appended. */
void unicode_key_write(struct buffer *out, struct slice text);
/* Whether TEXT has KEY, which unicode_key made, in it. An empty one is in all. */
bool unicode_has(struct slice text, struct slice key);
/* In NFC; in the arena or NAME itself. NAME is UTF-8. */
struct slice unicode_compose(struct arena *arena, struct slice name);

#endif
