/*
 * The MIME body of a message made of texts and files (RFC 2045, 2046, 2387): what
 * stands behind the header fields that people choose. Seven-bit, whatever went in.
 */
#ifndef RINGPOST_MAIL_COMPOSE_H
#define RINGPOST_MAIL_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

struct compose_file {
	struct slice type;	 /* "image/png"; checked with compose_type_is_valid */
	struct slice name;	 /* of the file, UTF-8; empty: none */
	struct slice content_id; /* what "cid:" in the HTML says; empty: attached */
	struct slice bytes;
};

struct compose {
	struct slice text, html; /* UTF-8; at NULL: there is none */
	const struct compose_file *files;
	size_t file_count;
	uint64_t chance[2]; /* for boundaries */
};

/*
 * Appends MIME-Version and the content fields, the empty line and the body: text or
 * HTML, both as multipart/alternative, files with a content id beside the HTML that
 * shows them (multipart/related), the others behind all (multipart/mixed). Line ends
 * of the texts become CRLF. False with FAILURE_LIMIT at the buffer's cap.
 */
bool compose_write(const struct compose *compose, struct buffer *out);

/* "type/subtype" with or without parameters, not multipart. */
bool compose_type_is_valid(struct slice type);
/* By the ending of NAME; application/octet-stream for what is not known. */
struct slice compose_type_of(struct slice name);

#endif
