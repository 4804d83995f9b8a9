/*
 * `suppression …`: the list of addresses that get no mail any more. Redis has it;
 * this process knows of a change before the answer goes out.
 */
#include <stdio.h>

#include "base/event.h"
#include "base/failure.h"
#include "base/memory.h"
#include "feedback/suppression_key.h"
#include "feedback/suppression_list.h"
#include "run/worker.h"

#include "admin/call.h"

#define LINE_ENTRIES 200
#define TOLD_WRONG   20 /* entries of a request that are said to be wrong */

static struct redis *redis_of(struct admin_call *call)
{
	return call->daemon->workers[0].redis;
}

/* ---- Looking ---- */

struct telling {
	struct admin_call *call;
	struct value *list;
};

static struct value *entry_value(const struct suppression_entry *entry)
{
	struct value *item = value_object();

	value_set_text(item, "address", entry->address);
	if (entry->tenant.size)
		value_set_text(item, "tenant", entry->tenant);
	value_set_text(
		item, "reason", slice_of(suppression_reason_name(entry->reason)));
	value_set_number(item, "since_ms", entry->since_ms);
	if (entry->until_ms)
		value_set_number(item, "until_ms", entry->until_ms);
	if (entry->detail.size)
		value_set_text(item, "detail", entry->detail);
	return item;
}

static bool say_list(struct telling *telling, struct deadline deadline)
{
	struct value *line = value_object();

	value_set(line, "entries", telling->list);
	telling->list = value_list();
	return admin_say(telling->call, line, deadline);
}

static bool tell(
	void *context, const struct suppression_entry *entry, struct deadline deadline)
{
	struct telling *telling = context;

	value_append(telling->list, entry_value(entry));
	return value_count(telling->list) < LINE_ENTRIES || say_list(telling, deadline);
}

static bool read_query(struct admin_call *call, struct suppression_query *query)
{
	const struct value *request = call->request;
	struct slice reason = value_get_text(request, "reason");

	query->tenant_given = value_has(request, "tenant");
	query->tenant = value_get_text(request, "tenant");
	query->reason_given = reason.size > 0;
	return !query->reason_given ||
	       suppression_reason_parse(reason, &query->reason) ||
	       admin_refuse(call, ADMIN_WRONG, "reason", "there is no reason \"%.*s\"",
		       SLICE_PRINT(reason));
}

/* A page, if there is a limit; then the answer says where it goes on. */
bool admin_suppression_list(struct admin_call *call, struct deadline deadline)
{
	struct telling telling = {.call = call, .list = value_list()};
	struct suppression_paging paging = {.redis = redis_of(call),
		.limit = (size_t)value_get_number(call->request, "limit"),
		.visit = tell,
		.context = &telling};
	char cursor[SUPPRESSION_CURSOR_SIZE] = "";
	bool good = read_query(call, &paging.query);

	if (!slice_to_text(
		    value_get_text(call->request, "cursor"), cursor, sizeof(cursor)))
		good = admin_refuse(
			call, ADMIN_WRONG, "cursor", "this is no cursor of the list");
	if (good && paging.limit)
		good = suppression_page(&paging, cursor, deadline);
	else
		good = good && suppression_walk(paging.redis, &paging.query, tell,
				       &telling, deadline);
	good = good && say_list(&telling, deadline);
	value_release(&telling.list);
	value_set_truth(call->answer, "more", cursor[0] != '\0');
	if (cursor[0])
		value_set_text(call->answer, "next", slice_of(cursor));
	return good;
}

struct value *admin_suppression_value(struct daemon *daemon)
{
	struct suppression_figures figures = suppression_figures(daemon->suppression);
	struct value *value = value_object();

	value_set_truth(value, "loaded", figures.loaded);
	value_set_number(value, "entries", (int64_t)figures.entries);
	value_set_number(value, "bytes", (int64_t)figures.bytes);
	value_set_number(value, "waiting", (int64_t)figures.waiting);
	value_set_number(value, "lost", (int64_t)figures.lost);
	return value;
}

/* What Redis says, and what mail would meet in this process now. */
bool admin_suppression_check(struct admin_call *call, struct deadline deadline)
{
	struct slice tenant = value_get_text(call->request, "tenant");
	struct slice address = value_get_text(call->request, "address");
	struct telling telling = {.call = call, .list = value_list()};
	struct suppression_found found;
	struct suppression_field field;
	bool good, here = false;

	good = suppression_field_read(&field, tenant, address) &&
	       suppression_visit(
		       redis_of(call), tenant, address, tell, &telling, deadline);
	if (good)
		here = suppression_find(call->daemon->suppression, tenant,
			suppression_field_address(&field), &found);
	value_set_truth(call->answer, "suppressed", here);
	value_set(call->answer, "entries", telling.list);
	value_set(call->answer, "list", admin_suppression_value(call->daemon));
	return good;
}

/* ---- Changing ---- */

/* TENANT's, or of a stream of it. */
static bool is_of(struct slice whose, struct slice tenant)
{
	return slice_equal(whose, tenant) || slice_equal(slice_cut(&whose, '/'), tenant);
}

/* ITEM of a request of TENANT (empty: each says its own) into *entry; false with what
 * is wrong with it, and with which member. */
static bool read_entry(const struct value *item, struct slice tenant,
	struct suppression_entry *entry, const char **member_r)
{
	struct slice reason = value_get_text(item, "reason");
	struct suppression_field field;

	*entry = (struct suppression_entry){
		.tenant = value_get_text(item, "tenant"),
		.address = value_get_text(item, "address"),
		.since_ms = value_get_number(item, "since_ms"),
		.until_ms = value_get_number(item, "until_ms"),
		.detail = slice_part(
			value_get_text(item, "detail"), 0, SUPPRESSION_DETAIL_MAX),
	};
	*member_r = "tenant";
	if (tenant.size && entry->tenant.size && !is_of(entry->tenant, tenant))
		return fail(FAILURE_DATA, "this is another tenant's");
	if (!entry->tenant.size)
		entry->tenant = tenant;
	*member_r = "address";
	if (!suppression_field_read(&field, entry->tenant, entry->address))
		return false;
	*member_r = "reason";
	if (!suppression_reason_parse(
		    reason.size ? reason : SLICE("manual"), &entry->reason))
		return fail(FAILURE_DATA, "there is no reason \"%.*s\"",
			SLICE_PRINT(reason));
	if (entry->since_ms < 0 || entry->since_ms > worker_wall_ms())
		entry->since_ms = 0;
	*member_r = "until_ms";
	if (entry->until_ms && entry->until_ms <= worker_wall_ms())
		return fail(FAILURE_DATA, "its time is over already");
	return true;
}

static void note_wrong(
	struct admin_call *call, struct value *list, size_t index, const char *member)
{
	bool one = value_get_truth(call->request, "one");
	struct slice why = slice_of(failure_last()->text);
	struct value *item;
	char pointer[64];

	if (value_count(list) >= TOLD_WRONG)
		return;
	item = value_object();
	value_set_number(item, "index", (int64_t)index);
	value_set_text(item, "why", why);
	value_append(list, item);
	if (!call->errors)
		call->errors = value_list();
	if (one)
		snprintf(pointer, sizeof(pointer), "/%s", member);
	else
		snprintf(pointer, sizeof(pointer), "/entries/%zu/%s", index, member);
	item = value_object();
	value_set_text(item, "pointer", slice_of(pointer));
	value_set_text(item, "detail", why);
	value_append(call->errors, item);
}

static void tell_import(int64_t count)
{
	struct event event;

	event_begin(&event, EVENT_INFO, "suppression_imported");
	event_number(&event, "entries", count);
	event_end(&event);
}

/* Entries that are wrong are named, the others enter; but none of a `strict` request.
 * The last one of an import says how many there were in all. */
bool admin_suppression_add(struct admin_call *call, struct deadline deadline)
{
	const struct value *items = value_get(call->request, "entries");
	struct slice tenant = value_get_text(call->request, "tenant");
	bool strict = value_get_truth(call->request, "strict");
	size_t most = value_count(items), count = 0, added = 0;
	struct suppression_entry *entries = memory_allocate_array(
		most + 1, sizeof(*entries));
	struct value *wrong = value_list();
	size_t wrong_count = 0;
	bool good;

	for (size_t i = 0; i < most; i++) {
		const char *member;

		if (read_entry(value_at(items, i), tenant, &entries[count], &member)) {
			count++;
			continue;
		}
		wrong_count++;
		note_wrong(call, wrong, i, member);
	}
	if (strict && wrong_count)
		good = fail(FAILURE_DATA, "%zu of %zu entries are wrong", wrong_count,
			most);
	else
		good = count == 0 ||
		       suppression_add(call->daemon->suppression, redis_of(call),
			       entries, count, &added, deadline);
	if (good && value_has(call->request, "imported"))
		tell_import(value_get_number(call->request, "imported"));
	memory_free(entries);
	value_set_number(call->answer, "added", (int64_t)added);
	value_set_number(call->answer, "wrong_count", (int64_t)wrong_count);
	value_set(call->answer, "wrong", wrong);
	return good;
}

bool admin_suppression_remove(struct admin_call *call, struct deadline deadline)
{
	bool was = false;
	bool good = suppression_remove(call->daemon->suppression, redis_of(call),
		value_get_text(call->request, "tenant"),
		value_get_text(call->request, "address"), &was, deadline);

	value_set_truth(call->answer, "was", was);
	return good;
}
