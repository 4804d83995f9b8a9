/* The HTTP API: its routes. */
#include "api/api.h"

#include "base/memory.h"

static const struct http_route routes[] = {
	{"POST", "/v1/messages", .admit = api_admit_send, .handle = api_post_messages,
		.takes_body = true},
};

struct api *api_open(struct submission *submission, struct redis *redis)
{
	struct api *api = NEW(struct api);

	api->submission = submission;
	api->redis = redis;
	api->keys = api_key_cache_create(redis);
	return api;
}

void api_close(struct api **api)
{
	if (*api)
		api_key_cache_destroy(&(*api)->keys);
	memory_free(*api);
	*api = NULL;
}

void api_add_routes(struct api *api, struct http_router *router)
{
	http_router_add(router, CONFIG_SERVES_API, routes, ARRAY_COUNT(routes), api);
}

struct api_figures api_figures(const struct api *api)
{
	return api->figures;
}
