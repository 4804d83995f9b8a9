/* Who asks: "Authorization: Bearer KEY", or Basic with the key as the password. */
#include "api/api.h"

#include "base/encode.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "run/worker.h"

/* The key in the request; at NULL: there is none. */
static struct slice given_key(struct http_exchange *exchange)
{
	struct slice value = http_field(&exchange->request, "Authorization");
	struct slice scheme = slice_cut(&value, ' '), decoded;

	value = slice_trim(value);
	if (slice_equal_nocase(scheme, SLICE("Bearer")))
		return value;
	if (!slice_equal_nocase(scheme, SLICE("Basic")) ||
		!base64_decode_in(&exchange->arena, value, &decoded))
		return SLICE_EMPTY;
	slice_cut(&decoded, ':');
	return decoded;
}

static bool refuse(struct http_exchange *exchange, struct api *api, const char *detail)
{
	struct event event;

	api->figures.keys_refused++;
	event_begin(&event, EVENT_WARNING, "api_key_refused");
	event_text(&event, "client",
		slice_of(stream_facts(exchange->stream)->peer_address));
	event_text(&event, "reason", slice_of(detail));
	event_end(&event);
	http_add_field(
		exchange, "WWW-Authenticate", SLICE("Bearer realm=\"ringpost\""));
	http_problem(exchange, 401, "unauthorized", "%s", detail);
	return false;
}

static bool say_unavailable(struct http_exchange *exchange)
{
	http_add_field(exchange, "Retry-After", SLICE("5"));
	http_problem(
		exchange, 503, "unavailable", "Keys cannot be read now, try again");
	return false;
}

static bool admit(struct http_exchange *exchange, struct api *api, enum api_scope scope,
	struct deadline deadline)
{
	struct slice text = given_key(exchange), id;
	struct api_caller *caller = ARENA_NEW(&exchange->arena, struct api_caller);

	if (!text.at)
		return refuse(exchange, api,
			"An API key is needed: \"Authorization: Bearer rp_…\"");
	if (!api_key_id(text, &id))
		return refuse(exchange, api, "This is no API key");
	if (!api_key_cache_read(
		    api->keys, id, &exchange->arena, &caller->key, deadline))
		return failure_kind_last() == FAILURE_DATA
			       ? refuse(exchange, api, "This API key is not known")
			       : say_unavailable(exchange);
	if (!api_key_holds(&caller->key, text, worker_wall_ms()))
		return refuse(exchange, api,
			"This API key is not known, or not good any more");
	if (!(caller->key.scopes & (unsigned)scope)) {
		http_problem(exchange, 403, "scope_missing",
			"This API key may not do that: it is for %.*s",
			SLICE_PRINT(api_scopes_print(caller->key.scopes)));
		return false;
	}
	caller->account = api_key_account(&caller->key, &exchange->arena);
	exchange->user = caller;
	return true;
}

bool api_admit_send(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	return admit(exchange, context, API_SEND, deadline);
}

bool api_admit_read(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	return admit(exchange, context, API_READ, deadline);
}

bool api_admit_admin(
	struct http_exchange *exchange, void *context, struct deadline deadline)
{
	return admit(exchange, context, API_ADMIN, deadline);
}
