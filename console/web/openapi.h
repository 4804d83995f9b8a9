/*
 * What there is over HTTP, as an OpenAPI 3.1 document: put together at build from the
 * fragments in openapi/, served at /v1/openapi.json to anybody who may use the API.
 */
#ifndef RINGPOST_WEB_OPENAPI_H
#define RINGPOST_WEB_OPENAPI_H

#include "base/slice.h"
#include "http/router.h"

/* The document, as JSON; it is there as long as the program. */
struct slice openapi_document(void);
void openapi_add_routes(struct http_router *router);

#endif
