/*
 * Limits of domains and tenants, in a worker.
 *
 * What is refused is parked with the limit and comes back, oldest first, when a
 * message may go: it takes its token in its site's line, so that the token is
 * taken when the message is sent.
 */
#include "relay/entry_limits.h"

#include <assert.h>
#include <string.h>

#include "base/config_tenants.h"
#include "base/memory.h"
#include "limits/limits_forecast.h"
#include "run/worker.h"

#include "relay/outcome.h"
#include "relay/relay_node.h"
#include "relay/site.h"

#define PARKED_MAX  100 /* of a limit; what is more is put off */
#define CALLED_MOST 4	/* that come back at a time */
#define AGAIN_US    50000
#define OFF_MS	    1000 /* at the least */
#define LIMITS_KEPT 20000

struct entry_limit {
	struct relay *relay;
	struct limit_set set;
	struct list parked;
	size_t parked_count;
	size_t entries;	    /* that it holds for */
	struct timer timer; /* calls those that are parked */
	int64_t put_off_ms; /* until when the last was */
	bool old;	    /* of an earlier configuration */
	struct slice key;
};

struct entry_hold { /* entry->place */
	struct entry_limit *at[2];
	size_t count;
	bool taken;
	struct limit_refusal refusal; /* the last */
	struct entry_limit *by;
};

static bool is_any(const struct limit_terms *terms)
{
	static const struct limit_terms none;

	return memcmp(terms, &none, sizeof(none)) != 0;
}

static void destroy(struct entry_limit *limit)
{
	timer_stop(&limit->timer);
	limits_finish(&limit->set);
	memory_free((void *)(uintptr_t)limit->key.at);
	memory_free(limit);
}

/* It comes to its destination again, which may have another site by now. */
static void call(struct entry_limit *limit)
{
	struct relay *relay = limit->relay;
	struct limit_refusal refusal;
	bool refused = limits_refuse(&limit->set, worker_now_us(), &refusal);
	struct deadline again = {worker_now_us() + AGAIN_US};

	limit->entries++; /* the last one may let it go */
	for (int i = 0; i < CALLED_MOST && limit->parked_count && !refused; i++) {
		struct link *link = list_take(&limit->parked);

		limit->parked_count--;
		destination_take(relay, CONTAINER_OF(link, struct entry, link));
	}
	limit->entries--;
	if (refused && refusal.wait_us != INT64_MAX)
		again = (struct deadline){worker_now_us() + refusal.wait_us};
	if (limit->parked_count)
		timer_start(&limit->timer, again);
	else
		limits_wait_end(&limit->set);
}

static void call_by_timer(struct timer *timer)
{
	call(CONTAINER_OF(timer, struct entry_limit, timer));
}

static void call_by_waiter(struct limit_waiter *waiter)
{
	call(CONTAINER_OF(waiter, struct entry_limit, set.waiter));
}

/* Those nothing is known of for a while make room. */
static void sweep(struct relay *relay)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	while (relay->entry_limits.count >= LIMITS_KEPT &&
		map_next(&relay->entry_limits, &cursor, &key, &value)) {
		struct entry_limit *limit = value;

		if (limit->entries)
			continue;
		map_remove(&relay->entry_limits, limit->key);
		destroy(limit);
	}
}

static struct entry_limit *find(struct relay *relay, enum limit_scope scope,
	struct slice name, const struct limit_terms *terms)
{
	struct arena arena = {0};
	struct slice key = arena_format(
		&arena, "%d%.*s", (int)scope, SLICE_PRINT(name));
	struct entry_limit *limit = map_find(&relay->entry_limits, key);

	if (!limit && terms) {
		sweep(relay);
		limit = NEW(struct entry_limit);
		limit->relay = relay;
		limit->key = slice_make(memory_copy_text(key), key.size);
		limit->timer.run = call_by_timer;
		limit->set.waiter.port = relay->limits_port;
		limit->set.waiter.wake = call_by_waiter;
		list_init(&limit->parked);
		limits_add(&limit->set, limits_hold(relay->options.node->limits, scope,
						name, terms, relay->config));
		map_set(&relay->entry_limits, key, limit);
	}
	arena_finish(&arena);
	return limit;
}

static struct slice domain_name(
	struct slice domain, const struct source *source, struct arena *arena)
{
	return source->name.size
		       ? arena_format(arena, "%.*s from %.*s", SLICE_PRINT(domain),
				 SLICE_PRINT(source->name))
		       : domain;
}

static void add(struct entry *entry, struct entry_limit *limit)
{
	struct entry_hold *hold = entry->place;

	if (!hold)
		entry->place = hold = NEW(struct entry_hold);
	hold->at[hold->count++] = limit;
	limit->entries++;
}

static bool tenant_terms(
	const struct relay *relay, struct slice name, struct limit_terms *terms_r)
{
	const struct config_tenant *tenant = config_tenant_find(relay->config, name);

	if (!tenant)
		return false;
	*terms_r = limits_written(&tenant->limits);
	return is_any(terms_r);
}

void entry_limits_attach(struct entry *entry, const struct destination *destination,
	const struct site *site)
{
	struct relay *relay = destination->relay;
	const struct limit_terms *domain = &destination->terms.rule.domain;
	struct slice tenant = entry->message->envelope.tenant;
	struct arena arena = {0};
	struct limit_terms terms;

	entry_limits_detach(entry);
	if (is_any(domain))
		add(entry, find(relay, LIMIT_DOMAIN,
				   domain_name(entry->domain, site->source, &arena),
				   domain));
	if (tenant.size && tenant_terms(relay, tenant, &terms))
		add(entry, find(relay, LIMIT_TENANT, tenant, &terms));
	arena_finish(&arena);
}

void entry_limits_detach(struct entry *entry)
{
	struct entry_hold *hold = entry->place;

	if (!hold)
		return;
	entry_limits_end(entry, false);
	for (size_t i = 0; i < hold->count; i++)
		if (--hold->at[i]->entries == 0 && hold->at[i]->old)
			destroy(hold->at[i]);
	memory_free(hold);
	entry->place = NULL;
}

static bool take(struct entry_hold *hold, struct entry_limit *limit)
{
	int64_t now_us = worker_now_us();

	hold->by = limit;
	if (!limits_take(&limit->set, now_us, &hold->refusal))
		return false;
	if (limits_connect(&limit->set, now_us, &hold->refusal))
		return true;
	limits_give_back(&limit->set, now_us, now_us);
	return false;
}

static void give_back(struct entry_limit *limit, bool sent)
{
	if (!sent)
		limits_give_back(&limit->set, worker_now_us(), worker_now_us());
	limits_disconnect(&limit->set);
}

bool entry_limits_take(struct entry *entry)
{
	struct entry_hold *hold = entry->place;
	size_t i = 0;

	if (!hold)
		return true;
	while (i < hold->count && take(hold, hold->at[i]))
		i++;
	hold->taken = i == hold->count;
	for (size_t j = 0; !hold->taken && j < i; j++)
		give_back(hold->at[j], false);
	for (size_t j = 0; hold->taken && j < i; j++)
		if (hold->at[j]->parked_count)
			timer_start(&hold->at[j]->timer,
				(struct deadline){worker_now_us()});
	return hold->taken;
}

/* Each a turn later than the one before. */
static void put_off(struct entry_limit *limit, struct entry *entry,
	const struct limit_refusal *refusal)
{
	const struct limits *limits = refusal->user->limits;
	int64_t now_ms = worker_wall_ms(), turn_ms = OFF_MS, first_ms;

	if (refusal->kind == LIMIT_MESSAGES)
		turn_ms = atomic_load(&limits->messages[refusal->period].interval_ns) /
			  1000000;
	if (turn_ms > limit_period_ns(refusal->period) / 1000000)
		turn_ms = OFF_MS;
	first_ms = now_ms + OFF_MS + turn_ms * PARKED_MAX;
	limit->put_off_ms = limit->put_off_ms + turn_ms > first_ms
				    ? limit->put_off_ms + turn_ms
				    : first_ms;
	outcome_put_back(limit->relay, entry, limit->put_off_ms);
}

void entry_limits_park(struct entry *entry)
{
	struct entry_hold *hold = entry->place;
	struct entry_limit *limit = hold->by;
	struct limit_refusal refusal = hold->refusal;
	struct deadline at = {worker_now_us() + AGAIN_US};

	if (limit->parked_count >= PARKED_MAX) {
		put_off(limit, entry, &refusal);
		return;
	}
	list_append(&limit->parked, &entry->link);
	limit->parked_count++;
	limits_wait(&limit->set, refusal.user, refusal.kind == LIMIT_CONNECTIONS);
	if (refusal.wait_us != INT64_MAX)
		at.at_us = worker_now_us() + refusal.wait_us;
	if (!limit->timer.heap_place || at.at_us < limit->timer.at_us)
		timer_start(&limit->timer, at);
}

void entry_limits_end(struct entry *entry, bool sent)
{
	struct entry_hold *hold = entry->place;

	if (!hold || !hold->taken)
		return;
	hold->taken = false;
	for (size_t i = 0; i < hold->count; i++)
		give_back(hold->at[i], sent);
}

static void retire(struct relay *relay, struct entry_limit *limit)
{
	map_remove(&relay->entry_limits, limit->key);
	limit->old = true;
	timer_stop(&limit->timer);
	limits_wait_end(&limit->set);
	if (limit->entries == 0)
		destroy(limit);
}

void entry_limits_renew(struct relay *relay, struct list *into)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	while (map_next(&relay->entry_limits, &cursor, &key, &value)) {
		struct entry_limit *limit = value;

		list_move_all(into, &limit->parked);
		limit->parked_count = 0;
		retire(relay, limit);
	}
}

void entry_limits_close(struct relay *relay)
{
	struct list none;

	list_init(&none);
	entry_limits_renew(relay, &none);
	assert(list_is_empty(&none));
	map_finish(&relay->entry_limits);
}

static void explain(struct entry_limit *limit, struct buffer *text)
{
	struct limit_refusal refusal;

	if (!limit || limit->parked_count == 0 ||
		!limits_refuse(&limit->set, worker_now_us(), &refusal))
		return;
	limits_explain(text, &refusal);
	buffer_append_format(text, " (%zu of it wait here); ", limit->parked_count);
}

void entry_limits_explain(
	struct relay *relay, const struct entry *entry, struct buffer *text)
{
	struct destination *destination = destination_find(relay, entry->domain);
	struct arena arena = {0};

	if (destination)
		LIST_EACH (&destination->paths, link)
			explain(find(relay, LIMIT_DOMAIN,
					domain_name(entry->domain,
						CONTAINER_OF(link, struct path, link)
							->source,
						&arena),
					NULL),
				text);
	explain(find(relay, LIMIT_TENANT, entry->message->envelope.tenant, NULL), text);
	arena_finish(&arena);
}

static void look_ahead(const struct entry_limit *limit, uint64_t count,
	struct limit_forecast *forecast)
{
	if (limit)
		limits_forecast(&limit->set, count, worker_now_us(), forecast);
}

void entry_limits_forecast_domain(struct relay *relay, struct slice domain,
	const struct source *source, uint64_t count, struct limit_forecast *forecast)
{
	struct arena arena = {0};

	look_ahead(find(relay, LIMIT_DOMAIN, domain_name(domain, source, &arena), NULL),
		count, forecast);
	arena_finish(&arena);
}

void entry_limits_forecast_tenant(struct relay *relay, struct slice tenant,
	uint64_t count, struct limit_forecast *forecast)
{
	look_ahead(find(relay, LIMIT_TENANT, tenant, NULL), count, forecast);
}
