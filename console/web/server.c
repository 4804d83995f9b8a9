/* The server as a whole: /v1/status, /v1/queue, /v1/changes, /v1/reload. */
#include "web/tables.h"

#include "base/memory.h"

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/status",
		.command = "status",
		.scope = API_READ,
		.status = 200,
	},
	{
		.method = "GET",
		.path = "/v1/queue",
		.command = "queue count",
		.scope = API_READ,
		.status = 200,
	},
	{
		.method = "GET",
		.path = "/v1/changes",
		.command = "changes",
		.scope = API_ADMIN,
		.status = 200,
		.shape = WEB_LIST,
		.query = "by of object tenant since_ms:number outcome",
		.of_tenant = true,
	},
	{
		.method = "POST",
		.path = "/v1/reload",
		.command = "reload",
		.scope = API_ADMIN,
		.status = 200,
	},
};

const struct web_table web_server = {rows, ARRAY_COUNT(rows)};
