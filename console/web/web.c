/* The routes of this layer, one object each that answers them. */
#include "web/web.h"

#include "base/memory.h"
#include "web/metrics.h"
#include "web/openapi.h"

struct web {
	struct metrics *metrics;
};

struct web *web_open(struct daemon_worker *worker, struct http_router *router)
{
	struct web *web = NEW(struct web);

	web->metrics = metrics_open(worker);
	metrics_add_routes(web->metrics, router);
	openapi_add_routes(router);
	return web;
}

void web_close(struct web **web)
{
	if (*web)
		metrics_close(&(*web)->metrics);
	memory_free(*web);
	*web = NULL;
}
