/* Where mail goes, where it leaves from, and what is left alone for a while:
 * /v1/sites, /v1/sources, /v1/suspensions. */
#include "web/tables.h"

#include "base/memory.h"

static bool ask_reset(struct http_exchange *exchange, struct value *request)
{
	(void)exchange;
	value_set_truth(request, "reset", true);
	return true;
}

/* How often it was reset is for who resets. */
static void tell_site(struct value *answer)
{
	value_remove(answer, "reset");
}

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/sites",
		.command = "sites",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
	},
	{
		.method = "GET",
		.path = "/v1/sites/{domain}",
		.command = "site",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.tell = tell_site,
	},
	{
		.method = "POST",
		.path = "/v1/sites/{domain}/reset",
		.command = "site",
		.scope = API_ADMIN,
		.status = 200,
		.ask = ask_reset,
	},
	{
		.method = "GET",
		.path = "/v1/sources",
		.command = "sources",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
	},
	{
		.method = "GET",
		.path = "/v1/suspensions",
		.command = "suspensions",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.list = "suspensions",
	},
	{
		.method = "PUT",
		.path = "/v1/suspensions/{scope}/{name}",
		.command = "suspend",
		.scope = API_ADMIN,
		.status = 200,
		.body = "until_ms:number reason",
	},
	{
		.method = "DELETE",
		.path = "/v1/suspensions/{scope}/{name}",
		.command = "resume",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
	},
};

const struct web_table web_destinations = {rows, ARRAY_COUNT(rows)};
