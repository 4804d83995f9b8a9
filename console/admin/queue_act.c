/* `queue retry|hold|release|drop|rebind`: what becomes of entries. */
#include "base/event.h"
#include "base/failure.h"

#include "admin/call.h"
#include "report/entry_value.h"
#include "daemon/fan.h"

static bool act(struct daemon_worker *worker, struct queue_wish *wish,
	const struct value *request, struct value **result_r, struct deadline deadline)
{
	struct queue_selector selector;
	uint64_t changed = 0;

	wish->dry_run = value_get_truth(request, "dry_run");
	if (!selector_read(request, &selector) ||
		!queue_act(worker->queue, wish, &selector, &changed, deadline))
		return false;
	*result_r = value_object();
	value_set_number(*result_r, "changed", (int64_t)changed);
	return true;
}

static bool retry_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct queue_wish wish = {.action = QUEUE_RETRY};
	bool good = act(worker, &wish, request, result_r, deadline);

	/* It is for what the operator knows and we do not: that a site is back. */
	if (good && !wish.dry_run)
		relay_try_now(worker->relay);
	return good;
}

static bool hold_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct queue_wish wish = {.action = QUEUE_HOLD};

	return act(worker, &wish, request, result_r, deadline);
}

static bool release_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct queue_wish wish = {.action = QUEUE_RELEASE};

	return act(worker, &wish, request, result_r, deadline);
}

static bool drop_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct queue_wish wish = {.action = QUEUE_DROP};

	return act(worker, &wish, request, result_r, deadline);
}

static bool rebind_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct queue_wish wish = {.action = QUEUE_REBIND};
	struct slice pool = value_get_text(request, "pool");
	struct slice route = value_get_text(request, "route");

	if (value_has(request, "pool"))
		wish.pool = &pool;
	if (value_has(request, "route"))
		wish.route = &route;
	return act(worker, &wish, request, result_r, deadline);
}

static bool selects(const struct value *request)
{
	static const char *const names[] = {
		"id", "domain", "sender", "tenant", "stream", "tag"};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		if (value_get_text(request, names[i]).size)
			return true;
	return value_get_truth(request, "all");
}

/* Nothing selected is not everything: that takes "all":true. */
static bool act_everywhere(
	struct admin_call *call, const struct fan_job *job, struct deadline deadline)
{
	const struct value *request = call->request;
	struct value *results;
	int64_t changed = 0;

	if (!selects(request))
		return fail(FAILURE_DATA, "which entries?");
	if (!fan_out(
		    call->daemon, &call->admin->fans, job, request, &results, deadline))
		return false;
	for (size_t i = 0; i < value_count(results); i++)
		changed += value_get_number(value_at(results, i), "changed");
	value_set_number(call->answer, "changed", changed);
	value_release(&results);
	return true;
}

bool admin_queue_retry(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {retry_here};

	return act_everywhere(call, &job, deadline);
}

bool admin_queue_hold(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {hold_here};

	return act_everywhere(call, &job, deadline);
}

bool admin_queue_release(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {release_here};

	return act_everywhere(call, &job, deadline);
}

bool admin_queue_drop(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {drop_here};

	return act_everywhere(call, &job, deadline);
}

static bool is_pool(const struct config *config, struct slice name)
{
	for (size_t i = 0; i < config->pool_count; i++)
		if (slice_equal_nocase(slice_of(config->pools[i].name), name))
			return true;
	return false;
}

static bool is_route(const struct config *config, struct slice name)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (slice_equal_nocase(slice_of(config->routes[i].domain), name) ||
			slice_equal_nocase(slice_of(config->routes[i].host), name))
			return true;
	return false;
}

bool admin_queue_rebind(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {rebind_here};
	const struct config *config = call->daemon->world->config;
	struct slice pool = value_get_text(call->request, "pool");
	struct slice route = value_get_text(call->request, "route");

	if (!value_has(call->request, "pool") && !value_has(call->request, "route"))
		return fail(FAILURE_DATA, "to which pool or route?");
	if (pool.size && !is_pool(config, pool))
		return fail(
			FAILURE_DATA, "there is no pool \"%.*s\"", SLICE_PRINT(pool));
	if (route.size && !is_route(config, route))
		return fail(FAILURE_DATA, "no route has the domain or host \"%.*s\"",
			SLICE_PRINT(route));
	return act_everywhere(call, &job, deadline);
}
