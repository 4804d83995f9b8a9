/* `bounces`: refusals of the last hours by what they are about. */
#include <stdio.h>

#include "base/failure.h"
#include "base/memory.h"
#include "feedback/refusals.h"
#include "run/worker.h"

#include "admin/call.h"
#include "admin/refusals.h"
#include "daemon/fan.h"

#define DAY_MS	 (24 * 3600 * INT64_C(1000))
#define KEY_MAX	 600
#define ROWS_MAX 10000

static const char *const kinds[REFUSAL_KINDS] = {"deferred", "bounced", "bounced_late"};

/* What a row is of besides a category. */
enum grouping { BY_CATEGORY, BY_SITE, BY_TENANT };
static const char *const groupings[] = {"category", "site", "tenant"};

struct gathering {
	const struct value *request;
	enum grouping by;
	struct value *rows; /* by key */
};

static enum grouping grouping_of(const struct value *request)
{
	struct slice by = value_get_text(request, "by");
	enum grouping found = BY_CATEGORY;

	for (unsigned i = 0; i < ARRAY_COUNT(groupings); i++)
		if (slice_equal(by, slice_of(groupings[i])))
			found = (enum grouping)i;
	return found;
}

static bool is_wanted(const struct value *request, const struct refusal_count *count)
{
	struct slice site = value_get_text(request, "site");
	struct slice category = value_get_text(request, "category");

	if (value_has(request, "tenant") &&
		(count->rest ||
			!slice_equal(count->tenant, value_get_text(request, "tenant"))))
		return false;
	if (category.size &&
		!slice_equal(category, slice_of(category_name(count->category))))
		return false;
	return !site.size || slice_find(count->site, site) < count->site.size;
}

static void add(struct value *rows, const char *key, const char *name, int64_t more)
{
	/* A member of an object of ours may be changed. */
	struct value *row = (struct value *)(uintptr_t)value_get(rows, key);

	value_set_number(row, name, value_get_number(row, name) + more);
}

static struct value *make_row(
	const struct gathering *gathering, const struct refusal_count *count)
{
	struct value *row = value_object();

	value_set_text(row, "category", slice_of(category_name(count->category)));
	if (gathering->by == BY_SITE)
		value_set_text(row, "site", count->site);
	if (gathering->by == BY_TENANT)
		value_set_text(row, "tenant", count->tenant);
	if (gathering->by != BY_CATEGORY && count->rest)
		value_set_truth(row, "rest", true);
	return row;
}

static void gather(void *context, const struct refusal_count *count)
{
	struct gathering *gathering = context;
	struct slice group = gathering->by == BY_SITE	  ? count->site
			     : gathering->by == BY_TENANT ? count->tenant
							  : SLICE_EMPTY;
	bool rest = gathering->by != BY_CATEGORY && count->rest;
	char key[KEY_MAX];

	if (!is_wanted(gathering->request, count))
		return;
	snprintf(key, sizeof(key), "%u %d %.*s", count->category, rest,
		SLICE_PRINT(group));
	if (!value_get(gathering->rows, key))
		value_set(gathering->rows, key, make_row(gathering, count));
	for (unsigned i = 0; i < REFUSAL_KINDS; i++)
		add(gathering->rows, key, kinds[i], (int64_t)count->counts[i]);
}

static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	int64_t now_ms = worker_wall_ms();
	struct gathering gathering = {request, grouping_of(request), value_object()};

	(void)deadline;
	*result_r = gathering.rows;
	refusals_each(worker->refusals, now_ms - value_get_number(request, "since_ms"),
		now_ms, gather, &gathering);
	return true;
}

static void merge_row(void *context, const char *key, const struct value *row)
{
	struct value *all = context;

	if (!value_get(all, key)) {
		value_set(all, key, value_copy(row));
		return;
	}
	for (unsigned i = 0; i < REFUSAL_KINDS; i++)
		add(all, key, kinds[i], value_get_number(row, kinds[i]));
}

struct telling {
	struct admin_call *call;
	struct deadline deadline;
	size_t rows;
	bool good;
};

static void tell(void *context, const char *key, const struct value *row)
{
	struct telling *telling = context;

	(void)key;
	if (telling->good && telling->rows++ < ROWS_MAX)
		telling->good = admin_say(
			telling->call, value_copy(row), telling->deadline);
}

bool admin_bounces(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {look_here};
	struct telling telling = {call, deadline, 0, true};
	int64_t since_ms = value_get_number(call->request, "since_ms");
	struct value *results, *all;

	if (since_ms < 1 || since_ms > DAY_MS)
		return fail(FAILURE_DATA, "since when? At most a day is kept");
	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	all = value_object();
	for (size_t i = 0; i < value_count(results); i++)
		value_each(value_at(results, i), merge_row, all);
	value_each(all, tell, &telling);
	value_set_truth(call->answer, "cut", telling.rows > ROWS_MAX);
	value_release(&all);
	value_release(&results);
	return telling.good;
}

/* ---- For `site` ---- */

struct summing {
	struct slice site;
	struct value *sums; /* a number by category */
};

static void sum(void *context, const struct refusal_count *count)
{
	struct summing *summing = context;
	const char *name = category_name(count->category);
	int64_t all = value_get_number(summing->sums, name);

	if (summing->site.at &&
		(count->rest || !slice_equal(count->site, summing->site)))
		return;
	for (unsigned i = 0; i < REFUSAL_KINDS; i++)
		all += (int64_t)count->counts[i];
	value_set_number(summing->sums, name, all);
}

struct value *admin_refusals_of(
	const struct refusals *refusals, struct slice site, int64_t since_ms)
{
	struct summing summing = {
		slice_part(site, 0, REFUSALS_NAME_MAX), value_object()};
	int64_t now_ms = worker_wall_ms();

	refusals_each(refusals, now_ms - since_ms, now_ms, sum, &summing);
	return summing.sums;
}
