/*
 * Resources over HTTP that are admin commands (admin/call.h): one implementation for
 * `ringpost …` and for the API. A topic is a table of rows in a file of its own, named
 * in tables.h and in the list of tables.c.
 *
 * A request becomes the command's: the path's parameters, the query's and the body's
 * members under their names, and `tenant`, if the key has one. It is carried out in
 * worker 0. What the command says and answers becomes the answer's body.
 *
 * Failures are problems (RFC 9457): what admin_refuse said, 422, 404, 409 or 403; else
 * by kind: DATA and LIMIT 422, CONFIG 409, TIMEOUT and STORE 503. `was: false` in the
 * answer of a command that removes is 404.
 */
#ifndef RINGPOST_WEB_RESOURCE_H
#define RINGPOST_WEB_RESOURCE_H

#include "account/api_key.h"
#include "http/http.h"
#include "report/value.h"

#define WEB_BODY_MAX   (2u << 20)
#define WEB_LIMIT_MAX  1000 /* items of a list in an answer */
#define WEB_LIMIT_ELSE 100  /* unless the request says */

/* What the answer's body is. */
enum web_shape {
	WEB_OBJECT,  /* the command's answer; lines it says are left out */
	WEB_FIRST,   /* the first line it says; none: 404 */
	WEB_LIST,    /* {"items":[…],"next":…}, see `list` */
	WEB_NOTHING, /* 204 */
};

struct web_resource {
	const char *method, *path; /* "GET", "/v1/suppressions/{address}" */
	const char *command;	   /* "suppression check" */
	enum api_scope scope;
	unsigned status; /* of success */
	enum web_shape shape;
	/* Names that are taken, with blanks between them: "name! limit:number"; ! is
	 * needed. Kinds: text (none is said), number (whole, not negative), truth,
	 * texts (a list of texts; in a query with commas), list, object, any. NULL:
	 * none. */
	const char *query, *body;
	/* Limits itself to the request's `tenant`: else a key of a tenant is 403. */
	bool of_tenant;
	/* `tenant` may be "TENANT/STREAM": a part of what is the tenant's. */
	bool of_stream;
	/* A list: items are the elements of this member of lines said, or of the
	 * answer; NULL: lines are items. */
	const char *list;
	/* A list: the command reads `cursor` and `limit` and sets `next` itself; else
	 * both are done here ("cursor limit:number" stand in `query` always). */
	bool pages;
	/* The request, before it is carried out; false with a problem as the answer. */
	bool (*ask)(struct http_exchange *exchange, struct value *request);
	/* What was answered, before it is printed. */
	void (*tell)(struct value *answer);
};

struct web_table {
	const struct web_resource *rows;
	size_t count;
};

/* tables.c: all rows there are, one after the other; NULL behind the last. */
const struct web_resource *web_resource_at(size_t index);

struct api;
struct daemon_worker;
struct http_router;
struct web_resources; /* of a worker */

/* Rows become routes of ROUTER, which goes first; API (outlives it) knows keys. */
struct web_resources *web_resources_open(
	struct daemon_worker *worker, struct api *api, struct http_router *router);
/* No request is answered any more. Waits for what worker 0 has not given back. */
void web_resources_close(struct web_resources **resources, struct deadline deadline);

#endif
