/* The content encodings of MIME (RFC 2045 6.7, 6.8), whole bodies at once. */
#ifndef RINGPOST_MAIL_MIME_ENCODE_H
#define RINGPOST_MAIL_MIME_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/slice.h"

/*
 * Appends BODY; its CRLFs stay line ends. A line "." or beginning with "From "
 * is written so that no relay can hurt it. False with FAILURE_LIMIT at the
 * buffer's cap, which then holds part of it.
 */
bool mime_encode_quoted(struct slice body, struct buffer *out);
size_t mime_quoted_size(struct slice body);

/* Appends BODY in lines of 76, no CRLF behind the last one. */
bool mime_encode_base64(struct slice body, struct buffer *out);
size_t mime_base64_size(size_t size);

#endif
