/* /v1/webhooks: who is sent events, and what was not taken. */
#include "web/tables.h"

#include "base/memory.h"

static bool ask_new(struct http_exchange *exchange, struct value *request)
{
	(void)exchange;
	value_set_truth(request, "create", true);
	return true;
}

/* Lines of events as a list of them. */
static void tell_dead(struct value *answer)
{
	const struct value *items = value_get(answer, "items");

	for (size_t i = 0; i < value_count(items); i++) {
		struct value *letter = (struct value *)(uintptr_t)value_at(items, i);
		struct slice rest = value_get_text(letter, "events");
		struct value *events = value_list();

		while (rest.size) {
			struct value *event = value_parse(slice_cut(&rest, '\n'));

			if (event)
				value_append(events, event);
		}
		value_set(letter, "events", events);
	}
}

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/webhooks",
		.command = "webhook list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "POST",
		.path = "/v1/webhooks",
		.command = "webhook add",
		.scope = API_ADMIN,
		.status = 201,
		.body = "name! url! events:texts tenants:texts tenant disabled:truth "
			"private_addresses:truth",
		.of_tenant = true,
		.ask = ask_new,
	},
	{
		.method = "GET",
		.path = "/v1/webhooks/{name}",
		.command = "webhook show",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_FIRST,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "PATCH",
		.path = "/v1/webhooks/{name}",
		.command = "webhook change",
		.scope = API_ADMIN,
		.status = 200,
		.body = "url events:texts tenants:texts disabled:truth "
			"private_addresses:truth new_secret:truth",
		.of_tenant = true,
	},
	{
		.method = "DELETE",
		.path = "/v1/webhooks/{name}",
		.command = "webhook remove",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
		.query = "tenant",
		.of_tenant = true,
	},
	{
		.method = "POST",
		.path = "/v1/webhooks/{name}/test",
		.command = "webhook test",
		.scope = API_ADMIN,
		.status = 200,
		.of_tenant = true,
	},
	{
		.method = "GET",
		.path = "/v1/webhooks/{name}/dead",
		.command = "webhook dead",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant",
		.of_tenant = true,
		.tell = tell_dead,
	},
	{
		.method = "POST",
		.path = "/v1/webhooks/{name}/redeliver",
		.command = "webhook redeliver",
		.scope = API_ADMIN,
		.status = 200,
		.of_tenant = true,
	},
};

const struct web_table web_webhooks = {rows, ARRAY_COUNT(rows)};
