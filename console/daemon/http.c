/* HTTP of a worker: the routes there are, and its connections. */
#include "daemon/http.h"

#include "api/api.h"
#include "base/memory.h"

#include "daemon/doors.h"

struct daemon_http {
	struct http_router *router;
	struct api *api;
	const struct daemon_doors *doors;
	struct web *web;
	struct http_figures figures;
};

struct daemon_http *daemon_http_open(struct daemon_worker *worker)
{
	struct daemon_http *http = NEW(struct daemon_http);

	http->router = http_router_create();
	http->api = api_open(worker->submission, worker->redis);
	api_add_routes(http->api, http->router);
	http->doors = worker->daemon->doors;
	http->web = http->doors->web_open(worker, http->api, http->router);
	return http;
}

void daemon_http_close(struct daemon_http **http, struct deadline deadline)
{
	if (*http) {
		http_router_destroy(&(*http)->router);
		(*http)->doors->web_close(&(*http)->web, deadline);
		api_close(&(*http)->api);
	}
	memory_free(*http);
	*http = NULL;
}

void daemon_http_session(struct daemon_http *http, const struct session_start *start)
{
	struct http_server_options options = {
		.stream = start->stream,
		.config = start->config,
		.listener = start->listener,
		.router = http->router,
		.stopping = start->stopping,
		.resting = start->resting,
		.figures = &http->figures,
	};

	http_server_run(&options, deadline_none());
}

struct http_figures daemon_http_figures(const struct daemon_http *http)
{
	return http->figures;
}

struct api_figures daemon_api_figures(const struct daemon_http *http)
{
	return api_figures(http->api);
}

const struct http_router *daemon_http_router(const struct daemon_http *http)
{
	return http->router;
}
