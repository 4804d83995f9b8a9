/* /v1/domains: domains that mail is from, their DKIM keys and DNS checklist. */
#include "web/directory.h"

#include "base/memory.h"

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/domains",
		.command = "domain list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant",
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "GET",
		.path = "/v1/domains/{domain}",
		.command = "domain show",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_FIRST,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "POST",
		.path = "/v1/domains",
		.command = "domain add",
		.scope = API_ADMIN,
		.status = 201,
		.shape = WEB_FIRST,
		.body = "domain! tenant selector type",
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "POST",
		.path = "/v1/domains/{domain}/rotate",
		.command = "domain rotate",
		.scope = API_ADMIN,
		.status = 200,
		.shape = WEB_FIRST,
		.body = "selector type cancel:truth",
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "DELETE",
		.path = "/v1/domains/{domain}",
		.command = "domain remove",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
};

const struct web_table web_domains = {rows, ARRAY_COUNT(rows)};
