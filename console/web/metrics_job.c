/* What each worker says of itself for /metrics: what `status` has, and more. */
#include "base/memory.h"
#include "queue/queue_admin.h"
#include "web/metrics.h"

#include "admin/call.h"
#include "daemon/events.h"
#include "daemon/http.h"

#define REDIS_MS 2000

static void add_mail(struct value *to, struct daemon_worker *worker)
{
	struct submission_figures submission = submission_figures(worker->submission);
	struct receiving_figures receiving = receiving_figures(worker->receiving);
	struct value *object = value_object();

	value_set_number(object, "submitted", (int64_t)submission.accepted);
	value_set_number(object, "submitted_bytes", (int64_t)submission.bytes);
	value_set_number(object, "brought", (int64_t)receiving.accepted);
	value_set_number(object, "brought_bytes", (int64_t)receiving.bytes);
	value_set(to, "mail", object);
}

static void add_api(struct value *to, struct daemon_worker *worker)
{
	struct api_figures api = daemon_api_figures(worker->http);
	struct value *object = value_object();

	value_set_number(object, "accepted", (int64_t)api.accepted);
	value_set_number(object, "refused", (int64_t)api.refused);
	value_set_number(object, "replayed", (int64_t)api.replayed);
	value_set_number(object, "keys_refused", (int64_t)api.keys_refused);
	value_set(to, "api", object);
}

/* Worker 0's, where this node is the one that sends. */
static void add_webhooks(struct value *to, struct daemon_worker *worker)
{
	struct events_keeper_figures figures = {0};
	struct value *object = value_object();

	if (worker->index == 0)
		figures = daemon_webhook_figures(worker->daemon);
	value_set_number(object, "webhooks", figures.webhooks);
	value_set_number(object, "failing", figures.failing);
	value_set_number(object, "behind_ms", figures.behind_ms);
	value_set_number(object, "sent", (int64_t)figures.sent);
	value_set_number(object, "failed", (int64_t)figures.failed);
	value_set_number(object, "dead", (int64_t)figures.dead);
	value_set(to, "webhooks", object);
}

static void add_refusal(void *context, const struct refusal_total *total)
{
	struct value *item = value_object();

	value_set_text(item, "provider", total->provider);
	value_set_number(item, "category", total->category);
	value_set_number(item, "kind", total->kind);
	value_set_number(item, "count", (int64_t)total->count);
	value_append(context, item);
}

static void add_refusals(struct value *to, struct daemon_worker *worker)
{
	struct value *list = value_list();

	refusals_each_total(worker->refusals, add_refusal, list);
	value_set(to, "refusals", list);
}

/* With Redis down they cannot be told; the rest can. */
static void add_ages(
	struct value *to, struct daemon_worker *worker, struct deadline deadline)
{
	struct value *list = value_list();
	struct queue_ages ages;

	if (queue_ages(worker->queue, &ages,
		    deadline_earlier(deadline, deadline_after_ms(REDIS_MS)))) {
		for (size_t i = 0; i < ages.count; i++) {
			struct value *item = value_object();

			value_set_number(item, "ms", ages.ages_ms[i]);
			value_append(list, item);
		}
		value_set_number(to, "late_ms", ages.late_ms);
		memory_free(ages.ages_ms);
	}
	value_set(to, "ages", list);
}

static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct value *result = NULL;

	if (!admin_status_job.run(worker, request, &result, deadline))
		return false;
	add_mail(result, worker);
	add_api(result, worker);
	add_webhooks(result, worker);
	add_refusals(result, worker);
	add_ages(result, worker, deadline);
	*result_r = result;
	return true;
}

const struct fan_job metrics_job = {look_here};
