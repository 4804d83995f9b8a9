/*
 * What a receiver's answers mean for how we send to it: rules first, then what
 * can be learned without them. Every decision is an event.
 */
#include <stdio.h>

#include "base/event.h"
#include "run/worker.h"

#include "shaping/reaction_match.h"
#include "relay/relay_node.h"
#include "shaping/shaping.h"
#include "relay/signal.h"
#include "relay/site_react.h"

#define SAID_MAX 300

struct slice site_domain_key(
	const struct site *site, struct slice domain, char text[REACT_KEY_MAX])
{
	int size = snprintf(text, REACT_KEY_MAX, "%.*s from %.*s", SLICE_PRINT(domain),
		SLICE_PRINT(site->source->name));

	return slice_part(slice_of(text), 0, (size_t)size);
}

/* A tenant's mail to this provider, or where there is none to this site. */
struct slice site_tenant_key(
	const struct site *site, struct slice tenant, char text[REACT_KEY_MAX])
{
	struct slice to = site->terms.rule.provider_name
				  ? slice_of(site->terms.rule.provider_name)
				  : site->name;
	int size;

	if (tenant.size == 0)
		return SLICE_EMPTY;
	size = snprintf(text, REACT_KEY_MAX, "%.*s to %.*s", SLICE_PRINT(tenant),
		SLICE_PRINT(to));
	return slice_part(slice_of(text), 0, (size_t)size);
}

/* The scope that REACTION is about; held. Mail without a tenant, and what only
 * connections can be lowered of, are the site's. */
static struct react_scope *find_scope(
	struct site *site, const struct entry *entry, const struct reaction *reaction)
{
	struct reacts *reacts = site->relay->options.node->reacts;
	const struct site_reacts *held = &site->reacts;
	struct react_scope *scope = held->site;
	char text[REACT_KEY_MAX];
	struct slice key = SLICE_EMPTY;

	if (reaction->scope == REACTION_PROVIDER && held->provider)
		scope = held->provider;
	else if (reaction->scope == REACTION_SOURCE)
		scope = held->source;
	else if (entry && reaction->scope == REACTION_DOMAIN)
		key = site_domain_key(site, entry->domain, text);
	else if (entry && reaction->scope == REACTION_TENANT)
		key = site_tenant_key(site, entry->message->envelope.tenant, text);
	if (key.size && (reaction->action == REACTION_SUSPEND ||
				reaction->action == REACTION_MESSAGES))
		return reacts_hold(reacts, reaction->scope, key);
	return reacts_hold(reacts, scope->kind, scope->key);
}

static void tell(const struct site *site, const struct react_scope *scope,
	const struct reaction *reaction, struct slice place, struct slice said,
	struct slice host)
{
	char did[120];
	struct event event;

	event_begin(&event, EVENT_WARNING, "reaction");
	event_text(&event, "scope", slice_of(reaction_scope_name(scope->kind)));
	event_text(&event, "name", scope->key);
	event_text(&event, "site", site->name);
	if (site->source->name.size)
		event_text(&event, "source", site->source->name);
	if (host.size)
		event_text(&event, "host", host);
	event_text(&event, "reply", said);
	event_text(&event, "rule", slice_of(reaction->name));
	event_text(&event, "place", place);
	event_text(&event, "did", reaction_print(reaction, did, sizeof(did)));
	event_seconds(&event, "for", reaction->for_ms * 1000);
	event_end(&event);
}

static void react(struct site *site, const struct entry *entry,
	const struct reaction *reaction, const struct reaction_list *list,
	struct slice said, int64_t began_us, struct slice host)
{
	struct react_scope *scope = find_scope(site, entry, reaction);
	int64_t now_ms = worker_wall_ms();
	int64_t began_ms = now_ms - (worker_now_us() - began_us) / 1000;
	char place[REACT_PLACE_MAX];
	int size = snprintf(
		place, sizeof(place), "%s:%u", list->origin, reaction->line);
	struct slice at = slice_part(slice_of(place), 0, (size_t)size);

	if (reacts_hear(scope, reaction, at, said, began_ms, now_ms) == REACT_BEGUN) {
		tell(site, scope, reaction, at, said, host);
		relay_refresh_sites(site->relay);
	}
	reacts_release(&scope);
}

/* ---- Without a rule ---- */

void site_tell_ceiling(struct site *site, struct slice reason)
{
	size_t limit = ceiling_limit(&site->ceiling, worker_now_us());
	struct event event;

	if (limit == site->told_ceiling)
		return;
	site->told_ceiling = limit;
	event_begin(&event, EVENT_INFO, "site_connections");
	event_text(&event, "site", site->name);
	event_number(&event, "connections", (int64_t)limit);
	event_text(&event, "reason", reason);
	event_end(&event);
}

/* What differs by much from what was told last. */
static void tell_rate(struct site *site, struct slice reason)
{
	bool blocked;
	double rate = reacts_rate(site->reacts.site, &blocked);
	double told = site->told_rate;
	struct event event;
	char text[32];

	if (rate > told * 0.75 && rate < told * 1.33 && (rate > 0 || told <= 0))
		return;
	site->told_rate = rate;
	snprintf(text, sizeof(text), "%.2f", rate);
	event_begin(&event, EVENT_INFO, "site_rate");
	event_text(&event, "site", site->name);
	if (site->source->name.size)
		event_text(&event, "source", site->source->name);
	event_text(&event, "rate", rate > 0 ? slice_of(text) : SLICE("any"));
	event_truth(&event, "stopped", blocked);
	event_text(&event, "reason", reason);
	event_end(&event);
}

static bool learn(struct site *site, const struct entry *entry,
	const struct verdict *verdict, struct slice said, int64_t began_us)
{
	size_t open = site->connection_count - site->coming;

	switch (signal_of_reply(
		verdict->stage, &verdict->reply, entry && entry->attempts > 0)) {
	case SIGNAL_NONE:
		return false;
	case SIGNAL_RATE:
		if (reacts_note_refused(site->reacts.site, began_us, worker_now_us()))
			tell_rate(site, said);
		return true;
	case SIGNAL_CONNECTIONS:
		if (verdict->stage < STAGE_MAIL)
			return false; /* site_failed knows what to do */
		ceiling_lower(&site->ceiling, open > 1 ? open - 1 : 1, worker_now_us());
		site_tell_ceiling(site, said);
		return true;
	case SIGNAL_MESSAGES:
		return false; /* it ends, and is counted as such */
	}
	return false;
}

bool site_hear(struct site *site, const struct entry *entry,
	const struct verdict *verdict, int64_t began_us, struct slice host)
{
	const struct shaping_rule *rule = &site->terms.rule;
	const struct reaction_list *list = NULL;
	const struct reaction *reaction;
	char text[SAID_MAX];
	struct slice said;

	if (verdict->reply.code < 400)
		return false;
	said = reply_print(&verdict->reply, text, sizeof(text));
	reaction = reaction_match(shaping_book(site->routes->shaping), rule->reactions,
		rule->reaction_lists, &verdict->reply, &list);
	if (reaction)
		react(site, entry, reaction, list, said, began_us, host);
	else if (!list)
		return learn(site, entry, verdict, said, began_us);
	return true;
}

void site_hear_accepted(struct site *site, int64_t began_us)
{
	if (reacts_note_accepted(site->reacts.site, began_us, worker_now_us()))
		tell_rate(site, SLICE("as it took them of late"));
}

void site_hear_cut(struct site *site, uint64_t messages)
{
	struct event event;

	if (!reacts_note_cut(site->reacts.site, messages, worker_now_us()))
		return;
	event_begin(&event, EVENT_INFO, "site_stint");
	event_text(&event, "site", site->name);
	event_number(&event, "messages", (int64_t)site_stint(site));
	event_text(&event, "reason",
		SLICE("it ended connections after just so many messages"));
	event_end(&event);
}

void site_hear_carried(struct site *site, uint64_t messages)
{
	reacts_note_carried(site->reacts.site, messages);
}
