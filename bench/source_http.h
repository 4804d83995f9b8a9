/*
 * The source over HTTP: POST /v1/messages of Ringpost's API in place of a
 * dialogue in SMTP. Requests may be ahead of their answers (RFC 9112 9.3.2).
 */
#ifndef RINGPOST_BENCH_SOURCE_HTTP_H
#define RINGPOST_BENCH_SOURCE_HTTP_H

#include <stdbool.h>

#include "base/slice.h"

struct source_session;

struct source_url {
	bool tls;
	struct slice
		place;	/* HOST:PORT, with the scheme's port where none is written */
	char text[280]; /* what it lies in */
};

/* Whether TEXT begins as a URL does. */
bool source_is_url(const char *text);
/* "http://HOST[:PORT][/v1/messages]", or https; false with FAILURE_CONFIG. */
bool source_url_read(const char *text, struct source_url *url_r);

/* The messages in flight and those that follow, to the end of the connection or of
 * the run. */
void source_http_converse(struct source_session *session);

#endif
