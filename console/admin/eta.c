/*
 * `eta`: when what is queued will be out, and what that rests on. First each worker
 * counts what there is, then each says how it stands with the servers it goes to.
 */
#include "admin/eta.h"

#include <string.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/memory.h"
#include "relay/forecast.h"
#include "report/eta.h"

#include "admin/call.h"

/* ---- How it stands with the servers ---- */

static void set_limit(
	struct value *object, const char *name, const struct limit_forecast *limit)
{
	struct buffer text = {0};

	value_set_number(object, name,
		limit->wait_us == INT64_MAX ? INT64_MAX : limit->wait_us / 1000);
	limits_forecast_say(limit, &text);
	value_set_text(object, "limit", buffer_contents(&text));
	buffer_finish(&text);
}

static void add_path(void *list, const struct relay_forecast *forecast)
{
	struct value *object = value_object();

	value_set_number(object, "waiting", (int64_t)forecast->waiting);
	value_set_number(object, "connections", (int64_t)forecast->connections_most);
	value_set_number(object, "sent", (int64_t)forecast->sent);
	value_set_number(object, "sent_in_ms", forecast->sent_in_ms);
	value_set_number(object, "millirate", (int64_t)(forecast->rate * 1000));
	value_set_truth(object, "stopped", forecast->stopped);
	value_set_number(object, "shut_until_ms", forecast->shut_until_ms);
	value_set_text(object, "trouble", forecast->trouble);
	set_limit(object, "ready_limit_ms", &forecast->limits[0]);
	set_limit(object, "all_limit_ms", &forecast->limits[1]);
	value_append(list, object);
}

struct looking {
	struct daemon_worker *worker;
	struct value *found; /* {name: [path, …]} */
};

static void read_counts(const struct value *count, uint64_t counts[2])
{
	counts[0] = (uint64_t)value_get_number(count, "ready");
	counts[1] = counts[0] + (uint64_t)value_get_number(count, "deferred");
}

static void read_tenant(void *context, const char *name, const struct value *count)
{
	struct relay_forecast_mail *mail = context;

	if (mail->tenant_count == FORECAST_TENANTS_MAX)
		return;
	mail->tenants[mail->tenant_count].name = slice_of(name);
	read_counts(count, mail->tenants[mail->tenant_count++].counts);
}

static void look_at(void *context, const char *domain, const struct value *count)
{
	struct looking *looking = context;
	struct relay_forecast_mail mail = {.tenant_count = 0};
	struct value *paths = value_list();

	read_counts(count, mail.counts);
	value_each(value_get(count, "tenants"), read_tenant, &mail);
	if (relay_forecast(
		    looking->worker->relay, slice_of(domain), &mail, add_path, paths))
		value_set(looking->found, domain, paths);
	else
		value_release(&paths);
}

/* REQUEST: {name: count, …}, as counted. */
static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct looking looking = {worker, value_object()};

	(void)deadline;
	value_each(request, look_at, &looking);
	*result_r = looking.found;
	return true;
}

/* ---- All workers together ---- */

static void add(struct value *sum, const struct value *part, const char *name)
{
	value_set_number(
		sum, name, value_get_number(sum, name) + value_get_number(part, name));
}

static void keep_most(struct value *sum, const struct value *part, const char *name)
{
	if (value_get_number(part, name) > value_get_number(sum, name))
		value_set_number(sum, name, value_get_number(part, name));
}

static void add_numbers(struct value *sum, const struct value *part)
{
	add(sum, part, "ready");
	add(sum, part, "deferred");
}

static void add_tenant(void *all, const char *name, const struct value *share)
{
	/* A member of an object of ours may be changed. */
	struct value *sum = (struct value *)(uintptr_t)value_get(all, name);

	if (sum)
		add_numbers(sum, share);
	else
		value_set(all, name, value_copy(share));
}

static void add_count(void *all, const char *domain, const struct value *count)
{
	/* A member of an object of ours may be changed. */
	struct value *sum = (struct value *)(uintptr_t)value_get(all, domain);

	if (!sum) {
		value_set(all, domain, value_copy(count));
		return;
	}
	add_numbers(sum, count);
	add(sum, count, "held");
	keep_most(sum, count, "last_due_ms");
	keep_most(sum, count, "suspended_until_ms");
	value_each(value_get(count, "tenants"), add_tenant,
		(struct value *)(uintptr_t)value_get(sum, "tenants"));
}

/* What all paths of a domain are together. */
struct whole {
	struct eta_facts facts;
	struct slice trouble, limit;
	size_t paths, stopped, shut;
};

/* The other paths go on meanwhile. */
static void add_shut(struct whole *whole, int64_t until_ms)
{
	if (until_ms <= whole->facts.now_ms)
		return;
	whole->shut++;
	if (!whole->facts.shut_until_ms || until_ms < whole->facts.shut_until_ms)
		whole->facts.shut_until_ms = until_ms;
}

static void add_limits(struct whole *whole, const struct value *path)
{
	static const char *const names[2] = {"ready_limit_ms", "all_limit_ms"};

	for (size_t i = 0; i < 2; i++) {
		int64_t limit = value_get_number(path, names[i]);

		if (whole->paths == 1 || limit < whole->facts.limit_ms[i])
			whole->facts.limit_ms[i] = limit;
	}
	if (value_get_text(path, "limit").size)
		whole->limit = value_get_text(path, "limit");
}

static void add_paths(struct whole *whole, const struct value *paths)
{
	struct eta_facts *facts = &whole->facts;

	for (size_t i = 0; i < value_count(paths); i++) {
		const struct value *path = value_at(paths, i);
		double rate = (double)value_get_number(path, "millirate") / 1000;
		int64_t period = value_get_number(path, "sent_in_ms");

		whole->paths++;
		facts->ahead += (uint64_t)value_get_number(path, "waiting");
		facts->sent += (uint64_t)value_get_number(path, "sent");
		if (period > facts->sent_in_ms && value_get_number(path, "sent"))
			facts->sent_in_ms = period;
		facts->connections = (uint64_t)value_get_number(path, "connections");
		facts->rate = rate > facts->rate ? rate : facts->rate;
		whole->stopped += value_get_truth(path, "stopped");
		if (value_get_text(path, "trouble").size)
			whole->trouble = value_get_text(path, "trouble");
		add_shut(whole, value_get_number(path, "shut_until_ms"));
		add_limits(whole, path);
	}
}

static void gather(struct whole *whole, const char *domain, const struct value *count,
	const struct value *found)
{
	struct eta_facts *facts = &whole->facts;
	int64_t suspended = value_get_number(count, "suspended_until_ms");

	facts->now_ms = clock_wall_ms();
	facts->ready = (uint64_t)value_get_number(count, "ready");
	facts->deferred = (uint64_t)value_get_number(count, "deferred");
	facts->last_due_ms = value_get_number(count, "last_due_ms");
	for (size_t i = 0; i < value_count(found); i++)
		add_paths(whole, value_get(value_at(found, i), domain));
	/* What waits there is ours first. */
	facts->ahead = facts->ahead > facts->ready ? facts->ahead - facts->ready : 0;
	facts->stopped = whole->paths && whole->stopped == whole->paths;
	if (whole->shut < whole->paths)
		facts->shut_until_ms = 0;
	if (suspended == INT64_MAX)
		facts->stopped = true;
	else if (suspended > facts->shut_until_ms)
		facts->shut_until_ms = suspended;
}

/* ---- What is told ---- */

struct telling {
	struct admin_call *call;
	struct deadline deadline;
	const struct value *found;
	struct value *totals;
	uint64_t unknown; /* domains */
	bool good;
};

/* What holds all of it back, beside the rate. */
static void say_stops(struct value *line, const struct whole *whole, int64_t suspended)
{
	if (suspended == INT64_MAX)
		value_set_truth(line, "suspended", true);
	else if (suspended > whole->facts.now_ms)
		value_set_number(line, "suspended_until_ms", suspended);
	if (whole->paths && whole->stopped == whole->paths)
		value_set_truth(line, "stopped", true);
	if (whole->facts.shut_until_ms > whole->facts.now_ms &&
		whole->facts.shut_until_ms != suspended)
		value_set_number(line, "shut_until_ms", whole->facts.shut_until_ms);
	if (whole->trouble.size)
		value_set_text(line, "trouble", whole->trouble);
}

static struct value *line_of(const char *domain, const struct whole *whole,
	const struct eta *eta, const struct value *count)
{
	const struct eta_facts *facts = &whole->facts;
	struct value *line = value_object();

	value_set_text(line, "domain", slice_of(domain));
	value_set_number(line, "ready", (int64_t)facts->ready);
	value_set_number(line, "deferred", (int64_t)facts->deferred);
	value_set_number(line, "held", value_get_number(count, "held"));
	value_set_number(line, "ahead", (int64_t)facts->ahead);
	value_set_text(line, "basis", slice_of(eta_basis_name(eta->basis)));
	value_set_number(line, "per_minute", (int64_t)(eta->rate * 60 + 0.5));
	value_set_number(line, "sent", (int64_t)facts->sent);
	value_set_number(line, "sent_in_ms", facts->sent_in_ms);
	if (eta->ready_ms)
		value_set_number(line, "ready_out_ms", eta->ready_ms);
	if (eta->all_ms)
		value_set_number(line, "all_out_ms", eta->all_ms);
	if (facts->deferred)
		value_set_number(line, "last_attempt_ms", facts->last_due_ms);
	if (eta->limited)
		value_set_text(line, "limit", whole->limit);
	say_stops(line, whole, value_get_number(count, "suspended_until_ms"));
	return line;
}

static void tell(void *context, const char *domain, const struct value *count)
{
	struct telling *telling = context;
	struct whole whole = {.paths = 0};
	struct value *line;
	struct eta eta;

	gather(&whole, domain, count, telling->found);
	eta = eta_of(&whole.facts);
	line = line_of(domain, &whole, &eta, count);
	add_numbers(telling->totals, line);
	add(telling->totals, line, "held");
	keep_most(telling->totals, line, "all_out_ms");
	if (!eta.all_ms && whole.facts.ready + whole.facts.deferred)
		telling->unknown++;
	if (telling->good)
		telling->good = admin_say(telling->call, line, telling->deadline);
	else
		value_release(&line);
}

static bool tell_all(struct admin_call *call, const struct value *domains,
	const struct value *found, struct deadline deadline)
{
	struct telling telling = {call, deadline, found, value_object(), 0, true};
	static const char *const names[] = {"ready", "deferred", "held", "all_out_ms"};

	value_each(domains, tell, &telling);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		value_set_number(call->answer, names[i],
			value_get_number(telling.totals, names[i]));
	value_set_number(call->answer, "unknown", (int64_t)telling.unknown);
	value_release(&telling.totals);
	return telling.good;
}

bool admin_eta(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job look_job = {look_here};
	struct value *counted, *found, *domains;
	bool more = false, good;

	if (!fan_out(call->daemon, &call->admin->fans, &eta_count_job, call->request,
		    &counted, deadline))
		return false;
	domains = value_object();
	for (size_t i = 0; i < value_count(counted); i++) {
		value_each(
			value_get(value_at(counted, i), "domains"), add_count, domains);
		more |= value_get_truth(value_at(counted, i), "more");
	}
	good = fan_out(
		call->daemon, &call->admin->fans, &look_job, domains, &found, deadline);
	if (good) {
		good = tell_all(call, domains, found, deadline);
		value_release(&found);
	}
	value_set_truth(call->answer, "more", more);
	value_release(&domains);
	value_release(&counted);
	return good;
}
