/*
 * `top`: what `status` says, with the destinations that are worst off, what refusals
 * were about, and how late the queue is: for a screen that is looked at.
 */
#include <stdlib.h>

#include "base/failure.h"
#include "base/memory.h"
#include "queue/queue_admin.h"
#include "run/worker.h"

#include "admin/call.h"
#include "admin/refusals.h"
#include "daemon/fan.h"

#define SITES_MAX  500
#define REFUSED_MS (3600 * INT64_C(1000))
#define REDIS_MS   2000

/* In each worker. */
static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct queue_ages ages;

	(void)request;
	*result_r = value_object();
	value_set(*result_r, "refusals",
		admin_refusals_of(worker->refusals, SLICE_EMPTY, REFUSED_MS));
	/* With Redis down it cannot be told; the rest can. */
	if (queue_ages(worker->queue, &ages,
		    deadline_earlier(deadline, deadline_after_ms(REDIS_MS)))) {
		value_set_number(*result_r, "late_ms", ages.late_ms);
		memory_free(ages.ages_ms);
	}
	return true;
}

static bool add_figures(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {look_here};
	struct value *results, *refusals;
	int64_t late_ms = 0;

	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	refusals = value_object();
	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *result = value_at(results, i);

		value_each(value_get(result, "refusals"), value_add_up, refusals);
		if (value_get_number(result, "late_ms") > late_ms)
			late_ms = value_get_number(result, "late_ms");
	}
	value_set(call->answer, "refusals", refusals);
	value_set_number(call->answer, "late_ms", late_ms);
	value_set_number(call->answer, "memory", (int64_t)memory_resident());
	value_set_number(call->answer, "at_ms", worker_wall_ms());
	value_release(&results);
	return true;
}

/* Those most is waited for go first, then those that defer most. */
static int64_t badness(const struct value *site)
{
	return value_get_number(site, "waiting") * 1000000 +
	       value_get_number(site, "deferred") +
	       (value_get_number(site, "backoff_until_ms") ? 500000 : 0);
}

struct ranked {
	const char *name;
	const struct value *site;
};

static int worse_first(const void *a, const void *b)
{
	int64_t first = badness(((const struct ranked *)a)->site);
	int64_t second = badness(((const struct ranked *)b)->site);

	return (first < second) - (first > second);
}

struct ranking {
	struct ranked *at;
	size_t count;
};

static void count_site(void *context, const char *name, const struct value *site)
{
	(void)name;
	(void)site;
	++*(size_t *)context;
}

static void add_site(void *context, const char *name, const struct value *site)
{
	struct ranking *ranking = context;

	ranking->at[ranking->count++] = (struct ranked){name, site};
}

static bool add_sites(struct admin_call *call, struct deadline deadline)
{
	struct value *all = admin_sites_value(call, deadline), *worst;
	struct ranking ranking = {.count = 0};
	size_t count = 0;

	if (!all)
		return false;
	value_each(all, count_site, &count);
	ranking.at = memory_allocate_array(count + 1, sizeof(*ranking.at));
	value_each(all, add_site, &ranking);
	qsort(ranking.at, ranking.count, sizeof(*ranking.at), worse_first);
	worst = value_object();
	for (size_t i = 0; i < ranking.count && i < SITES_MAX; i++)
		value_set(worst, ranking.at[i].name, value_copy(ranking.at[i].site));
	value_set(call->answer, "sites", worst);
	memory_free(ranking.at);
	value_release(&all);
	return true;
}

bool admin_top(struct admin_call *call, struct deadline deadline)
{
	return admin_status(call, deadline) && add_figures(call, deadline) &&
	       add_sites(call, deadline);
}
