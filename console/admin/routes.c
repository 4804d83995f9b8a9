/* `api routes`: what is served over HTTP, as the router has it. */
#include "admin/call.h"
#include "daemon/http.h"

struct listing {
	struct admin_call *call;
	struct deadline deadline;
};

static void say_route(void *context, unsigned service, const struct http_route *route)
{
	struct listing *listing = context;
	struct value *line = value_object();

	value_set_text(line, "method", slice_of(route->method));
	value_set_text(line, "path", slice_of(route->path));
	value_set_text(line, "serves", slice_of(config_service_name(service)));
	admin_say(listing->call, line, listing->deadline);
}

bool admin_api_routes(struct admin_call *call, struct deadline deadline)
{
	struct listing listing = {call, deadline};

	http_router_each(
		daemon_http_router(call->daemon->workers[0].http), say_route, &listing);
	return true;
}
