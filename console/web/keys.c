/* /v1/keys: keys of this API. */
#include "web/directory.h"

#include "api/api.h"
#include "base/memory.h"

#include "admin/giver.h"

#define RIGHTS                                                        \
	"scopes:texts senders:texts tenant messages_per_hour:number " \
	"recipients_per_message:number expires_ms:number disabled:truth"

bool web_ask_giver(struct http_exchange *exchange, struct value *request)
{
	value_set(request, "giver", admin_key_value(&api_caller_of(exchange)->key));
	return true;
}

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/keys",
		.command = "key list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant",
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "GET",
		.path = "/v1/keys/{name}",
		.command = "key show",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_FIRST,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "POST",
		.path = "/v1/keys",
		.command = "key add",
		.scope = API_ADMIN,
		.status = 201,
		.shape = WEB_FIRST,
		.body = "name! " RIGHTS,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "PATCH",
		.path = "/v1/keys/{name}",
		.command = "key change",
		.scope = API_ADMIN,
		.status = 200,
		.shape = WEB_FIRST,
		.body = RIGHTS,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "DELETE",
		.path = "/v1/keys/{name}",
		.command = "key remove",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
};

const struct web_table web_keys = {rows, ARRAY_COUNT(rows)};
