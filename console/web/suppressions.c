/* /v1/suppressions: addresses that get no mail any more. */
#include "web/tables.h"

#include "base/memory.h"

/* What was asked for entered, all of it. */
static void tell_added(struct value *answer)
{
	value_remove(answer, "wrong");
	value_remove(answer, "wrong_count");
}

/* What mail of the tenant would meet; how the whole list stands is for operators. */
static void tell_one(struct value *answer)
{
	value_remove(answer, "list");
}

/* One in the request itself, or many in `entries`. */
static bool ask_add(struct http_exchange *exchange, struct value *request)
{
	static const char *const members[] = {
		"address", "reason", "tenant", "since_ms", "until_ms", "detail"};
	struct value *entries, *one;

	if (value_has(request, "entries") == value_has(request, "address")) {
		http_problem_errors(exchange, 422, "invalid",
			&(struct http_error){SLICE("/address"),
				SLICE("either `address`, or `entries` with one each")},
			1);
		return false;
	}
	value_set_truth(request, "strict", true);
	if (value_has(request, "entries"))
		return true;
	value_set_truth(request, "one", true);
	entries = value_list();
	one = value_object();
	for (size_t i = 0; i < ARRAY_COUNT(members); i++)
		if (value_has(request, members[i]))
			value_set(one, members[i],
				value_copy(value_get(request, members[i])));
	value_append(entries, one);
	value_set(request, "entries", entries);
	return true;
}

static const struct web_resource rows[] = {
	{
		.method = "GET",
		.path = "/v1/suppressions",
		.command = "suppression list",
		.scope = API_READ,
		.status = 200,
		.shape = WEB_LIST,
		.query = "tenant reason",
		.of_tenant = true,
		.of_stream = true,
		.list = "entries",
		.pages = true,
	},
	{
		.method = "GET",
		.path = "/v1/suppressions/{address}",
		.command = "suppression check",
		.scope = API_READ,
		.status = 200,
		.query = "tenant",
		.of_tenant = true,
		.of_stream = true,
		.tell = tell_one,
	},
	{
		.method = "POST",
		.path = "/v1/suppressions",
		.command = "suppression add",
		.scope = API_ADMIN,
		.status = 201,
		.body = "address reason tenant since_ms:number until_ms:number detail "
			"entries:list",
		.of_tenant = true,
		.of_stream = true,
		.ask = ask_add,
		.tell = tell_added,
	},
	{
		.method = "DELETE",
		.path = "/v1/suppressions/{address}",
		.command = "suppression remove",
		.scope = API_ADMIN,
		.status = 204,
		.shape = WEB_NOTHING,
		.query = "tenant",
		.of_tenant = true,
		.of_stream = true,
	},
};

const struct web_table web_suppressions = {rows, ARRAY_COUNT(rows)};
