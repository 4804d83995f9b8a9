/*
 * A site and the limits that hold for it: its own, its provider's, its source's,
 * that of all connections; when it waits for one, and when that ends.
 */
#include <string.h>

#include "run/worker.h"

#include "relay/entry_limits.h"
#include "relay/relay_node.h"
#include "relay/site.h"
#include "relay/site_react.h"
#include "relay/warmup.h"

#define AGAIN_LEAST_US 500

/* Receivers count each of our addresses for itself. */
static void add(struct site *site, enum limit_scope scope, struct slice name,
	const struct limit_terms *terms)
{
	struct relay *relay = site->relay;
	struct slice source = site->source->name;
	struct arena arena = {0};

	if (source.size)
		name = arena_format(&arena, "%.*s from %.*s", SLICE_PRINT(name),
			SLICE_PRINT(source));
	limits_add(&site->limits, limits_hold(relay->options.node->limits, scope, name,
					  terms, relay->config));
	arena_finish(&arena);
}

static void wake(struct limit_waiter *waiter)
{
	site_serve(CONTAINER_OF(waiter, struct site, limits.waiter));
}

void site_hold_limits(struct site *site)
{
	const struct shaping_rule *rule = &site->terms.rule;
	struct relay *relay = site->relay;
	struct limit_terms all = {
		.connections = relay->config->relay.connections_total};
	struct arena arena = {0};
	struct slice name = site->name;

	if (site->terms.port != 25)
		name = arena_format(
			&arena, "%.*s:%u", SLICE_PRINT(name), site->terms.port);
	add(site, LIMIT_SITE, name, &site->terms.limits);
	if (rule->provider_name)
		add(site, LIMIT_PROVIDER, slice_of(rule->provider_name),
			&rule->provider);
	if (site->source->name.size)
		limits_add(
			&site->limits, limits_hold(relay->options.node->limits,
					       LIMIT_SOURCE, site->source->name,
					       &site->source->limits, relay->config));
	limits_add(&site->limits, limits_hold(relay->options.node->limits, LIMIT_ALL,
					  SLICE("all"), &all, relay->config));
	site->limits.waiter.port = relay->limits_port;
	site->limits.waiter.wake = wake;
	arena_finish(&arena);
}

static void serve_after_us(struct site *site, int64_t us)
{
	struct deadline at = {worker_now_us() + us};

	if (!site->timer.heap_place || at.at_us < site->timer.at_us)
		timer_start(&site->timer, at);
}

void site_serve_soon(struct site *site)
{
	serve_after_us(site, SITE_AGAIN_MS * 1000);
}

static void await_message(struct site *site, const struct limit_refusal *refusal)
{
	/* Its place in line for a connection it keeps. */
	if (!site->limits.waiter.on || !site->limits.waiter.connection)
		limits_wait(&site->limits, refusal->user, false);
	if (refusal->wait_us != INT64_MAX)
		serve_after_us(site, refusal->wait_us > AGAIN_LEAST_US
					     ? refusal->wait_us
					     : AGAIN_LEAST_US);
}

int64_t site_limited_us(struct site *site)
{
	struct limit_refusal refusal;
	int64_t now_us = worker_now_us(), tempo_us = site_tempo_us(site);

	if (tempo_us)
		serve_after_us(site, tempo_us);
	if (!limits_refuse(&site->limits, now_us, &refusal))
		return tempo_us;
	limits_contend(&site->limits, &refusal, now_us);
	await_message(site, &refusal);
	return refusal.wait_us;
}

void site_await_connection(struct site *site, const struct limit_refusal *refusal)
{
	limits_wait(&site->limits, refusal->user, refusal->kind == LIMIT_CONNECTIONS);
	if (refusal->wait_us != INT64_MAX)
		serve_after_us(site, refusal->wait_us);
}

bool site_binding_limit(struct site *site, struct limit_refusal *refusal_r)
{
	const struct limit_waiter *waiter = &site->limits.waiter;

	if (limits_refuse(&site->limits, worker_now_us(), refusal_r))
		return true;
	for (size_t i = 0; i < site->limits.count; i++) {
		struct limit_user *user = &site->limits.at[i];

		*refusal_r = (struct limit_refusal){
			user, LIMIT_CONNECTIONS, 0, INT64_MAX};
		if (waiter->connection && waiter->on == user->limits)
			return true;
	}
	return false;
}

/* Those whose domain or tenant may not send now stand aside. */
static struct entry *first_allowed(struct site *site)
{
	struct entry *entry;
	bool parked = false;

	while ((entry = site_first(site)) && !entry_limits_take(entry)) {
		entry_limits_park(site_drop_first(site));
		parked = true;
	}
	if (parked && site->waiting_count < SITE_WAITING_MAX / 2)
		site_want(site);
	return entry;
}

bool site_may_send(struct site *site)
{
	struct entry *entry = first_allowed(site);
	struct limit_refusal refusal;

	if (!entry)
		return false;
	if (limits_take(&site->limits, worker_now_us(), &refusal))
		return true;
	/* It may be allowed again before anybody looks: then nobody else would. */
	await_message(site, &refusal);
	entry_limits_end(entry, false);
	return false;
}

void site_give_back(struct site *site, int64_t taken_us)
{
	limits_give_back(&site->limits, taken_us, worker_now_us());
	if (site->schedule)
		warmup_give_back(site->schedule->warmup);
}

struct entry *site_take_this(struct site *site, const struct entry *expected)
{
	struct entry *entry = site_take(site);

	if (!entry || entry == expected)
		return entry;
	site_give_back(site, worker_now_us());
	entry_limits_end(entry, false);
	site_put_back(site, entry);
	return NULL;
}
