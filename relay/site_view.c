/* How it goes with one domain, for people; and the end of what is in force. */
#include "relay/site_view.h"

#include "base/event.h"
#include "base/memory.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "shaping/reaction_match.h"
#include "relay/relay_node.h"
#include "relay/site_react.h"

#define VIEW_MAX 50 /* reactions told of one site */

/* Gathers, or ends, what is in force for a site and DOMAIN. */
struct gathering {
	struct site *site;
	struct slice domain; /* its key */
	struct slice to;     /* the end of its tenants' keys */
	struct relay_reaction_view *list;
	size_t count, ended;
	bool end;
};

static bool is_its(const struct gathering *gathering, const struct react_scope *scope)
{
	const struct site_reacts *held = &gathering->site->reacts;

	if (scope->kind == REACTION_DOMAIN)
		return slice_equal(scope->key, gathering->domain);
	if (scope->kind == REACTION_TENANT)
		return slice_ends(scope->key, gathering->to);
	return scope == held->site || scope == held->provider || scope == held->source;
}

static void tell_reset(const struct react_scope *scope)
{
	struct event event;

	event_begin(&event, EVENT_WARNING, "reaction_reset");
	event_text(&event, "scope", slice_of(reaction_scope_name(scope->kind)));
	event_text(&event, "name", scope->key);
	event_end(&event);
}

static bool gather(void *context, struct react_scope *scope)
{
	struct gathering *gathering = context;

	if (!is_its(gathering, scope))
		return true;
	if (gathering->end) {
		if (reacts_reset(scope)) {
			gathering->ended++;
			tell_reset(scope);
		}
	} else if (gathering->count < VIEW_MAX) {
		gathering->list[gathering->count++] = (struct relay_reaction_view){
			reaction_scope_name(scope->kind), scope->key,
			reacts_look(scope)};
	}
	return true;
}

static void gather_all(
	struct gathering *gathering, struct slice domain, struct arena *arena)
{
	struct site *site = gathering->site;
	char key[REACT_KEY_MAX];
	struct slice to = site->terms.rule.provider_name
				  ? slice_of(site->terms.rule.provider_name)
				  : site->name;

	gathering->domain = arena_copy(arena, site_domain_key(site, domain, key));
	gathering->to = arena_format(arena, " to %.*s", SLICE_PRINT(to));
	gathering->list = arena_take_array(arena, VIEW_MAX, sizeof(*gathering->list));
	reacts_each(site->relay->options.node->reacts, gather, gathering);
}

static void lower(uint64_t *most, uint64_t by)
{
	if (by && (*most == 0 || by < *most))
		*most = by;
}

/* All limits of the site hold at once. */
static struct limit_terms lowest(const struct site *site)
{
	struct limit_terms lowest = {0};

	for (size_t i = 0; i < site->limits.count; i++) {
		struct limit_terms terms = limits_terms(site->limits.at[i].limits);

		lower(&lowest.connections, terms.connections);
		for (unsigned period = 0; period < PERIODS; period++) {
			lower(&lowest.messages[period], terms.messages[period]);
			lower(&lowest.connects[period], terms.connects[period]);
		}
	}
	return lowest;
}

static struct shaping_question ask(
	const struct destination *destination, struct arena *arena)
{
	const struct hosts *hosts = &destination->hosts;
	struct slice *names = arena_take_array(arena, hosts->count + 1, sizeof(*names));
	struct shaping_question question = {.hosts = names,
		.domain = destination->domain,
		.route = destination->terms.route};

	for (size_t i = 0; i < hosts->count; i++)
		if (hosts->list[i].preference == hosts->list[0].preference)
			names[question.host_count++] = hosts->list[i].name;
	return question;
}

static struct relay_path_view view_of(struct site *site)
{
	struct relay_path_view view = {
		.site = site->name,
		.source = site->source->name,
		.provider = slice_of(site->terms.rule.provider_name),
		.connections = site->connection_count,
		.idle = site->idle_count,
		.waiting = site->waiting_count,
		.delivered = site->delivered,
		.deferred = site->deferred,
		.ahead = site_ahead(site),
		.limits = lowest(site),
		.stint = site_stint(site),
		.ceiling = ceiling_limit(&site->ceiling, worker_now_us()),
		.backoff_until_ms = site_backoff_ms(site),
		.trouble = slice_of(site->trouble),
		.shaping = site->routes->shaping,
	};

	view.rate = reacts_rate(site->reacts.site, &view.stopped);
	return view;
}

bool relay_view_domain(struct relay *relay, struct slice domain,
	void (*visit)(void *context, const struct relay_path_view *path), void *context)
{
	struct destination *destination = destination_find(relay, domain);
	struct arena arena = {0};

	if (!destination || list_is_empty(&destination->paths))
		return false;
	LIST_EACH (&destination->paths, link) {
		struct site *site = CONTAINER_OF(link, struct path, link)->site;
		struct gathering gathering = {.site = site};
		struct relay_path_view view = view_of(site);

		gather_all(&gathering, domain, &arena);
		view.reactions = gathering.list;
		view.reaction_count = gathering.count;
		view.question = ask(destination, &arena);
		visit(context, &view);
		arena_reset(&arena);
	}
	arena_finish(&arena);
	return true;
}

size_t relay_reset_domain(struct relay *relay, struct slice domain)
{
	struct destination *destination = destination_find(relay, domain);
	struct arena arena = {0};
	size_t ended = 0;

	if (!destination)
		return 0;
	LIST_EACH (&destination->paths, link) {
		struct site *site = CONTAINER_OF(link, struct path, link)->site;
		struct gathering gathering = {.site = site, .end = true};

		gather_all(&gathering, domain, &arena);
		ended += gathering.ended;
		reacts_reset(site->reacts.site); /* also what was learned */
		site->ceiling = (struct ceiling){0};
	}
	arena_finish(&arena);
	relay_refresh_sites(relay);
	relay_watch_reactions(relay);
	return ended;
}

struct visiting {
	void (*visit)(void *context, const struct relay_reaction_view *reaction);
	void *context;
};

static bool visit_one(void *context, struct react_scope *scope)
{
	const struct visiting *visiting = context;
	struct relay_reaction_view view = {
		reaction_scope_name(scope->kind), scope->key, reacts_look(scope)};

	visiting->visit(visiting->context, &view);
	return true;
}

void relay_each_reaction(struct relay *relay,
	void (*visit)(void *context, const struct relay_reaction_view *reaction),
	void *context)
{
	struct visiting visiting = {visit, context};

	reacts_each(relay->options.node->reacts, visit_one, &visiting);
}
