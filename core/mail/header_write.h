/*
 * Header fields made out of what people wrote: folded (RFC 5322 2.2.3), in encoded
 * words where they are not ASCII (RFC 2047), parameters by RFC 2231. All of it is
 * ASCII in lines of at most 998 bytes, of 78 where the words allow it.
 *
 * TEXT is UTF-8 without CR, LF and NUL; what is none of that is the caller's to
 * refuse (text_is_utf8). False with FAILURE_LIMIT at the buffer's cap.
 */
#ifndef RINGPOST_MAIL_HEADER_WRITE_H
#define RINGPOST_MAIL_HEADER_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/slice.h"

/* "Name: text" and its CRLF, for fields of free text. */
bool header_write_text(struct buffer *out, struct slice name, struct slice text);
/* "Name: value" and its CRLF, folded at blanks only: what has a form of its own. */
bool header_write_raw(struct buffer *out, struct slice name, struct slice value);

struct header_mailbox {
	struct slice name; /* as people see it; empty: none */
	struct slice address;
};

/* "Name: Jo <jo@example.com>, …"; an address that is not ASCII stands as it is. */
bool header_write_mailboxes(struct buffer *out, struct slice name,
	const struct header_mailbox *list, size_t count);
/* "; name=value" behind what was written, folded in front of it. */
bool header_write_parameter(struct buffer *out, const char *name, struct slice value);

#endif
