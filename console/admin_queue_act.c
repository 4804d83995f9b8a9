/* `queue retry|hold|release|drop`: what becomes of entries. */
#include "base/event.h"
#include "base/failure.h"

#include "console/admin_call.h"
#include "console/entry_value.h"
#include "console/fan.h"

static bool act(struct daemon_worker *worker, enum queue_action action,
	const struct value *request, struct value **result_r, struct deadline deadline)
{
	struct queue_selector selector;
	uint64_t changed = 0;

	if (!selector_read(request, &selector) ||
		!queue_act(worker->queue, action, &selector, &changed, deadline))
		return false;
	*result_r = value_object();
	value_set_number(*result_r, "changed", (int64_t)changed);
	return true;
}

static bool retry_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	bool good = act(worker, QUEUE_RETRY, request, result_r, deadline);

	/* It is for what the operator knows and we do not: that a site is back. */
	if (good)
		relay_try_now(worker->relay);
	return good;
}

static bool hold_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	return act(worker, QUEUE_HOLD, request, result_r, deadline);
}

static bool release_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	return act(worker, QUEUE_RELEASE, request, result_r, deadline);
}

static bool drop_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	return act(worker, QUEUE_DROP, request, result_r, deadline);
}

/* Nothing selected is not everything: that takes "all":true. */
static bool act_everywhere(
	struct admin_call *call, const struct fan_job *job, struct deadline deadline)
{
	const struct value *request = call->request;
	struct value *results;
	int64_t changed = 0;

	if (!value_get_text(request, "id").size &&
		!value_get_text(request, "domain").size &&
		!value_get_text(request, "sender").size &&
		!value_get_truth(request, "all"))
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
