/* Routes: paths compared segment by segment. */
#include "http/router.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define SEGMENTS_MAX 10

struct routed {
	const struct http_route *route;
	void *context;
	unsigned service;
	struct slice method;
	struct slice segments[SEGMENTS_MAX];
	bool parameters[SEGMENTS_MAX]; /* those that are "{name}" */
	size_t segment_count;
};

struct http_router {
	struct routed *routes;
	size_t count;
};

struct http_router *http_router_create(void)
{
	return NEW(struct http_router);
}

void http_router_destroy(struct http_router **router)
{
	if (*router)
		memory_free((*router)->routes);
	memory_free(*router);
	*router = NULL;
}

/* "/a/b" into "a", "b"; false: too many. */
static bool split(
	struct slice path, struct slice segments[SEGMENTS_MAX], size_t *count_r)
{
	size_t count = 0;

	path = slice_from(path, 1);
	while (path.at) {
		if (count == SEGMENTS_MAX)
			return false;
		segments[count++] = slice_cut(&path, '/');
	}
	*count_r = count;
	return true;
}

void http_router_add(struct http_router *router, unsigned service,
	const struct http_route *routes, size_t count, void *context)
{
	router->routes = memory_resize(
		router->routes, (router->count + count) * sizeof(struct routed));
	for (size_t i = 0; i < count; i++) {
		struct routed *routed = &router->routes[router->count++];

		*routed = (struct routed){.route = &routes[i],
			.context = context,
			.service = service,
			.method = slice_of(routes[i].method)};
		split(slice_of(routes[i].path), routed->segments,
			&routed->segment_count);
		for (size_t k = 0; k < routed->segment_count; k++)
			routed->parameters[k] = slice_starts(
				routed->segments[k], SLICE("{"));
	}
}

/* From the end: that is where paths differ. */
static bool fits(
	const struct routed *routed, const struct slice *segments, size_t count)
{
	if (routed->segment_count != count)
		return false;
	for (size_t i = count; i-- > 0;)
		if (routed->parameters[i]
				? !segments[i].size
				: !slice_equal(routed->segments[i], segments[i]))
			return false;
	return true;
}

/* Whether A names a segment earlier than B does: both fit the same path. */
static bool is_closer(const struct routed *a, const struct routed *b)
{
	for (size_t i = 0; i < a->segment_count; i++)
		if (a->parameters[i] != b->parameters[i])
			return b->parameters[i];
	return false;
}

static bool answers(const struct routed *routed, struct slice method)
{
	return slice_equal(routed->method, method) ||
	       (slice_equal(method, SLICE("HEAD")) &&
		       slice_equal(routed->method, SLICE("GET")));
}

static void allow(struct http_match *match, const char *method)
{
	size_t size = strlen(match->allowed), room = sizeof(match->allowed) - size;
	bool get = strcmp(method, "GET") == 0;

	match->other_methods = true;
	if (slice_find(slice_of(match->allowed), slice_of(method)) < size)
		return;
	snprintf(match->allowed + size, room, "%s%s%s", size ? ", " : "", method,
		get ? ", HEAD" : "");
}

static bool take_parameters(const struct routed *routed, const struct slice *segments,
	struct http_request *request, struct arena *arena)
{
	size_t count = 0;

	for (size_t i = 0; i < routed->segment_count; i++) {
		if (!routed->parameters[i] || count == HTTP_PARAMETERS_MAX)
			continue;
		if (!http_decode(
			    segments[i], false, arena, &request->parameters[count++]))
			return false;
	}
	return true;
}

void http_router_find(const struct http_router *router, unsigned services,
	struct http_request *request, struct arena *arena, struct http_match *match_r)
{
	const struct routed *best = NULL;
	struct slice segments[SEGMENTS_MAX];
	size_t count;

	*match_r = (struct http_match){0};
	if (!slice_starts(request->path, SLICE("/")) ||
		!split(request->path, segments, &count))
		return;
	for (size_t i = 0; i < router->count; i++) {
		const struct routed *routed = &router->routes[i];

		if (routed->service & services && fits(routed, segments, count) &&
			answers(routed, request->method) &&
			(!best || is_closer(routed, best)))
			best = routed;
	}
	for (size_t i = 0; !best && i < router->count; i++) {
		const struct routed *routed = &router->routes[i];

		if (routed->service & services && fits(routed, segments, count))
			allow(match_r, routed->route->method);
	}
	if (!best)
		return;
	match_r->route = best->route;
	match_r->context = best->context;
	match_r->pattern = best->route->path;
	match_r->undecodable = !take_parameters(best, segments, request, arena);
}

void http_router_each(const struct http_router *router,
	void (*visit)(void *context, unsigned service, const struct http_route *route),
	void *context)
{
	for (size_t i = 0; i < router->count; i++)
		visit(context, router->routes[i].service, router->routes[i].route);
}
