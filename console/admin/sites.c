/* `sites`: the destinations that are known now, and how it goes with each. */
#include <stdio.h>

#include "base/failure.h"

#include "admin/call.h"
#include "daemon/fan.h"

#define SITES_MAX 10000 /* told, of a worker */

static bool add_site(void *list, const struct relay_site_view *site)
{
	struct value *object = value_object();

	value_set_text(object, "site", site->name);
	if (site->source.size)
		value_set_text(object, "source", site->source);
	value_set_number(object, "connections", (int64_t)site->connections);
	value_set_number(object, "idle", (int64_t)site->idle);
	value_set_number(object, "ahead", (int64_t)site->ahead);
	value_set_number(object, "waiting", (int64_t)site->waiting);
	value_set_number(object, "delivered", (int64_t)site->delivered);
	value_set_number(object, "deferred", (int64_t)site->deferred);
	value_set_number(object, "backoff_until_ms", site->backoff_until_ms);
	value_set_text(object, "trouble", site->trouble);
	value_set_text(object, "limit", site->limit);
	value_append(list, object);
	return value_count(list) < SITES_MAX;
}

static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	(void)request;
	(void)deadline;
	*result_r = value_list();
	relay_each_site(worker->relay, add_site, *result_r);
	return true;
}

static void add(struct value *sum, const struct value *site, const char *name)
{
	value_set_number(
		sum, name, value_get_number(sum, name) + value_get_number(site, name));
}

/* A site is one, whichever workers deliver to it; for each source. */
static void merge(struct value *all, const struct value *site)
{
	struct slice hosts = value_get_text(site, "site");
	struct slice source = value_get_text(site, "source");
	char name[600];
	struct value *sum;

	if (snprintf(name, sizeof(name), "%.*s %.*s", SLICE_PRINT(hosts),
		    SLICE_PRINT(source)) >= (int)sizeof(name))
		return;
	/* A member of an object of ours may be changed. */
	sum = (struct value *)(uintptr_t)value_get(all, name);
	if (!sum) {
		value_set(all, name, value_copy(site));
		return;
	}
	add(sum, site, "connections");
	add(sum, site, "idle");
	add(sum, site, "waiting");
	add(sum, site, "delivered");
	add(sum, site, "deferred");
	/* Each worker learns on its own. */
	if (value_get_number(site, "ahead") < value_get_number(sum, "ahead"))
		value_set_number(sum, "ahead", value_get_number(site, "ahead"));
	if (value_get_number(site, "backoff_until_ms") >
		value_get_number(sum, "backoff_until_ms"))
		value_set_number(sum, "backoff_until_ms",
			value_get_number(site, "backoff_until_ms"));
	if (value_get_text(site, "trouble").size)
		value_set_text(sum, "trouble", value_get_text(site, "trouble"));
	if (value_get_text(site, "limit").size)
		value_set_text(sum, "limit", value_get_text(site, "limit"));
}

struct telling {
	struct admin_call *call;
	struct deadline deadline;
	bool good;
};

static void tell(void *context, const char *name, const struct value *site)
{
	struct telling *telling = context;

	(void)name;
	telling->good = telling->good &&
			admin_say(telling->call, value_copy(site), telling->deadline);
}

struct value *admin_sites_value(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {look_here};
	struct value *results, *all;

	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return NULL;
	all = value_object();
	for (size_t i = 0; i < value_count(results); i++)
		for (size_t j = 0; j < value_count(value_at(results, i)); j++)
			merge(all, value_at(value_at(results, i), j));
	value_release(&results);
	return all;
}

bool admin_sites(struct admin_call *call, struct deadline deadline)
{
	struct telling telling = {call, deadline, true};
	struct value *all = admin_sites_value(call, deadline);

	value_each(all, tell, &telling);
	telling.good = telling.good && all;
	value_release(&all);
	return telling.good;
}
