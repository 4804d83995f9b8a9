/* The OpenAPI document; its text is made by openapi/assemble.py. */
#include "web/openapi.h"

#include "base/memory.h"

extern const char openapi_text[];
extern const unsigned openapi_size;

struct slice openapi_document(void)
{
	return slice_make(openapi_text, openapi_size);
}

static void show_document(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	(void)context, (void)deadline;
	buffer_append(&exchange->answer.body, openapi_document());
}

static const struct http_route routes[] = {
	{"GET", "/v1/openapi.json", .handle = show_document},
};

void openapi_add_routes(struct http_router *router)
{
	http_router_add(router, CONFIG_SERVES_API, routes, ARRAY_COUNT(routes), NULL);
}
