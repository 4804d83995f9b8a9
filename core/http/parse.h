/*
 * Requests out of bytes (RFC 9112): strictly, so that nobody in front of us reads
 * them otherwise. Lines end in CRLF and in nothing else, fields are not folded, a
 * body has one length.
 */
#ifndef RINGPOST_HTTP_PARSE_H
#define RINGPOST_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "http/http.h"

struct http_parse; /* of one connection: a request after the other */

struct http_parse *http_parse_create(void);
void http_parse_destroy(struct http_parse **parse);

/* Where the head ends in BYTES that begin with it: behind its empty line, or 0. AT:
 * so many were looked at before. */
size_t http_head_end(struct slice bytes, size_t at);

struct http_framing {
	bool has_body, chunked;
	uint64_t length; /* unless chunked */
	bool keep_alive;
	bool expects; /* 100-continue (RFC 9110 10.1.1) */
};

/*
 * HEAD is a head through its empty line; REQUEST_R's slices are in it. 0, or the
 * status to refuse with and *WHY_R; the connection can not go on then.
 */
unsigned http_parse_head(struct http_parse *parse, struct slice head,
	struct http_request *request_r, struct http_framing *framing_r,
	const char **why_r);

enum http_body_state {
	HTTP_BODY_MORE,
	HTTP_BODY_DONE,
	HTTP_BODY_REFUSED, /* by `take` */
	HTTP_BODY_BROKEN,
};

/*
 * The next BYTES of the connection behind a head with a body: runs of the body go
 * to TAKE. *USED_R of them belong to the request. After REFUSED and BROKEN nobody knows
 * where the request ends.
 */
enum http_body_state http_parse_body(struct http_parse *parse, struct slice bytes,
	size_t *used_r, bool (*take)(void *context, struct slice run), void *context);

#endif
