/* `queue list`, `queue count`: what is there. */
#include "base/failure.h"

#include "admin/call.h"
#include "report/entry_value.h"
#include "daemon/fan.h"

#define LIST_MAX    10000 /* entries, of a worker */
#define DOMAINS_MAX 100	  /* the fullest, of a worker */

struct listing {
	struct value *list;
	size_t limit;
	bool more;
};

static bool add_entry(void *context, const struct queue_item *item)
{
	struct listing *listing = context;

	if (value_count(listing->list) == listing->limit) {
		listing->more = true;
		return false;
	}
	value_append(listing->list, entry_value_brief(item));
	return true;
}

static bool list_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	int64_t limit = value_get_number(request, "limit");
	struct listing listing = {
		.list = value_list(),
		.limit = limit > 0 && limit < LIST_MAX ? (size_t)limit : LIST_MAX,
	};
	struct queue_selector selector;
	bool good = selector_read(request, &selector) &&
		    queue_each(worker->queue, &selector, add_entry, &listing, deadline);

	if (!good) {
		value_release(&listing.list);
		return false;
	}
	*result_r = value_object();
	value_set(*result_r, "entries", listing.list);
	value_set_truth(*result_r, "more", listing.more);
	return true;
}

bool admin_queue_list(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {list_here};
	int64_t limit = value_get_number(call->request, "limit"), told = 0;
	struct value *results;
	bool good, more = false;

	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	good = true;
	for (size_t i = 0; good && i < value_count(results); i++) {
		const struct value *result = value_at(results, i);
		const struct value *entries = value_get(result, "entries");

		more |= value_get_truth(result, "more");
		for (size_t j = 0; good && j < value_count(entries); j++) {
			if (limit > 0 && told == limit) {
				more = true;
				break;
			}
			told++;
			good = admin_say(
				call, value_copy(value_at(entries, j)), deadline);
		}
	}
	value_set_number(call->answer, "told", told);
	value_set_truth(call->answer, "more", more);
	value_release(&results);
	return good;
}

static bool count_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct queue_domain_count *domains = memory_allocate_array(
		DOMAINS_MAX, sizeof(*domains));
	struct value *states_value = value_object(), *list = value_list();
	uint64_t states[4] = {0};
	size_t count = DOMAINS_MAX;
	bool good = queue_count(worker->queue, states, domains, &count, deadline);

	(void)request;
	for (enum queue_state i = QUEUE_READY; good && i <= QUEUE_HELD; i++)
		value_set_number(states_value, queue_state_name(i), (int64_t)states[i]);
	for (size_t i = 0; good && i < count; i++) {
		struct value *object = value_object();

		value_set_text(object, "domain", slice_of(domains[i].domain));
		value_set_number(object, "count", (int64_t)domains[i].count);
		value_set_number(object, "next_due_ms", domains[i].next_due_ms);
		value_append(list, object);
	}
	*result_r = value_object();
	value_set(*result_r, "states", states_value);
	value_set(*result_r, "domains", list);
	memory_free(domains);
	return good;
}

static void add_domain(struct value *all, const struct value *one)
{
	int64_t due = value_get_number(one, "next_due_ms"), known_due;
	struct value *known;
	char name[256];

	if (!slice_to_text(value_get_text(one, "domain"), name, sizeof(name)))
		return;
	known = (struct value *)(uintptr_t)value_get(all, name);
	if (!known) {
		value_set(all, name, value_copy(one));
		return;
	}
	value_set_number(known, "count",
		value_get_number(known, "count") + value_get_number(one, "count"));
	known_due = value_get_number(known, "next_due_ms");
	if (due && (!known_due || due < known_due))
		value_set_number(known, "next_due_ms", due);
}

static void collect(void *list, const char *name, const struct value *item)
{
	(void)name;
	value_append(list, value_copy(item));
}

bool admin_queue_count(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {count_here};
	struct value *results, *states, *domains, *list;

	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	states = value_object();
	domains = value_object();
	list = value_list();
	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *result = value_at(results, i);
		const struct value *counted = value_get(result, "domains");

		value_each(value_get(result, "states"), value_add_up, states);
		for (size_t j = 0; j < value_count(counted); j++)
			add_domain(domains, value_at(counted, j));
	}
	value_each(domains, collect, list);
	value_set(call->answer, "states", states);
	value_set(call->answer, "domains", list);
	value_release(&domains);
	value_release(&results);
	return true;
}
