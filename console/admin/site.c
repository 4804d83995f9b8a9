/* `site`: what holds toward a domain's receivers, and what is in force. */
#include "base/failure.h"
#include "base/memory.h"
#include "relay/site_view.h"

#include "admin/call.h"
#include "admin/refusals.h"
#include "daemon/fan.h"

#define REACTIONS_MAX 200		     /* told by status */
#define REFUSED_MS    (3600 * INT64_C(1000)) /* that are told */

static struct value *reaction_value(const struct relay_reaction_view *view)
{
	const struct react *react = &view->react;
	struct value *object = value_object();
	struct buffer now = {0};

	react_say(react, &now);
	value_set_text(object, "scope", slice_of(view->scope));
	value_set_text(object, "name", view->name);
	value_set_text(object, "now", buffer_contents(&now));
	value_set_text(object, "rule", slice_of(react->name));
	value_set_text(object, "place", slice_of(react->place));
	value_set_text(object, "reply", slice_of(react->reply));
	value_set_number(object, "heard_ms", react->heard_ms);
	value_set_number(object, "suspended_until_ms", react->until_ms);
	value_set_number(object, "next_ms", react_next_ms(react));
	buffer_finish(&now);
	return object;
}

static void add_value(void *list, const struct shaping_value *value)
{
	struct value *object = value_object();

	value_set_text(object, "name", slice_of(value->name));
	if (value->scope)
		value_set_text(object, "scope", slice_of(value->scope));
	value_set_text(object, "value", slice_of(value->text));
	value_set_text(object, "origin", slice_of(value->origin));
	value_append(list, object);
}

static void set_limits(struct value *object, const struct limit_terms *limits)
{
	static const char *const messages[PERIODS] = {"messages_per_second",
		"messages_per_minute", "messages_per_hour", "messages_per_day"};
	static const char *const connects[PERIODS] = {"connections_per_second",
		"connections_per_minute", "connections_per_hour",
		"connections_per_day"};
	struct value *now = value_object();

	value_set_number(now, "connections", (int64_t)limits->connections);
	for (size_t i = 0; i < PERIODS; i++) {
		if (limits->messages[i])
			value_set_number(
				now, messages[i], (int64_t)limits->messages[i]);
		if (limits->connects[i])
			value_set_number(
				now, connects[i], (int64_t)limits->connects[i]);
	}
	value_set(object, "limits", now);
}

static void set_counts(struct value *object, const struct relay_path_view *path)
{
	value_set_number(object, "connections", (int64_t)path->connections);
	value_set_number(object, "idle", (int64_t)path->idle);
	value_set_number(object, "waiting", (int64_t)path->waiting);
	value_set_number(object, "delivered", (int64_t)path->delivered);
	value_set_number(object, "deferred", (int64_t)path->deferred);
	value_set_number(object, "ahead", (int64_t)path->ahead);
	value_set_number(object, "connections_learned", (int64_t)path->ceiling);
	value_set_number(
		object, "messages_per_connection_lowered", (int64_t)path->stint);
	value_set_number(object, "millirate_learned", (int64_t)(path->rate * 1000));
	value_set_truth(object, "stopped", path->stopped);
	value_set_number(object, "backoff_until_ms", path->backoff_until_ms);
}

struct listing {
	struct value *paths;
	const struct refusals *refusals;
};

static void add_path(void *context, const struct relay_path_view *path)
{
	struct listing *listing = context;
	struct value *object = value_object(), *rules = value_list(),
		     *reactions = value_list();

	value_set_text(object, "site", path->site);
	value_set_text(object, "source", path->source);
	value_set_text(object, "provider", path->provider);
	set_counts(object, path);
	set_limits(object, &path->limits);
	value_set_text(object, "trouble", path->trouble);
	for (size_t i = 0; i < path->reaction_count; i++)
		value_append(reactions, reaction_value(&path->reactions[i]));
	value_set(object, "reactions", reactions);
	shaping_explain(path->shaping, &path->question, add_value, rules);
	value_set(object, "rules", rules);
	value_set(object, "refused",
		admin_refusals_of(listing->refusals, path->site, REFUSED_MS));
	value_append(listing->paths, object);
}

static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct slice domain = value_get_text(request, "domain");
	struct listing listing = {value_list(), worker->refusals};

	(void)deadline;
	*result_r = value_object();
	if (value_get_truth(request, "reset"))
		value_set_number(*result_r, "reset",
			(int64_t)relay_reset_domain(worker->relay, domain));
	relay_view_domain(worker->relay, domain, add_path, &listing);
	value_set(*result_r, "paths", listing.paths);
	return true;
}

static void add_refused(void *sums, const char *name, const struct value *number)
{
	value_set_number(
		sums, name, value_get_number(sums, name) + value_number(number));
}

static void add(struct value *sum, const struct value *path, const char *name)
{
	value_set_number(
		sum, name, value_get_number(sum, name) + value_get_number(path, name));
}

/* The same site from the same source, in another worker. */
static void merge(struct value *all, const struct value *path)
{
	static const char *const sums[] = {
		"connections", "idle", "waiting", "delivered", "deferred"};
	static const char *const most[] = {"connections_learned", "backoff_until_ms"};
	char name[1024];
	struct buffer key = {0};
	struct value *sum;

	buffer_append_format(&key, "%.*s %.*s",
		SLICE_PRINT(value_get_text(path, "site")),
		SLICE_PRINT(value_get_text(path, "source")));
	if (!slice_to_text(slice_part(buffer_contents(&key), 0, sizeof(name) - 1), name,
		    sizeof(name)))
		name[0] = '\0';
	buffer_finish(&key);
	/* A member of an object of ours may be changed. */
	sum = (struct value *)(uintptr_t)value_get(all, name);
	if (!sum) {
		value_set(all, name, value_copy(path));
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(sums); i++)
		add(sum, path, sums[i]);
	for (size_t i = 0; i < ARRAY_COUNT(most); i++)
		if (value_get_number(path, most[i]) > value_get_number(sum, most[i]))
			value_set_number(sum, most[i], value_get_number(path, most[i]));
	value_each(value_get(path, "refused"), add_refused,
		(struct value *)(uintptr_t)value_get(sum, "refused"));
	if (value_get_text(path, "trouble").size)
		value_set_text(sum, "trouble", value_get_text(path, "trouble"));
}

struct telling {
	struct admin_call *call;
	struct deadline deadline;
	bool good;
};

static void tell(void *context, const char *name, const struct value *path)
{
	struct telling *telling = context;

	(void)name;
	telling->good = telling->good &&
			admin_say(telling->call, value_copy(path), telling->deadline);
}

bool admin_site(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {look_here};
	struct telling telling = {call, deadline, true};
	struct value *results, *all;
	int64_t reset = 0;

	if (!value_get_text(call->request, "domain").size)
		return fail(FAILURE_DATA, "which domain?");
	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	all = value_object();
	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *paths = value_get(value_at(results, i), "paths");

		reset += value_get_number(value_at(results, i), "reset");
		for (size_t j = 0; j < value_count(paths); j++)
			merge(all, value_at(paths, j));
	}
	value_each(all, tell, &telling);
	value_set_number(call->answer, "reset", reset);
	value_release(&all);
	value_release(&results);
	return telling.good;
}

static void add_reaction(void *list, const struct relay_reaction_view *view)
{
	if (value_count(list) < REACTIONS_MAX)
		value_append(list, reaction_value(view));
}

/* For the status: the workers of a process share them. */
struct value *admin_reactions(struct daemon_worker *worker)
{
	struct value *list = value_list();

	relay_each_reaction(worker->relay, add_reaction, list);
	return list;
}
