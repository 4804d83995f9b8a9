/* /v1/messages/…: what becomes of messages. Taking them in is submit/api. */
#include "web/tables.h"

#include "api/api.h"
#include "base/memory.h"

/* What a key may take back that is not for administering is what it sent. */
static bool ask_own(struct http_exchange *exchange, struct value *request)
{
	const struct api_key *key = &api_caller_of(exchange)->key;

	if (!(key->scopes & API_ADMIN))
		value_set_text(request, "account",
			arena_format(
				&exchange->arena, "api:%.*s", SLICE_PRINT(key->name)));
	return true;
}

static bool ask_events(struct http_exchange *exchange, struct value *request)
{
	(void)exchange;
	value_set_truth(request, "objects", true);
	return true;
}

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/messages",
		.command = "message list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant state domain recipient sender tag stream since until",
		.of_tenant = true,
		.pages = true,
	},
	{
		.method = "GET",
		.path = "/v1/messages/{id}",
		.command = "message show",
		.scope = API_READ,
		.status = 200,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "GET",
		.path = "/v1/messages/{id}/events",
		.command = "message events",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant",
		.of_tenant = true,
		.pages = true,
	},
	{
		.method = "GET",
		.path = "/v1/messages/{id}/body",
		.command = "queue body",
		.scope = API_ADMIN,
		.status = 200,
		.query = "tenant offset:number",
		.of_tenant = true,
	},
	{
		.method = "DELETE",
		.path = "/v1/messages/{id}",
		.command = "message cancel",
		.scope = API_SEND,
		.status = 200,
		.query = "tenant",
		.of_tenant = true,
		.ask = ask_own,
	},
	{
		.method = "PATCH",
		.path = "/v1/messages/{id}",
		.command = "message reschedule",
		.scope = API_SEND,
		.status = 200,
		.query = "tenant",
		.body = "send_at:any!",
		.of_tenant = true,
		.ask = ask_own,
	},
	{
		.method = "POST",
		.path = "/v1/messages/{id}/retry",
		.command = "message retry",
		.scope = API_ADMIN,
		.status = 200,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "POST",
		.path = "/v1/messages/{id}/hold",
		.command = "message hold",
		.scope = API_ADMIN,
		.status = 200,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "POST",
		.path = "/v1/messages/{id}/release",
		.command = "message release",
		.scope = API_ADMIN,
		.status = 200,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "GET",
		.path = "/v1/events",
		.command = "events",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant message kinds:texts wait_ms:number",
		.of_tenant = true,
		.pages = true,
		.ask = ask_events,
	},
};

const struct web_table web_messages = {rows, ARRAY_COUNT(rows)};
