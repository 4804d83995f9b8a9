/*
 * Which handler a request is for: tables of routes, added at the start of a
 * worker, asked for each request. A router belongs to one worker.
 *
 *	static const struct http_route routes[] = {
 *		{"GET", "/v1/messages/{id}", .handle = show_message},
 *	};
 *	http_router_add(router, CONFIG_SERVES_API, routes, 1, api);
 */
#ifndef RINGPOST_HTTP_ROUTER_H
#define RINGPOST_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http.h"
#include "run/deadline.h"

struct http_router;

struct http_route {
	const char *method; /* "GET" answers HEAD, too */
	const char *path;   /* a segment "{name}" is any one that is not empty */
	/* When the head has come, before the body: may this go on? False with a
	 * problem as the answer. NULL: always. */
	bool (*admit)(struct http_exchange *exchange, void *context,
		struct deadline deadline);
	/* Makes the answer. */
	void (*handle)(struct http_exchange *exchange, void *context,
		struct deadline deadline);
	/* When the exchange is over, if `admit` said that it may go on: gives back
	 * what it left in exchange->user. NULL: nothing. */
	void (*release)(struct http_exchange *exchange, void *context);
	bool takes_body; /* up to http.body_size; else one is 413, or thrown away
			    if it is small */
};

struct http_router *http_router_create(void);
void http_router_destroy(struct http_router **router);

/*
 * COUNT routes, which outlive the router, of a service (CONFIG_SERVES_…): listeners
 * that do not serve it do not know them. CONTEXT is what their functions get.
 */
void http_router_add(struct http_router *router, unsigned service,
	const struct http_route *routes, size_t count, void *context);

struct http_match {
	const struct http_route *route; /* NULL: none */
	void *context;
	const char *pattern; /* the route's path, for figures: a bounded set */
	bool undecodable;    /* a parameter holds what no one may say */
	bool other_methods;  /* there is none, but the path is known, with these: */
	char allowed[80];    /* "GET, HEAD, POST" */
};

/* The route for REQUEST among those of SERVICES, a named segment before {any};
 * its parameters into the request. */
void http_router_find(const struct http_router *router, unsigned services,
	struct http_request *request, struct arena *arena, struct http_match *match_r);

/* Calls VISIT for each route there is, in the order they were added. */
void http_router_each(const struct http_router *router,
	void (*visit)(void *context, unsigned service, const struct http_route *route),
	void *context);

#endif
