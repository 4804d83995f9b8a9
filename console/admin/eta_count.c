/* What is queued, by domain: how much may go now, how much later, how much not. */
#include "admin/eta.h"

#include "base/map.h"
#include "base/memory.h"
#include "relay/forecast.h"
#include "report/entry_value.h"

#define ENTRIES_MAX 50000 /* looked at, of a worker */
#define DOMAINS_MAX 1000  /* told, of a worker */

struct share {
	uint64_t ready, deferred;
};

struct count {
	uint64_t ready, deferred, held;
	int64_t last_due_ms, suspended_until_ms;
	struct {
		char name[TENANT_SIZE_MAX + 1];
		struct share share;
	} tenants[FORECAST_TENANTS_MAX]; /* the first there were */
	size_t tenant_count;
};

struct counting {
	struct relay *relay;
	struct map domains; /* struct count */
	size_t entries;
	bool more;
};

static struct count *count_of(struct counting *counting, struct slice domain)
{
	struct count *count = map_find(&counting->domains, domain);

	if (count || counting->domains.count == DOMAINS_MAX)
		return count;
	count = NEW(struct count);
	map_set(&counting->domains, domain, count);
	return count;
}

/* NULL: of none, or of one too many. */
static struct share *share_of(struct count *count, struct slice tenant)
{
	size_t at = 0;

	while (at < count->tenant_count &&
		!slice_equal(slice_of(count->tenants[at].name), tenant))
		at++;
	if (!tenant.size || at == FORECAST_TENANTS_MAX)
		return NULL;
	if (at == count->tenant_count) {
		slice_to_text(tenant, count->tenants[at].name,
			sizeof(count->tenants[at].name));
		count->tenant_count++;
	}
	return &count->tenants[at].share;
}

static void add_suspended(struct count *count, int64_t until_ms)
{
	if (until_ms > count->suspended_until_ms)
		count->suspended_until_ms = until_ms;
}

static bool add_entry(void *context, const struct queue_item *item)
{
	struct counting *counting = context;
	const struct entry *entry = item->entry;
	struct count *count = count_of(counting, entry->domain);
	struct share none = {0}, *share;

	if (!count || counting->entries++ == ENTRIES_MAX) {
		counting->more = true;
		return counting->entries <= ENTRIES_MAX;
	}
	share = share_of(count, entry->message->envelope.tenant);
	share = share ? share : &none;
	add_suspended(count, relay_suspended_until(counting->relay, entry));
	if (item->state == QUEUE_HELD && !entry->due_ms) {
		count->held++;
	} else if (item->state == QUEUE_READY || item->state == QUEUE_TAKEN) {
		count->ready++;
		share->ready++;
	} else {
		count->deferred++;
		share->deferred++;
		if (entry->due_ms > count->last_due_ms)
			count->last_due_ms = entry->due_ms;
	}
	return true;
}

static struct value *tell_tenants(const struct count *count)
{
	struct value *tenants = value_object();

	for (size_t i = 0; i < count->tenant_count; i++) {
		const struct share *share = &count->tenants[i].share;
		struct value *object = value_object();

		value_set_number(object, "ready", (int64_t)share->ready);
		value_set_number(object, "deferred", (int64_t)share->deferred);
		value_set(tenants, count->tenants[i].name, object);
	}
	return tenants;
}

/* Of the counts, which are given back. */
static struct value *tell(struct counting *counting)
{
	struct value *domains = value_object(), *result = value_object();
	struct map_cursor cursor = {0};
	struct slice name;
	void *value;
	char domain[DOMAIN_SIZE_MAX + 1];

	while (map_next(&counting->domains, &cursor, &name, &value)) {
		const struct count *count = value;
		struct value *object = value_object();

		value_set_number(object, "ready", (int64_t)count->ready);
		value_set_number(object, "deferred", (int64_t)count->deferred);
		value_set_number(object, "held", (int64_t)count->held);
		value_set_number(object, "last_due_ms", count->last_due_ms);
		value_set_number(
			object, "suspended_until_ms", count->suspended_until_ms);
		value_set(object, "tenants", tell_tenants(count));
		slice_to_text(name, domain, sizeof(domain));
		value_set(domains, domain, object);
		memory_free(value);
	}
	map_finish(&counting->domains);
	value_set(result, "domains", domains);
	value_set_truth(result, "more", counting->more);
	return result;
}

static bool count_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct counting counting = {.relay = worker->relay};
	struct queue_selector selector;
	bool good = selector_read(request, &selector) &&
		    queue_each(
			    worker->queue, &selector, add_entry, &counting, deadline);

	*result_r = tell(&counting);
	if (!good)
		value_release(result_r);
	return good;
}

const struct fan_job eta_count_job = {count_here};
