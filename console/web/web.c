/* The routes of this layer, one object each that answers them. */
#include "web/web.h"

#include "base/memory.h"
#include "web/leaving.h"
#include "web/metrics.h"
#include "web/openapi.h"
#include "web/resource.h"

struct web {
	struct metrics *metrics;
	struct web_resources *resources;
	struct web_leaving *leaving;
};

struct web *web_open(
	struct daemon_worker *worker, struct api *api, struct http_router *router)
{
	struct web *web = NEW(struct web);

	web->metrics = metrics_open(worker);
	metrics_add_routes(web->metrics, router);
	openapi_add_routes(router);
	web->resources = web_resources_open(worker, api, router);
	web->leaving = web_leaving_open(worker);
	web_leaving_add_routes(web->leaving, router);
	return web;
}

void web_close(struct web **web, struct deadline deadline)
{
	if (*web) {
		web_resources_close(&(*web)->resources, deadline);
		metrics_close(&(*web)->metrics);
		web_leaving_close(&(*web)->leaving);
	}
	memory_free(*web);
	*web = NULL;
}
