/* `sources`: where mail leaves from, and how it goes with each. */
#include "base/failure.h"
#include "relay/source_view.h"

#include "admin/call.h"
#include "daemon/fan.h"

static struct value *pools_of(const struct relay_source_view *source)
{
	struct value *list = value_list();

	for (size_t i = 0; i < source->pool_count; i++)
		value_append_text(list, slice_of(source->pools[i]));
	return list;
}

static struct value *warmups_of(const struct relay_source_view *source)
{
	struct value *list = value_list();

	for (size_t i = 0; i < source->warmup_count; i++) {
		const struct relay_warmup_view *view = &source->warmups[i];
		struct value *object = value_object();

		if (view->provider)
			value_set_text(object, "provider", slice_of(view->provider));
		value_set_number(object, "day", (int64_t)view->day);
		value_set_number(object, "days", (int64_t)view->days);
		value_set_number(object, "sent", (int64_t)view->sent);
		value_set_number(object, "allowed", (int64_t)view->allowed);
		value_set_truth(object, "over", view->over);
		value_set_number(object, "shut_until_ms", view->shut_until_ms);
		value_append(list, object);
	}
	return list;
}

static void set_some(struct value *object, const char *name, const char *text)
{
	if (text)
		value_set_text(object, name, slice_of(text));
}

static bool add_source(void *list, const struct relay_source_view *source)
{
	struct value *object = value_object();

	value_set_text(object, "source", source->name);
	set_some(object, "address", source->address);
	set_some(object, "address6", source->address6);
	set_some(object, "ehlo", source->ehlo);
	if (source->proxy.size)
		value_set_text(object, "proxy", source->proxy);
	value_set(object, "pools", pools_of(source));
	value_set_number(object, "connections", (int64_t)source->connections);
	value_set_number(object, "waiting", (int64_t)source->waiting);
	value_set_number(object, "delivered", (int64_t)source->delivered);
	value_set_number(object, "deferred", (int64_t)source->deferred);
	value_set_text(object, "trouble", slice_of(source->trouble));
	value_set(object, "warmup", warmups_of(source));
	value_append(list, object);
	return true;
}

static bool look_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	(void)request;
	(void)deadline;
	*result_r = value_list();
	relay_each_source(worker->relay, add_source, *result_r);
	return true;
}

/* Each worker tells the same sources in the same order, unless it is just being
 * reloaded: then the first one's word is enough. */
static void add(struct value *sum, const struct value *source)
{
	static const char *const names[] = {"connections", "waiting"};

	if (!slice_equal(
		    value_get_text(sum, "source"), value_get_text(source, "source")))
		return;
	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		value_set_number(sum, names[i],
			value_get_number(sum, names[i]) +
				value_get_number(source, names[i]));
}

bool admin_sources(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {look_here};
	const struct value *first;
	struct value *results;
	bool good = true;

	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	first = value_at(results, 0);
	for (size_t i = 0; good && i < value_count(first); i++) {
		struct value *sum = value_copy(value_at(first, i));

		for (size_t j = 1; j < value_count(results); j++)
			if (i < value_count(value_at(results, j)))
				add(sum, value_at(value_at(results, j), i));
		good = admin_say(call, sum, deadline);
	}
	value_release(&results);
	return good;
}
