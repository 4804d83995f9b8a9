/*
 * Which path an entry takes: its pool, the source whose turn it is there among
 * those that can send to this destination now, and what TLS it must have.
 */
#include <string.h>

#include "base/memory.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/outcome.h"
#include "relay/pool.h"
#include "relay/site.h"
#include "relay/warmup.h"

#define AGAIN_MS 1000

/* ---- Ways ---- */

static void leave_way(struct way *way)
{
	list_remove(&way->link);
	choice_release(&way->choice);
	memory_free(way);
}

void destination_leave_ways(struct destination *destination)
{
	LIST_EACH_SAFE (&destination->ways, link)
		leave_way(CONTAINER_OF(link, struct way, link));
}

/* The choice is that toward the hosts as they are now. */
void destination_renew_ways(struct destination *destination)
{
	LIST_EACH (&destination->ways, link) {
		struct way *way = CONTAINER_OF(link, struct way, link);
		struct choice *old = way->choice;

		if (!old)
			continue;
		way->choice = choice_hold(way->pool, destination->names);
		choice_release(&old);
	}
}

static struct way *way_of(struct destination *destination, struct pool *pool)
{
	struct way *way;

	LIST_EACH (&destination->ways, link) {
		way = CONTAINER_OF(link, struct way, link);
		if (way->pool == pool)
			return way;
	}
	way = NEW(struct way);
	way->pool = pool;
	if (pool->count > 1)
		way->choice = choice_hold(pool, destination->names);
	list_append(&destination->ways, &way->link);
	return way;
}

/* ---- Pools ---- */

static struct pool *pool_named(const struct sources *sources, struct slice name)
{
	char text[64];

	return slice_to_text(name, text, sizeof(text)) ? sources_pool(sources, text)
						       : sources->usual;
}

static struct pool *pool_of_flow(
	const struct sources *sources, const struct envelope *envelope)
{
	const struct config_tenant *tenant = config_tenant_find(
		sources->config, envelope->tenant);
	const struct config_stream *stream;

	if (tenant && tenant->pool)
		return sources_pool(sources, tenant->pool);
	stream = config_stream_find(sources->config, envelope->stream);
	return stream && stream->pool ? sources_pool(sources, stream->pool)
				      : sources->usual;
}

/* The operator's, its route's, its tenant's, its stream's, relay's. */
static struct pool *pool_of(
	const struct destination *destination, const struct entry *entry)
{
	const struct sources *sources = destination->relay->sources;
	const struct envelope *envelope = &entry->message->envelope;

	if (entry->pool.size)
		return pool_named(sources, entry->pool);
	if (envelope->pool.size)
		return pool_named(sources, envelope->pool);
	if (destination->pool)
		return destination->pool;
	return sources->flows ? pool_of_flow(sources, envelope) : sources->usual;
}

/* RFC 8689 4.2.2: who says both wants the stricter. */
static enum tls_variant variant_of(const struct envelope *envelope)
{
	if (envelope->require_tls)
		return TLS_REQUIRED;
	return envelope->tls_optional ? TLS_OPTIONAL : TLS_USUAL;
}

/* ---- The choice ---- */

struct asking {
	struct destination *destination;
	enum tls_variant variant;
	struct flow_class class;
	bool full_too; /* its line may be full, or its site down */
};

/* Its warm-up allows no more until then; 0: it does. */
static int64_t shut_until(
	const struct destination *destination, const struct source *source)
{
	const struct source_schedule *schedule =
		source->schedule_count
			? source_schedule(source, destination->terms.rule.provider_name)
			: NULL;

	return schedule ? warmup_shut_until(schedule->warmup, worker_wall_ms()) : 0;
}

static bool may_take(void *context, struct source *source)
{
	const struct asking *asking = context;
	int64_t now_us = worker_now_us();
	struct taker_room room = {.list = NULL};
	const struct path *path;

	if (!source_is_usable(source, now_us) ||
		shut_until(asking->destination, source))
		return false;
	path = path_find(asking->destination, source, asking->variant);
	return !path ||
	       (path->site->unfit_until_us <= now_us &&
		       (asking->full_too ||
			       site_wanted(path->site, &asking->class, &room) > 0));
}

static struct source *ask_way(struct way *way, struct asking *asking)
{
	struct source *only = way->pool->members[0].source;

	if (way->choice)
		return choice_next(way->choice, may_take, asking);
	return may_take(asking, only) ? only : NULL;
}

static struct source *ask_pools(struct pool *pool, struct asking *asking)
{
	struct source *source = NULL;

	for (; pool && !source; pool = pool->overflow)
		source = ask_way(way_of(asking->destination, pool), asking);
	return source;
}

/* ---- When there is none ---- */

/* When SOURCE may send such mail there again, in ms; 0: now. */
static int64_t open_at(const struct destination *destination,
	const struct source *source, enum tls_variant variant)
{
	int64_t now_us = worker_now_us();
	const struct path *path = NULL;

	if (!source_is_usable(source, now_us))
		return worker_wall_ms() + source_wait_ms(source, now_us);
	if (shut_until(destination, source))
		return shut_until(destination, source);
	path = path_find(destination, source, variant);
	return path && path->site->unfit_until_us <= now_us
		       ? site_backoff_ms(path->site)
		       : 0;
}

static int64_t pools_open_at(const struct destination *destination,
	const struct pool *pool, enum tls_variant variant)
{
	int64_t first = INT64_MAX;

	for (; pool; pool = pool->overflow)
		for (size_t i = 0; i < pool->count; i++) {
			int64_t at = open_at(
				destination, pool->members[i].source, variant);

			if (at < first)
				first = at;
		}
	return first;
}

/* All is down where each pool that is used is. */
static int64_t ways_shut_until(const struct destination *destination)
{
	int64_t until = 0;

	LIST_EACH (&destination->ways, link) {
		int64_t at = pools_open_at(destination,
			CONTAINER_OF(link, struct way, link)->pool, TLS_USUAL);

		if (at == 0)
			return 0;
		if (until == 0 || at < until)
			until = at;
	}
	return until;
}

/* Where only mail with wishes about TLS was seen, usual mail may yet come and
 * find a path open. */
static int64_t paths_shut_until(const struct destination *destination)
{
	int64_t until = 0;
	bool usual = false;

	LIST_EACH (&destination->paths, link) {
		const struct path *path = CONTAINER_OF(link, struct path, link);
		int64_t this_until = site_backoff_ms(path->site);

		if (this_until == 0)
			return 0;
		usual |= path->variant == TLS_USUAL;
		if (until == 0 || this_until < until)
			until = this_until;
	}
	return usual ? until : 0;
}

int64_t destination_shut_until(const struct destination *destination)
{
	return destination->relay->sources->pooled ? ways_shut_until(destination)
						   : paths_shut_until(destination);
}

/* A site that no usable source of POOL has an address for; or NULL. */
static struct site *unfit_site(
	const struct destination *destination, const struct pool *pool)
{
	int64_t now_us = worker_now_us();

	LIST_EACH (&destination->paths, link) {
		const struct path *path = CONTAINER_OF(link, struct path, link);

		if (path->site->unfit_until_us <= now_us)
			continue;
		for (const struct pool *at = pool; at; at = at->overflow)
			for (size_t i = 0; i < at->count; i++)
				if (at->members[i].source == path->source &&
					source_is_usable(path->source, now_us))
					return path->site;
	}
	return NULL;
}

static void put_off(
	struct destination *destination, struct entry *entry, const struct pool *pool)
{
	struct site *unfit = unfit_site(destination, pool);
	int64_t at = pools_open_at(
		destination, pool, variant_of(&entry->message->envelope));
	struct attempt attempt = {.source = unfit ? unfit->source->name : SLICE_EMPTY};
	struct verdict verdict;

	if (unfit) {
		verdict = verdict_of_ours(
			VERDICT_LATER, "4.4.4", slice_of(unfit->trouble));
		outcome_settle_all(
			destination->relay, unfit, entry, &verdict, &attempt);
		return;
	}
	if (at == 0)
		at = worker_wall_ms() + AGAIN_MS;
	outcome_put_back(destination->relay, entry, at + POSTPONE_SLACK_MS);
	if (!destination->postponed)
		destination_postpone(destination);
}

struct path *destination_path(struct destination *destination, struct entry *entry)
{
	struct sources *sources = destination->relay->sources;
	struct asking asking = {.destination = destination,
		.variant = variant_of(&entry->message->envelope)};
	struct source *source = &sources->list[0];
	char flow[FLOW_SIZE_MAX + 1];
	struct pool *pool;

	if (sources->pooled) {
		asking.class = flow_class_of(
			destination->relay, entry_flow(entry, flow));
		pool = pool_of(destination, entry);
		source = ask_pools(pool, &asking);
		if (!source) {
			asking.full_too = true;
			source = ask_pools(pool, &asking);
		}
		if (!source) {
			put_off(destination, entry, pool);
			return NULL;
		}
	}
	return path_to(destination, source, asking.variant);
}
