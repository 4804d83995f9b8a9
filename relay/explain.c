/*
 * What stands between an entry and its delivery, in words; and the list of
 * sites.
 */
#include <stdio.h>

#include "base/clock.h"
#include "run/worker.h"

#include "relay/destination.h"
#include "relay/entry_limits.h"
#include "relay/local.h"
#include "shaping/reaction_match.h"
#include "relay/site_react.h"
#include "relay/suspended.h"
#include "relay/warmup.h"

#define SOURCES_TOLD 10 /* that are out */

static void say_seconds(struct buffer *text, const char *what, int64_t us)
{
	buffer_append_format(
		text, "%s %lld s", what, (long long)((us + 999999) / 1000000));
}

/* "; provider google: suspended until 2026-…, rule google-rate (shipped: …): 421 …" */
static void say_reaction(struct react_scope *scope, struct buffer *text)
{
	struct react react;
	char when[CLOCK_TEXT_SIZE];

	if (!scope || !atomic_load(&scope->in_force))
		return;
	react = reacts_look(scope);
	buffer_append_format(text, "; %s %.*s: ", reaction_scope_name(scope->kind),
		SLICE_PRINT(scope->key));
	react_say(&react, text);
	buffer_append_format(text, " until %.*s, by rule %s (%s), for it heard: %s",
		SLICE_PRINT(clock_format_iso(react_next_ms(&react), when)), react.name,
		react.place, react.reply);
}

void site_say_reactions(struct site *site, struct buffer *text)
{
	bool stopped;
	double rate = reacts_rate(site->reacts.site, &stopped);

	say_reaction(site->reacts.site, text);
	say_reaction(site->reacts.provider, text);
	say_reaction(site->reacts.source, text);
	if (stopped)
		buffer_append_format(text, "; it puts off what comes too fast, one "
					   "message at a time tries it");
	else if (rate > 0)
		buffer_append_format(
			text, "; it takes %.2f messages a second, as learned", rate);
}

static void explain_site(struct buffer *text, struct site *site)
{
	int64_t now = worker_now_us();
	struct limit_refusal refusal;

	buffer_append_format(text,
		"site %.*s: %zu connections (limit %llu), %zu idle, "
		"%zu messages wait",
		SLICE_PRINT(site->name), site->connection_count,
		(unsigned long long)site->terms.limits.connections, site->idle_count,
		site->waiting_count);
	site_say_reactions(site, text);
	if (site->backoff_until_us > now)
		say_seconds(text, "; it is down and left alone for another",
			site->backoff_until_us - now);
	else if (site->failures)
		buffer_append_format(text, "; it was down, one message tries it again");
	else if (ceiling_limit(&site->ceiling, now))
		buffer_append_format(text, "; it takes only %zu connections just now",
			ceiling_limit(&site->ceiling, now));
	if (site_ahead(site) < site->terms.ahead)
		buffer_append_format(text,
			"; it got several messages in flight wrong, so %zu at a time",
			site->ahead ? site->ahead : 1);
	if (site_binding_limit(site, &refusal)) {
		buffer_append_format(text, "; ");
		limits_explain(text, &refusal);
	}
	if (site->relay->short_until_us > now)
		buffer_append_format(text, "; descriptors are short just now");
	if (site->trouble[0])
		buffer_append_format(text, "; last trouble: %s", site->trouble);
	buffer_append(text, SLICE("; TLS "));
	tls_policy_explain(&site->policy, text);
}

/* Sources of its that cannot be used, which no path says. */
static bool say_warmup(const struct source *source, const char *provider,
	char text[SOURCE_TROUBLE_MAX])
{
	const struct source_schedule *schedule = source_schedule(source, provider);
	int64_t now_ms = worker_wall_ms();
	int64_t until = schedule ? warmup_shut_until(schedule->warmup, now_ms) : 0;

	if (until)
		snprintf(text, SOURCE_TROUBLE_MAX,
			"it has sent what its warm-up allows for the next %lld s",
			(long long)((until - now_ms + 999) / 1000));
	return until != 0;
}

static void explain_sources(
	struct buffer *text, const struct relay *relay, const char *provider)
{
	const struct sources *sources = relay->sources;
	char trouble[SOURCE_TROUBLE_MAX];
	size_t told = 0;

	for (size_t i = 0; i < sources->count && told < SOURCES_TOLD; i++) {
		const struct source *source = &sources->list[i];

		if (!*source_trouble(source, worker_now_us(), trouble) &&
			!say_warmup(source, provider, trouble))
			continue;
		buffer_append_format(text, "; nothing leaves from source %.*s: %s",
			SLICE_PRINT(source->name), trouble);
		told++;
	}
}

static void explain_paths(struct buffer *text, const struct destination *destination)
{
	if (list_is_empty(&destination->paths))
		buffer_append_format(text, "its mail servers are known, no mail of it "
					   "is at hand");
	LIST_EACH (&destination->paths, link) {
		const struct path *path = CONTAINER_OF(link, struct path, link);

		if (link != destination->paths.head.next)
			buffer_append_format(text, "; ");
		if (path->source->name.size)
			buffer_append_format(text,
				"from source %.*s: ", SLICE_PRINT(path->source->name));
		explain_site(text, path->site);
	}
	explain_sources(
		text, destination->relay, destination->terms.rule.provider_name);
}

static void explain_destination(struct buffer *text, struct destination *destination)
{
	int64_t left_us = destination->fresh_until_us - worker_now_us();

	if (destination->resolving) {
		buffer_append_format(text, "its mail servers are being looked up");
	} else if (destination->discard) {
		buffer_append_format(text, "a route discards it");
	} else if (destination->local) {
		buffer_append_format(text,
			"it stays here, %zu of its kind wait to be put into mailboxes",
			destination->relay->local->waiting_count);
	} else if (destination->deliverable) {
		explain_paths(text, destination);
	} else {
		buffer_append_format(text, "%s %.*s",
			destination->verdict.status ? destination->verdict.status : "",
			SLICE_PRINT(destination->verdict.reason));
		if (left_us > 0)
			say_seconds(text, "; looked up again in", left_us);
	}
}

bool relay_explain(struct relay *relay, const struct entry *entry, struct buffer *text)
{
	struct destination *destination = destination_of(relay, entry);
	int64_t now = worker_wall_ms();
	const struct suspension *suspension = suspended_by(relay, entry, destination);

	if (suspension) {
		suspension_explain(suspension, text);
		buffer_append(text, SLICE("; "));
	}
	if (entry->due_ms > now && !suspension)
		buffer_append_format(text, "attempt %u is due in %lld s; ",
			entry->attempts + 1,
			(long long)((entry->due_ms - now + 999) / 1000));
	if (relay->in_hand >= IN_HAND_MAX)
		buffer_append_format(
			text, "the relay has its hands full (%d); ", IN_HAND_MAX);
	if (relay->draining)
		buffer_append_format(text, "the relay is stopping; ");
	entry_limits_explain(relay, entry, text);
	if (local_captures(relay, entry))
		buffer_append_format(text, "all mail of tenant %.*s is captured",
			SLICE_PRINT(entry->message->envelope.tenant));
	else if (destination)
		explain_destination(text, destination);
	else
		buffer_append_format(text, "nothing is known about %.*s yet",
			SLICE_PRINT(entry->domain));
	return true;
}

static bool show_site(struct site *site,
	bool (*visit)(void *context, const struct relay_site_view *site), void *context)
{
	struct limit_refusal refusal;
	struct buffer limit = {0};
	struct relay_site_view view = {
		.name = site->name,
		.source = site->source->name,
		.connections = site->connection_count,
		.idle = site->idle_count,
		.waiting = site->waiting_count,
		.delivered = site->delivered,
		.deferred = site->deferred,
		.ahead = site_ahead(site),
		.backoff_until_ms = site_backoff_ms(site),
		.trouble = slice_of(site->trouble),
	};
	bool more;

	if (site->waiting_count && site_binding_limit(site, &refusal))
		limits_explain(&limit, &refusal);
	view.limit = buffer_contents(&limit);
	more = visit(context, &view);
	buffer_finish(&limit);
	return more;
}

void relay_each_site(struct relay *relay,
	bool (*visit)(void *context, const struct relay_site_view *site), void *context)
{
	struct map_cursor cursor = {0};
	struct slice key;
	void *site;

	while (map_next(&relay->sites, &cursor, &key, &site))
		if (!show_site(site, visit, context))
			return;
}
