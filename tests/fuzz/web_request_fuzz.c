/*
 * A request for a resource of anything: the first byte chooses the resource, the first
 * line is its query, the rest its body. What is read keeps to the resource: its names,
 * the key's tenant, as much of a list as may be asked for; what is refused says why.
 */
#include "web/request.h"

#include <stdlib.h>

#include "api/api.h"
#include "base/memory.h"
#include "run/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define TENANT "acme"

struct
try {
	const uint8_t *data;
	size_t size;
	bool of_tenant;
};

static const struct web_resource *choose(size_t number)
{
	size_t count = 0;

	while (web_resource_at(count))
		count++;
	return web_resource_at(number % count);
}

static void check_name(void *context, const char *name, const struct value *item)
{
	const struct web_resource *resource = context;
	struct buffer all = {0};
	struct slice rest;
	bool known = false;

	(void)item;
	/* Members that a resource's own function adds are not the request's. */
	if (resource->ask)
		return;
	buffer_append_format(&all, "command tenant limit cursor %s %s %s",
		resource->query ? resource->query : "",
		resource->body ? resource->body : "", resource->path);
	rest = buffer_contents(&all);
	known = slice_find(rest, slice_of(name)) < rest.size;
	buffer_finish(&all);
	HOLD(known);
}

static void check(const struct errand_wish *wish, bool of_tenant)
{
	struct slice tenant = value_get_text(wish->request, "tenant");

	HOLD(slice_equal(value_get_text(wish->request, "command"),
		slice_of(wish->resource->command)));
	HOLD(wish->limit <= WEB_LIMIT_MAX);
	HOLD(!of_tenant || slice_equal(slice_cut(&tenant, '/'), SLICE(TENANT)));
	value_each(wish->request, check_name, (void *)(uintptr_t)wish->resource);
}

static void one(const struct try *try, struct http_exchange *exchange)
{
	struct slice rest = slice_make(try->data + 1, try->size - 1);
	struct slice tenant = try->of_tenant ? SLICE(TENANT) : SLICE_EMPTY;
	struct api_caller caller = {.key = {.name = SLICE("k"), .tenant = tenant}};
	struct errand_wish wish = {.limit = 0};

	exchange->user = &caller;
	exchange->request.query = slice_cut(&rest, '\n');
	exchange->request.body = rest;
	for (size_t i = 0; i < HTTP_PARAMETERS_MAX; i++)
		exchange->request.parameters[i] = SLICE("one");
	if (web_request_read(exchange, choose(try->data[0]), tenant, &wish)) {
		check(&wish, try->of_tenant);
		value_release(&wish.request);
		HOLD(!exchange->answer.status);
	} else {
		HOLD(exchange->answer.status >= 400 && exchange->answer.status < 500);
		HOLD(buffer_size(&exchange->answer.body));
	}
}

static void body(void *arg)
{
	struct http_exchange *exchange = NEW(struct http_exchange);

	one(arg, exchange);
	buffer_finish(&exchange->answer.body);
	arena_finish(&exchange->arena);
	memory_free(exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	for (int of_tenant = 0; of_tenant < 2; of_tenant++) {
		struct try try = {data, size, of_tenant};
		struct worker *worker = worker_create(&(struct worker_options){0});

		HOLD(worker);
		worker_run(worker, body, &try);
		worker_destroy(&worker);
	}
	return 0;
}
