/* Resources as routes: who may, the request there, what came of it back. */
#include "web/resource.h"

#include <stdio.h>

#include "api/api.h"
#include "base/failure.h"
#include "base/memory.h"

#include "web/errand.h"
#include "web/request.h"

#define ERRORS_MAX 100

struct routed {
	struct http_route route;
	const struct web_resource *resource;
	struct web_resources *resources;
};

struct web_resources {
	struct api *api;
	struct errands errands;
	struct routed *list;
	size_t count;
};

/* ---- Who may ---- */

static bool admit(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	const struct routed *routed = context;
	const struct web_resource *resource = routed->resource;
	struct api *api = routed->resources->api;
	bool good = resource->scope == API_SEND
			    ? api_admit_send(exchange, api, deadline)
		    : resource->scope == API_READ
			    ? api_admit_read(exchange, api, deadline)
			    : api_admit_admin(exchange, api, deadline);

	if (!good || resource->of_tenant || !api_caller_of(exchange)->key.tenant.size)
		return good;
	http_problem(exchange, 403, "tenant_key",
		"This is not of one tenant: it needs an API key of none");
	return false;
}

/* ---- What came of it ---- */

static void say_later(struct http_exchange *exchange, unsigned status, const char *code,
	const char *detail)
{
	http_add_field(exchange, "Retry-After", SLICE("5"));
	http_problem(exchange, status, code, "%s", detail);
}

static void say_errors(struct http_exchange *exchange, const struct value *errors)
{
	struct http_error *list = arena_take_array(
		&exchange->arena, ERRORS_MAX, sizeof(*list));
	size_t count = value_count(errors);

	if (count > ERRORS_MAX)
		count = ERRORS_MAX;
	for (size_t i = 0; i < count; i++) {
		const struct value *error = value_at(errors, i);

		list[i].pointer = arena_copy(
			&exchange->arena, value_get_text(error, "pointer"));
		list[i].detail = arena_copy(
			&exchange->arena, value_get_text(error, "detail"));
	}
	http_problem_errors(exchange, 422, "invalid", list, count);
}

/* What is wrong with the request, at its member if that is known. */
static void say_wrong(
	struct http_exchange *exchange, const struct errand_result *result)
{
	struct http_error error = {
		.pointer = result->member[0] ? arena_format(&exchange->arena, "/%s",
						       result->member)
					     : SLICE(""),
		.detail = slice_of(result->failure.text),
	};

	if (value_count(result->errors))
		say_errors(exchange, result->errors);
	else
		http_problem_errors(exchange, 422, "invalid", &error, 1);
}

static void say_failure(
	struct http_exchange *exchange, const struct errand_result *result)
{
	static const struct {
		unsigned status;
		const char *code;
	} refusals[] = {
		[ADMIN_ABSENT] = {404, "not_found"},
		[ADMIN_CONFLICT] = {409, "conflict"},
		[ADMIN_NOT_ALLOWED] = {403, "not_allowed"},
	};
	const char *text = result->failure.text;

	if (result->refusal != ADMIN_WRONG) {
		http_problem(exchange, refusals[result->refusal].status,
			refusals[result->refusal].code, "%s", text);
		return;
	}
	switch (result->failure.kind) {
	case FAILURE_DATA:
	case FAILURE_LIMIT:
		say_wrong(exchange, result);
		break;
	case FAILURE_CONFIG:
		http_problem(exchange, 409, "not_configured", "%s", text);
		break;
	case FAILURE_TIMEOUT:
	case FAILURE_CANCELLED:
	case FAILURE_CLOSED:
	case FAILURE_NETWORK:
	case FAILURE_DNS:
	case FAILURE_STORE:
	case FAILURE_FENCED:
	case FAILURE_RESOURCE:
		say_later(exchange, 503, "unavailable", text);
		break;
	case FAILURE_NONE:
	case FAILURE_TLS:
	case FAILURE_PROTOCOL:
	case FAILURE_FILE:
		http_problem(exchange, 500, "failed", "%s", text);
		break;
	}
}

static void print(struct http_exchange *exchange, const struct value *value)
{
	struct buffer *body = &exchange->answer.body;

	if (value_print(value, body) && buffer_append_byte(body, '\n'))
		return;
	buffer_clear(body);
	http_problem(exchange, 500, "failed",
		"This answer is too large: ask for less at a time");
}

static void finish_list(const struct errand_wish *wish, struct errand_result *result)
{
	char next[24];

	value_remove(result->answer, "more");
	value_remove(result->answer, "told");
	if (wish->resource->list)
		value_remove(result->answer, wish->resource->list);
	if (result->more && !wish->resource->pages) {
		snprintf(next, sizeof(next), "%zu", wish->skip + wish->limit);
		value_set_text(result->answer, "next", slice_of(next));
	}
	value_set(result->answer, "items", result->items);
	result->items = NULL;
}

static void say_result(struct http_exchange *exchange, const struct errand_wish *wish,
	struct errand_result *result)
{
	const struct web_resource *resource = wish->resource;
	const struct value *value = result->answer;

	if ((value_has(value, "was") && !value_get_truth(value, "was") &&
		    slice_equal(exchange->request.method, SLICE("DELETE"))) ||
		(resource->shape == WEB_FIRST && !value_count(result->items))) {
		http_problem(exchange, 404, "not_found", "There is none such");
		return;
	}
	if (result->refusal == ADMIN_CONFLICT) {
		http_problem(exchange, 409, "conflict", "%.*s",
			SLICE_PRINT(value_get_text(value, "errors")));
		return;
	}
	exchange->answer.status = resource->status;
	if (resource->shape == WEB_NOTHING)
		return;
	if (resource->shape == WEB_LIST)
		finish_list(wish, result);
	if (resource->shape == WEB_FIRST)
		value = value_at(result->items, 0);
	if (resource->tell)
		resource->tell((struct value *)(uintptr_t)value);
	print(exchange, value);
}

static void name_asker(const struct http_exchange *exchange, struct errand_asker *asker)
{
	const struct api_key *key = &api_caller_of(exchange)->key;

	snprintf(asker->by, sizeof(asker->by), "key %.*s", SLICE_PRINT(key->id));
	snprintf(asker->name, sizeof(asker->name), "%.*s", SLICE_PRINT(key->name));
	snprintf(asker->address, sizeof(asker->address), "%s",
		stream_facts(exchange->stream)->peer_address);
}

static void handle(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	const struct routed *routed = context;
	struct errand_wish wish = {.resource = routed->resource};
	struct errand_result result;

	name_asker(exchange, &wish.asker);
	if (!web_request_read(exchange, routed->resource,
		    api_caller_of(exchange)->key.tenant, &wish))
		return;
	if (!web_errand_run(&routed->resources->errands, &wish, &result, deadline)) {
		say_later(exchange, 503, "busy", failure_last()->text);
		return;
	}
	if (result.done)
		say_result(exchange, &wish, &result);
	else
		say_failure(exchange, &result);
	web_errand_result_finish(&result);
}

/* ---- Routes ---- */

struct web_resources *web_resources_open(
	struct daemon_worker *worker, struct api *api, struct http_router *router)
{
	struct web_resources *resources = NEW(struct web_resources);

	resources->api = api;
	web_errands_init(&resources->errands, worker->daemon);
	while (web_resource_at(resources->count))
		resources->count++;
	resources->list = memory_allocate_array(
		resources->count, sizeof(*resources->list));
	for (size_t i = 0; i < resources->count; i++) {
		const struct web_resource *resource = web_resource_at(i);
		struct routed *routed = &resources->list[i];

		*routed = (struct routed){
			.route = {resource->method, resource->path, .admit = admit,
				.handle = handle, .takes_body = resource->body != NULL},
			.resource = resource,
			.resources = resources,
		};
		http_router_add(router, CONFIG_SERVES_API, &routed->route, 1, routed);
	}
	return resources;
}

void web_resources_close(struct web_resources **resources, struct deadline deadline)
{
	if (*resources) {
		web_errands_finish(&(*resources)->errands, deadline);
		memory_free((*resources)->list);
	}
	memory_free(*resources);
	*resources = NULL;
}
