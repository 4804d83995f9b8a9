/* /v1/accounts: who logs in, and their app passwords. */
#include "web/directory.h"

#include "base/memory.h"

#define MEMBERS                                                             \
	"senders:texts addresses:texts tenant messages_per_hour:number "    \
	"recipients_per_message:number sessions:number quota_bytes:number " \
	"quota_messages:number disabled:truth"

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/accounts",
		.command = "user list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant",
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "GET",
		.path = "/v1/accounts/{name}",
		.command = "user show",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_FIRST,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "POST",
		.path = "/v1/accounts",
		.command = "user add",
		.scope = API_ADMIN,
		.status = 201,
		.shape = WEB_FIRST,
		.body = "name! password! " MEMBERS,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "PATCH",
		.path = "/v1/accounts/{name}",
		.command = "user change",
		.scope = API_ADMIN,
		.status = 200,
		.shape = WEB_FIRST,
		.body = "password " MEMBERS,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "DELETE",
		.path = "/v1/accounts/{name}",
		.command = "user remove",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "GET",
		.path = "/v1/accounts/{name}/app_passwords",
		.command = "app list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "POST",
		.path = "/v1/accounts/{name}/app_passwords",
		.command = "app add",
		.scope = API_ADMIN,
		.status = 201,
		.shape = WEB_FIRST,
		.body = "label! scopes:texts apop:truth",
		.of_tenant = true,
		.ask = web_ask_giver,
	},
	{
		.method = "DELETE",
		.path = "/v1/accounts/{name}/app_passwords/{label}",
		.command = "app remove",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
		.of_tenant = true,
		.ask = web_ask_giver,
	},
};

const struct web_table web_accounts = {rows, ARRAY_COUNT(rows)};
