/*
 * The HTTP/1.1 server dialogue (RFC 9110, RFC 9112): request after request on one
 * connection, each given to its route's handler, in bounded memory and time.
 *
 * What it holds to: nothing is answered that could be read in two ways (400, and the
 * connection ends); a body is only read when its route admits the request, and never
 * beyond http.body_size (413) or, of all connections, http.body_memory (503); who is
 * slow hears 408. Answers keep the requests' order.
 */
#ifndef RINGPOST_HTTP_SERVER_H
#define RINGPOST_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "http/router.h"
#include "io/stream.h"

/* Of a worker. */
struct http_figures {
	uint64_t connections, requests;
	uint64_t by_class[6]; /* answers of 1yz … 5yz, at their digit */
	uint64_t bytes_in;    /* of bodies, as they came */
	uint64_t bytes_out;   /* of bodies, before gzip */
};

struct http_server_options {
	struct stream *stream; /* taken over; already TLS where implicit */
	struct config *config; /* held for the connection */
	const struct config_listener *listener;
	const struct http_router *router;
	const bool
		*stopping; /* true: the connection ends behind the request; or NULL */
	bool *resting;	   /* true while it waits for a request: a wait that fiber_hurry
			      may end once *stopping is true; or NULL */
	struct http_figures *figures; /* counted in; or NULL */
};

/* The whole connection, in the calling fiber; the stream is closed then. */
void http_server_run(
	const struct http_server_options *options, struct deadline deadline);

/* Bytes of bodies that all requests of the process hold now. */
uint64_t http_bodies_held(void);

#endif
