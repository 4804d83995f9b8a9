/* /v1/templates: stored texts of messages. */
#include "web/tables.h"

#include "base/memory.h"

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/templates",
		.command = "template list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "GET",
		.path = "/v1/templates/{name}",
		.command = "template show",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_FIRST,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "POST",
		.path = "/v1/templates",
		.command = "template add",
		.scope = API_ADMIN,
		.status = 201,
		.shape = WEB_FIRST,
		.body = "name! tenant subject text html",
		.of_tenant = true,
	},
	{
		.method = "PATCH",
		.path = "/v1/templates/{name}",
		.command = "template change",
		.scope = API_ADMIN,
		.status = 200,
		.shape = WEB_FIRST,
		.query = "tenant",
		.body = "subject text html",
		.of_tenant = true,
	},
	{
		.method = "DELETE",
		.path = "/v1/templates/{name}",
		.command = "template remove",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "POST",
		.path = "/v1/templates/{name}/render",
		.command = "template render",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_FIRST,
		.query = "tenant",
		.body = "variables:object",
		.of_tenant = true,
	},
};

const struct web_table web_templates = {rows, ARRAY_COUNT(rows)};
