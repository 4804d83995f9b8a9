/*
 * A site and the reactions in force for it, its provider and its source.
 */
#include "relay/site_react.h"

#include "run/worker.h"

#include "relay/destination.h"
#include "relay/outcome.h"
#include "relay/relay_node.h"

/* Its scope that has the limits of this user, if they are of the kind that is
 * lowered. */
static struct react_scope *scope_of(
	const struct site *site, const struct limit_user *user)
{
	switch (user->limits->scope) {
	case LIMIT_SITE:
		return site->reacts.site;
	case LIMIT_PROVIDER:
		return site->reacts.provider;
	case LIMIT_SOURCE:
		return site->reacts.source;
	default:
		return NULL;
	}
}

static uint64_t version_of(const struct site *site)
{
	const struct site_reacts *held = &site->reacts;
	uint64_t version = atomic_load(&held->site->version) +
			   atomic_load(&held->source->version);

	return held->provider ? version + atomic_load(&held->provider->version)
			      : version;
}

void site_hold_reacts(struct site *site)
{
	struct reacts *reacts = site->relay->options.node->reacts;
	struct site_reacts *held = &site->reacts;

	for (size_t i = 0; i < site->limits.count; i++) {
		const struct limits *limits = site->limits.at[i].limits;

		if (limits->scope == LIMIT_SITE)
			held->site = reacts_hold(reacts, REACTION_SITE, limits->key);
		else if (limits->scope == LIMIT_PROVIDER)
			held->provider = reacts_hold(
				reacts, REACTION_PROVIDER, limits->key);
	}
	held->source = reacts_hold(reacts, REACTION_SOURCE,
		site->source->name.size ? site->source->name : SLICE("default"));
	reacts_configure(
		held->site, &site->terms.limits, site->terms.messages_per_connection);
	if (held->provider)
		reacts_configure(held->provider, &site->terms.rule.provider,
			site->terms.messages_per_connection);
	held->seen = version_of(site) - (reacts_in_force(reacts) > 0);
	relay_watch_reactions(site->relay);
}

void site_release_reacts(struct site *site)
{
	reacts_release(&site->reacts.site);
	reacts_release(&site->reacts.provider);
	reacts_release(&site->reacts.source);
}

static int64_t until_ms(struct react_scope *scope)
{
	return scope ? atomic_load(&scope->until_ms) : 0;
}

int64_t site_suspended_ms(const struct site *site)
{
	const struct site_reacts *held = &site->reacts;
	int64_t until = until_ms(held->site);

	if (until_ms(held->provider) > until)
		until = until_ms(held->provider);
	if (until_ms(held->source) > until)
		until = until_ms(held->source);
	return until > worker_wall_ms() ? until : 0;
}

bool site_is_stale(const struct site *site)
{
	return site->reacts.seen != version_of(site) ||
	       (site->reacts.suspended && site_suspended_ms(site) == 0);
}

/* Where the queue keeps all mail of the domain meanwhile, it is due as it was, so
 * that it comes at once when that ends earlier. */
void site_put_off(struct site *site, struct entry *entry)
{
	struct destination *destination = destination_find(site->relay, entry->domain);
	int64_t until = site_backoff_ms(site);

	if (site->backoff_until_us <= worker_now_us() && destination) {
		if (!destination->postponed)
			destination_postpone(destination);
		if (destination->postponed)
			until = entry->due_ms;
	}
	outcome_put_back(site->relay, entry, until);
}

/* What waits goes back to the queue, as if it had not come. */
static void put_off(struct site *site)
{
	struct list waiting;
	struct link *link;

	list_init(&waiting);
	site_empty(site, &waiting);
	LIST_EACH (&site->paths, path)
		destination_postpone(
			CONTAINER_OF(path, struct path, site_link)->destination);
	while ((link = list_take(&waiting)))
		site_put_off(site, CONTAINER_OF(link, struct entry, link));
	connection_dismiss_all(site);
}

static void resume(struct site *site)
{
	LIST_EACH (&site->paths, path)
		destination_resume(
			CONTAINER_OF(path, struct path, site_link)->destination);
	site_want(site);
}

void site_refresh(struct site *site)
{
	int64_t until = site_suspended_ms(site);
	bool was = site->reacts.suspended;

	site->reacts.seen = version_of(site);
	site->reacts.suspended = until != 0;
	for (size_t i = 0; i < site->limits.count; i++) {
		struct react_scope *scope = scope_of(site, &site->limits.at[i]);
		struct limit_terms terms;
		struct react react;

		if (!scope || !atomic_load(&scope->version))
			continue;
		react = reacts_look(scope);
		terms = react_terms(&react);
		limits_override(site->limits.at[i].limits, &terms);
	}
	if (until)
		put_off(site);
	else if (was)
		resume(site);
	relay_watch_reactions(site->relay);
}

/* ---- Domains and tenants ---- */

static int64_t withheld_ms(
	struct site *site, enum reaction_scope kind, struct slice name)
{
	struct relay *relay = site->relay;
	struct react_scope *scope;
	int64_t until;

	if (name.size == 0)
		return 0;
	scope = reacts_find(relay->options.node->reacts, kind, name);
	if (!scope)
		return 0;
	until = reacts_withhold_ms(scope, worker_wall_ms());
	reacts_release(&scope);
	return until;
}

bool site_withhold(struct site *site)
{
	struct reacts *reacts = site->relay->options.node->reacts;
	struct entry *entry;
	bool any = false;

	while (reacts_special(reacts) &&
		(entry = site_first(site))) {
		struct slice tenant = entry->message->envelope.tenant;
		char key[REACT_KEY_MAX];
		int64_t until = withheld_ms(site, REACTION_DOMAIN,
			site_domain_key(site, entry->domain, key));

		if (!until)
			until = withheld_ms(site, REACTION_TENANT,
				site_tenant_key(site, tenant, key));
		if (!until)
			break;
		any = true;
		outcome_put_back(site->relay, site_drop_first(site), until);
	}
	return any;
}

/* ---- What was learned ---- */

static uint64_t lower_of(uint64_t a, uint64_t b)
{
	return a == 0 || (b && b < a) ? b : a;
}

static uint64_t per_connection(struct react_scope *scope)
{
	return scope ? atomic_load(&scope->per_connection) : 0;
}

uint64_t site_stint(const struct site *site)
{
	const struct site_reacts *held = &site->reacts;
	uint64_t most = reacts_stint(held->site, worker_now_us());

	most = lower_of(most, per_connection(held->site));
	most = lower_of(most, per_connection(held->provider));
	return lower_of(most, per_connection(held->source));
}

int64_t site_tempo_us(struct site *site)
{
	return reacts_wait_us(site->reacts.site, worker_now_us());
}

bool site_is_paced(const struct site *site)
{
	return atomic_load(&site->reacts.site->paced);
}

bool site_tempo_take(struct site *site)
{
	return reacts_take(site->reacts.site, worker_now_us());
}
