/*
 * Strings as IMAP writes them (RFC 9051 4.3, 9): quoted where they can be, else
 * as literals.
 */
#ifndef RINGPOST_MIME_IMAP_TEXT_H
#define RINGPOST_MIME_IMAP_TEXT_H

#include "base/buffer.h"
#include "base/slice.h"

/* "text", or {4}CRLF and the bytes where it has CR, LF, NUL or 8-bit bytes or is
 * longer than a line should be. A NUL becomes a space: only a literal8 has it. */
void imap_string(struct buffer *out, struct slice text);
/* The same; NIL for one without memory (at NULL). */
void imap_nstring(struct buffer *out, struct slice text);

#endif
